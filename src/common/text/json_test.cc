#include "common/text/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/limits.h"

namespace frazil {
namespace {

using testing::HasSubstr;

std::string Nested(int levels) {
  return std::string(static_cast<size_t>(levels), '[') + std::string(static_cast<size_t>(levels), ']');
}

TEST(JsonTest, NestsAsDeepAsItsLimitSays) {
  EXPECT_TRUE(ParseJson(Nested(256)));
  EXPECT_TRUE(ParseJson("{\"[[[[\\\"[[\": " + Nested(255) + "}")) << "what stands in a string opens nothing";
  EXPECT_THAT(ParseJson(Nested(257)).error().message, HasSubstr("limits.json_nesting = 256"));
  Limits wider;
  wider.json_nesting.value = 300;
  SetLimits(wider);
  EXPECT_TRUE(ParseJson(Nested(300)));
  EXPECT_FALSE(ParseJson(Nested(301)));
  SetLimits({});
}

TEST(JsonTest, SaysWhereItEndsToBeJson) {
  EXPECT_THAT(ParseJson("{\"token\": hush}").error().message, HasSubstr("no valid JSON from byte 11 on"));
}

}  // namespace
}  // namespace frazil
