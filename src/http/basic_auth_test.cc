#include "http/basic_auth.h"

#include <gtest/gtest.h>

namespace frazil::http {
namespace {

TEST(BasicAuth, IsANameAndItsPassword) {
  EXPECT_EQ((BasicAuth{"Aladdin", "open sesame"}).Header(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");  // of RFC 7617
}

TEST(BasicAuth, IsBlottedOutInEveryForm) {
  const BasicAuth auth{"Aladdin", "open sesame"};
  EXPECT_EQ(auth.BlotFrom("who is Aladdin:open sesame? " + auth.Header() + " (open sesame)"),
            "who is ***? Basic *** (***)");
  // A short one is blotted out where it stands with its name.
  EXPECT_EQ((BasicAuth{"a-long-name-of-somebody", "p"}).BlotFrom("a-long-name-of-somebody:p, please"), "***, please");
}

TEST(BasicAuth, WithoutAPasswordNothingIsBlottedOut) {
  EXPECT_EQ(BasicAuth().BlotFrom(R"({":": ":"})"), R"({":": ":"})");
}

}  // namespace
}  // namespace frazil::http
