#include "common/secret.h"

#include <gtest/gtest.h>

namespace frazil {
namespace {

TEST(SecretTest, IsNeverShown) {
  EXPECT_EQ(fmt::format("{}", Secret("hunter2")), "***");
  EXPECT_EQ(fmt::format("{}", Secret()), "");
}

TEST(SecretTest, ATellingOneIsBlottedOutWhereverItStands) {
  EXPECT_EQ(Secret("s3cr3t-w0rd").BlotFrom("nobody knows me:s3cr3t-w0rd, s3cr3t-w0rds"), "nobody knows me:***, ***s");
  EXPECT_EQ(Secret("alongpassphrasewithoutsigns").BlotFrom("xalongpassphrasewithoutsignsx"), "x***x");
  EXPECT_EQ(Secret("abab-abab-abab-ab").BlotFrom("abab-abab-abab-abab-abab-abab-ab"), "***ab-abab-abab-ab");
}

// By the holes in known words anybody would read a short or common secret.
TEST(SecretTest, AShortOrCommonOneOnlyAsAWholeValue) {
  const std::string words = "sasl_plaintext://kafka:9092: invalid username or password, check sasl.password";
  for (const char* secret : {"p", "kafka", "password", "9092", "sasl", "invalid"}) {
    EXPECT_EQ(Secret(secret).BlotFrom(words), words) << secret;
  }
  EXPECT_EQ(Secret("p").BlotFrom("password=p, pass=pp"), "password=***, pass=pp");
  EXPECT_EQ(Secret("password").BlotFrom(R"({"password": "password", 'x': 'password'})"),
            R"({"***": "***", 'x': '***'})");
  EXPECT_EQ(Secret("kafka").BlotFrom("client_secret=kafka&scope=kafkaesque"), "client_secret=***&scope=kafkaesque");
  EXPECT_EQ(Secret("kafka").BlotFrom("password=kafka"), "password=***");
}

TEST(SecretTest, NothingIsBlottedOutOfNothing) { EXPECT_EQ(Secret().BlotFrom("as it is"), "as it is"); }

}  // namespace
}  // namespace frazil
