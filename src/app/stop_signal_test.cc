#include "app/stop_signal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

namespace frazil::app {
namespace {

class StopSignalTest : public testing::Test {
 protected:
  StopSignalTest() { testing::GTEST_FLAG(death_test_style) = "threadsafe"; }
  ~StopSignalTest() override { alarm(0); }  // the time to leave, which would end the tests
};

TEST_F(StopSignalTest, FirstSignalAsksToStop) {
  StopSignal stop;
  EXPECT_FALSE(stop.flag().IsSet());
  std::raise(SIGTERM);
  EXPECT_TRUE(stop.flag().IsSet());
}

TEST_F(StopSignalTest, SecondSignalLeavesAtOnce) {
  const auto twice = [](int first, int second) {
    StopSignal stop;
    std::raise(first);
    std::raise(second);
  };
  EXPECT_EXIT(twice(SIGINT, SIGINT), testing::ExitedWithCode(130), "once more");
  EXPECT_EXIT(twice(SIGINT, SIGTERM), testing::ExitedWithCode(143), "once more");
}

TEST_F(StopSignalTest, FirstSignalLeavesLittleTime) {
  StopSignal stop;
  EXPECT_EQ(alarm(0), 0);
  std::raise(SIGTERM);
  EXPECT_EQ(alarm(0), StopSignal::kLeaveWithinSecs);
}

TEST_F(StopSignalTest, LeavesOnceTheTimeIsUp) {
  const auto late = [] {
    { StopSignal stop(5); }
    std::raise(SIGALRM);
  };
  EXPECT_EXIT(late(), testing::ExitedWithCode(5), "Left: .*is safe");
}

TEST_F(StopSignalTest, GivesTheSignalsBack) {
  const auto after = [] {
    { StopSignal stop; }
    std::raise(SIGTERM);
  };
  EXPECT_EXIT(after(), testing::KilledBySignal(SIGTERM), "");
}

TEST_F(StopSignalTest, WhereNobodyWaitsForTheEndItComesAtOnce) {
  const auto raised = [](int signal) {
    SetUpSignals();
    std::raise(signal);
  };
  EXPECT_EXIT(raised(SIGTERM), testing::ExitedWithCode(143), "");
  EXPECT_EXIT(raised(SIGINT), testing::ExitedWithCode(130), "");
}

TEST_F(StopSignalTest, WhatWasIgnoredStaysSo) {
  const auto raised = [] {
    std::signal(SIGINT, SIG_IGN);
    SetUpSignals();
    std::raise(SIGINT);
    std::raise(SIGTERM);
  };
  EXPECT_EXIT(raised(), testing::ExitedWithCode(143), "");
}

TEST_F(StopSignalTest, ABrokenPipeKillsNobody) {
  const auto raised = [] {
    SetUpSignals();
    std::raise(SIGPIPE);
    _exit(7);
  };
  EXPECT_EXIT(raised(), testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace frazil::app
