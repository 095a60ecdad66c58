#include "app/restarts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil::app {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Error FailedAt(const std::string& file) {
  return {ErrorKind::kIo, "cannot write file:///w/" + file + ".parquet: File name too long"};
}

TEST(RestartsTest, WaitsGrowUntilSomethingIsCommitted) {
  Restarts restarts;
  std::chrono::milliseconds last{0};
  for (int i = 0; i < 12; ++i) last = restarts.After(FailedAt("a"), /*committed=*/false).wait;
  EXPECT_GE(last, seconds(30));
  EXPECT_LE(last, seconds(60));
  EXPECT_LE(restarts.After(FailedAt("a"), /*committed=*/true).wait, seconds(1));
  EXPECT_LE(restarts.After(FailedAt("a"), /*committed=*/false).wait, seconds(2));
}

TEST(RestartsTest, AReasonIsToldOnceWithItsCount) {
  Restarts restarts;
  EXPECT_THAT(restarts.After(FailedAt("00001-9f0c"), false).told,
              HasSubstr("00001-9f0c.parquet: File name too long. Noth"));
  EXPECT_THAT(restarts.After(FailedAt("00002-77ab"), false).told, StartsWith("failed as before, 2 times now"));
  EXPECT_THAT(restarts.After(FailedAt("00003-0001"), false).told, StartsWith("failed as before, 3 times now"));
  for (int i = 4; i <= 9; ++i) {
    EXPECT_THAT(restarts.After(FailedAt("00004"), false).told, Not(HasSubstr("File name too long")));
  }
  EXPECT_THAT(restarts.After(FailedAt("00005"), false).told, HasSubstr("10 times now; it starts again in"));
  for (int i = 11; i <= 19; ++i) restarts.After(FailedAt("00005"), false);
  EXPECT_THAT(restarts.After(FailedAt("00005"), false).told, HasSubstr("File name too long")) << "the 20th time";
  EXPECT_THAT(restarts.After({ErrorKind::kUnavailable, "the broker is away"}, false).told,
              StartsWith("the broker is away."));
  EXPECT_THAT(restarts.After({ErrorKind::kUnavailable, "the broker is away"}, true).told,
              StartsWith("the broker is away."))
      << "it has worked in between";
}

}  // namespace
}  // namespace frazil::app
