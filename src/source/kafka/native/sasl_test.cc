#include "source/kafka/native/sasl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil::source::kafka {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Mechanism = SaslSettings::Mechanism;

SaslSettings Settings(Mechanism mechanism) {
  SaslSettings settings;
  settings.mechanism = mechanism;
  settings.user = "user";
  settings.password = "pencil";
  return settings;
}

// RFC 7677, section 3.
TEST(Scram, FollowsTheExampleOfItsStandard) {
  const auto client = MakeScramClient(Settings(Mechanism::kScramSha256), "rOprNGfwEbeRWgbNEkqO");
  EXPECT_EQ(*client->First(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  const auto proof =
      client->Answer("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  ASSERT_TRUE(proof) << proof.error().message;
  EXPECT_EQ(**proof,
            "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  const auto end = client->Answer("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_EQ(*end, std::nullopt);
}

TEST(Scram, RefusesABrokerThatDoesNotKnowThePassword) {
  for (const char* last : {"v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "e=invalid-proof", "", "v=", "v=%"}) {
    const auto client = MakeScramClient(Settings(Mechanism::kScramSha256), "abc");
    ASSERT_TRUE(client->First());
    ASSERT_TRUE(client->Answer("r=abcd,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"));
    const auto end = client->Answer(last);
    ASSERT_FALSE(end) << last;
    EXPECT_EQ(end.error().kind, ErrorKind::kUnauthorized);
    EXPECT_THAT(end.error().message, Not(HasSubstr("pencil")));
  }
}

TEST(Scram, RefusesAFirstMessageThatIsNotMeantForIt) {
  for (const char* first : {"r=other,s=W22Z,i=4096", "r=abc,s=W22Z,i=4096", "r=abcd,s=?,i=4096", "r=abcd,s=W22Z,i=1",
                            "r=abcd,s=W22Z,i=999999999", "", "r", "="}) {
    const auto client = MakeScramClient(Settings(Mechanism::kScramSha512), "abc");
    ASSERT_TRUE(client->First());
    EXPECT_FALSE(client->Answer(first)) << first;
  }
}

TEST(Scram, EscapesTheName) {
  auto settings = Settings(Mechanism::kScramSha256);
  settings.user = "a=b,c";
  EXPECT_EQ(*MakeScramClient(settings, "x")->First(), "n,,n=a=3Db=2Cc,r=x");
}

TEST(Sasl, SendsPlainAndBearer) {
  const auto plain = MakeSaslClient(Settings(Mechanism::kPlain));
  ASSERT_TRUE(plain);
  EXPECT_EQ(*(*plain)->First(), std::string("\0user\0pencil", 12));
  EXPECT_EQ(*(*plain)->Answer(""), std::nullopt);

  auto settings = Settings(Mechanism::kOauthBearer);
  settings.unsecured_subject = "me";
  settings.extensions = "a=1,b=2";
  const auto bearer = MakeSaslClient(settings);
  ASSERT_TRUE(bearer) << bearer.error().message;
  const auto first = *(*bearer)->First();
  EXPECT_THAT(first, ::testing::StartsWith("n,,\1auth=Bearer eyJhbGciOiJub25lIn0."));
  EXPECT_THAT(first, ::testing::EndsWith(".\1a=1\1b=2\1\1"));
  EXPECT_FALSE((*bearer)->Answer(R"({"status":"invalid_token"})"));
}

}  // namespace
}  // namespace frazil::source::kafka
