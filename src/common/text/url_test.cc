#include "common/text/url.h"

#include <gtest/gtest.h>

namespace frazil {
namespace {

TEST(UrlTest, EncodesForms) {
  EXPECT_EQ(EncodeForm("2026-01-08_a.b*"), "2026-01-08_a.b*");
  EXPECT_EQ(EncodeForm("a b/c=d"), "a+b%2Fc%3Dd");
  EXPECT_EQ(EncodeForm("Zürich~"), "Z%C3%BCrich%7E");
  EXPECT_EQ(EncodeForm(std::string_view("\0", 1)), "%00");
}

TEST(UrlTest, EncodesPathsAndDecodes) {
  EXPECT_EQ(EncodeUrl("a b/c~d*"), "a%20b%2Fc~d%2A");
  EXPECT_EQ(DecodeUrl("%1F"), "\x1f");
  EXPECT_EQ(DecodeUrl("a%20b%2fc%"), "a b/c%");
  EXPECT_EQ(DecodeUrl("100%zz%4"), "100%zz%4");
}

TEST(UrlTest, EncodesWhatAPathCannotHold) {
  EXPECT_EQ(EncodePath("ws/my warehouse|x%7Cy"), "ws/my%20warehouse%7Cx%7Cy");
  EXPECT_EQ(EncodePath("a?b#c\"\n"), "a%3Fb%23c%22%0A");
}

TEST(UrlTest, FindsTheServer) {
  const auto origin = [](std::string_view url) {
    const auto found = OriginOf(url);
    return found ? found->ToString() : "none";
  };
  EXPECT_EQ(origin("HTTPS://Host.Example/x?y"), "https://host.example");
  EXPECT_EQ(origin("https://host:443/"), "https://host");
  EXPECT_EQ(origin("http://host:443"), "http://host:443");
  EXPECT_EQ(origin("http://user:pw@host:80?x"), "http://host");
  EXPECT_EQ(origin("http://[::1]:8181/a"), "http://[::1]:8181");
  EXPECT_EQ(origin("http:///x"), "none");
  EXPECT_EQ(origin("ftp://host"), "none");
  EXPECT_EQ(origin("host:8181"), "none");
}

TEST(UrlTest, SeesAUserInIt) {
  for (const char* url : {"s3://u:pw@b", "s3://u:pw@b/x", "http://u@h:1/x", "u:pw@h:9092"}) {
    EXPECT_TRUE(HasUserInfo(url)) << url;
  }
  for (const char* url : {"s3://b/a@b", "http://h/?x=a@b", "/var/a@b", "h:9092", "file:///a@b", ""}) {
    EXPECT_FALSE(HasUserInfo(url)) << url;
  }
}

}  // namespace
}  // namespace frazil
