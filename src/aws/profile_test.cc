#include "aws/profile.h"

#include <gmock/gmock.h>

namespace frazil::aws {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(Profile, IsReadAsAwsDoes) {
  const auto profiles = ParseProfiles(
      "; a comment\nstray = value\n[default]\nRegion = eu-west-1 # there\r\n\n[profile  \"two words\"]\n"
      "aws_access_key_id=AK=1#2\ns3 =\n  max_concurrent_requests = 20\n[sso-session x]\nregion = no\n[profilex]\na = "
      "b\n",
      ProfileFileKind::kConfig);
  EXPECT_THAT(profiles,
              ElementsAre(Pair("default", ElementsAre(Pair("region", "eu-west-1"))),
                          Pair("two words", ElementsAre(Pair("aws_access_key_id", "AK=1#2"), Pair("s3", "")))));
}

TEST(Profile, OfCredentialsIsNamedAlone) {
  EXPECT_THAT(ParseProfiles("[ production ]\naws_secret_access_key = a+b/c=\n", ProfileFileKind::kCredentials),
              ElementsAre(Pair("production", ElementsAre(Pair("aws_secret_access_key", "a+b/c=")))));
}

TEST(Profile, IsNoneOfWhatIsBroken) {
  for (const char* text : {"", "[", "[]", "[profile]", "[profile ", "=", "[default\n=", "\n\n", "[default]\n="}) {
    for (const auto& [name, profile] : ParseProfiles(text, ProfileFileKind::kConfig)) {
      EXPECT_THAT(profile.count("region"), 0) << name;
    }
  }
  EXPECT_THAT(ParseProfiles("a = b\n", ProfileFileKind::kCredentials), IsEmpty());
}

}  // namespace
}  // namespace frazil::aws
