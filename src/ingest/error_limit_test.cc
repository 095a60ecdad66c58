#include "ingest/error_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil::ingest {
namespace {

class HandClock final : public Clock {
 public:
  int64_t NowMillis() override { return 0; }
  std::chrono::steady_clock::time_point Steady() override { return std::chrono::steady_clock::time_point(now); }
  void Sleep(std::chrono::milliseconds duration) override { now += duration; }
  std::chrono::milliseconds now{0};
};

TEST(ErrorLimit, StopsAFloodAndTellsItsFirst) {
  HandClock clock;
  ErrorLimit limit(5, std::chrono::seconds(60), clock);
  EXPECT_TRUE(limit.Count(3, "offset 1").has_value());
  clock.now += std::chrono::seconds(59);
  EXPECT_TRUE(limit.Count(2, "offset 7").has_value());
  const Status stopped = limit.Count(1, "offset 9");
  ASSERT_FALSE(stopped.has_value());
  EXPECT_EQ(stopped.error().kind, ErrorKind::kBadRecord);
  EXPECT_THAT(stopped.error().message,
              testing::AllOf(testing::HasSubstr("6 bad records came within 60 s"), testing::HasSubstr("offset 1.")));
}

TEST(ErrorLimit, BeginsAnewAfterAnInterval) {
  HandClock clock;
  ErrorLimit limit(5, std::chrono::seconds(60), clock);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(limit.Count(5, "").has_value());
    clock.now += std::chrono::seconds(60);
  }
}

TEST(ErrorLimit, AllowsAnyNumberUnlessTold) {
  ErrorLimit limit(std::nullopt, std::chrono::seconds(60));
  EXPECT_TRUE(limit.Count(1'000'000'000, "").has_value());
}

}  // namespace
}  // namespace frazil::ingest
