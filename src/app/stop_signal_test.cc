#include "app/stop_signal.h"

#include <gtest/gtest.h>

#include <csignal>

namespace frazil::app {
namespace {

TEST(StopSignalTest, FirstSignalAsksToStop) {
  StopSignal stop;
  EXPECT_FALSE(stop.flag().IsSet());
  std::raise(SIGTERM);
  EXPECT_TRUE(stop.flag().IsSet());
}

TEST(StopSignalTest, SecondSignalLeavesAtOnce) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  const auto twice = [](int first, int second) {
    StopSignal stop;
    std::raise(first);
    std::raise(second);
  };
  EXPECT_EXIT(twice(SIGINT, SIGINT), testing::ExitedWithCode(130), "once more");
  EXPECT_EXIT(twice(SIGINT, SIGTERM), testing::ExitedWithCode(143), "once more");
}

TEST(StopSignalTest, GivesTheSignalsBack) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  const auto after = [] {
    { StopSignal stop; }
    std::raise(SIGTERM);
  };
  EXPECT_EXIT(after(), testing::KilledBySignal(SIGTERM), "");
}

TEST(StopSignalTest, ABrokenPipeKillsNobody) {
  StopSignal stop;
  std::raise(SIGPIPE);
  EXPECT_FALSE(stop.flag().IsSet());
}

}  // namespace
}  // namespace frazil::app
