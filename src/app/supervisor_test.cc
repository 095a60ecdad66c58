#include "app/supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <stdexcept>

namespace frazil::app {
namespace {

using Attempt = Supervisor::Attempt;
using Phase = Supervisor::PipelineState::Phase;

// Waits take no time.
class QuickClock final : public Clock {
 public:
  int64_t NowMillis() override { return 0; }
  std::chrono::steady_clock::time_point Steady() override { return {}; }
  void Sleep(std::chrono::milliseconds duration) override { slept_ms += duration.count(); }
  std::atomic<int64_t> slept_ms{0};
};

Attempt Fails(ErrorKind kind, bool worked) { return {Fail(kind, "no luck"), worked}; }
Attempt Works(int64_t rows) { return {ingest::PipelineReport{.rows = rows}, true, true}; }

Attempt UntilStopped(const StopFlag& stop) {
  while (!stop.IsSet()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return Works(0);
}

class SupervisorTest : public testing::Test {
 protected:
  // Each pipeline's tries go as `run` says.
  Supervisor& Supervise(Supervisor::RunOnce run, bool once = false) {
    return supervisor_.emplace(Supervisor::Options{.run_once = std::move(run),
                                                   .tell = [this](const Error& error) { Tell(error); },
                                                   .once = once,
                                                   .clock = &clock_});
  }
  // The tries of the one pipeline there is come to these, in turn.
  Supervisor& SuperviseOne(std::deque<Attempt> attempts, bool once = false) {
    attempts_ = std::move(attempts);
    Supervisor& supervisor = Supervise(
        [this](const PipelineConfig& /*pipeline*/, const StopFlag& /*stop*/) {
          Attempt attempt = attempts_.front();
          attempts_.pop_front();
          return attempt;
        },
        once);
    EXPECT_TRUE(supervisor.Start(Named("p")).has_value());
    supervisor.AwaitAll(never_);
    return supervisor;
  }
  static PipelineConfig Named(const std::string& name, int64_t memory_limit = 0) {
    PipelineConfig config;
    config.options.name = name;
    config.memory_limit = memory_limit;
    return config;
  }
  void Tell(const Error& error) {
    const std::lock_guard lock(mutex_);
    told_.push_back(error.message);
  }

  QuickClock clock_;
  StopFlag never_;
  std::deque<Attempt> attempts_;
  std::mutex mutex_;
  std::vector<std::string> told_;
  std::optional<Supervisor> supervisor_;  // its threads end first
};

TEST_F(SupervisorTest, WhatIsDoneIsNotFailed) {
  const Supervisor& supervisor = SuperviseOne({Works(5)});
  EXPECT_EQ(supervisor.States().at("p").phase, Phase::kDone);
  EXPECT_FALSE(supervisor.AnyFailed());
  EXPECT_EQ(supervisor.Health().state, serve::Health::State::kOk);
}

TEST_F(SupervisorTest, TroubleThatMayPassIsTriedAgain) {
  const auto trouble = Fails(ErrorKind::kUnavailable, /*worked=*/true);
  const Supervisor& supervisor = SuperviseOne({trouble, trouble, Works(5)});
  const auto state = supervisor.States().at("p");
  EXPECT_EQ(state.phase, Phase::kDone);
  EXPECT_EQ(state.restarts, 2);
  EXPECT_EQ(state.error, "no luck");
  EXPECT_GT(clock_.slept_ms, 0) << "not at once";
  EXPECT_TRUE(told_.empty());
}

TEST_F(SupervisorTest, WhatHasNotWorkedYetIsLikelyAMistake) {
  const Supervisor& supervisor = SuperviseOne({Fails(ErrorKind::kUnavailable, /*worked=*/false)});
  EXPECT_EQ(supervisor.States().at("p").phase, Phase::kFailed);
  EXPECT_EQ(supervisor.Health().state, serve::Health::State::kFailed);
  EXPECT_THAT(told_, testing::ElementsAre("pipeline 'p': no luck"));
}

TEST_F(SupervisorTest, WhatOnlyItsUserCanMendIsNotTriedAgain) {
  EXPECT_TRUE(SuperviseOne({Fails(ErrorKind::kInvalidArgument, /*worked=*/true)}).AnyFailed());
}

TEST_F(SupervisorTest, OnceIsOnce) {
  EXPECT_TRUE(SuperviseOne({Fails(ErrorKind::kUnavailable, /*worked=*/true)}, /*once=*/true).AnyFailed());
}

TEST_F(SupervisorTest, WhatIsThrownIsAFailure) {
  Supervisor& supervisor = Supervise([](const PipelineConfig& /*pipeline*/, const StopFlag& /*stop*/) -> Attempt {
    throw std::runtime_error("oops");
  });
  ASSERT_TRUE(supervisor.Start(Named("p")).has_value());
  supervisor.AwaitAll(never_);
  EXPECT_TRUE(supervisor.AnyFailed());
  EXPECT_THAT(told_, testing::ElementsAre(testing::HasSubstr("oops")));
}

TEST_F(SupervisorTest, ACommitThatWasLeftIsTold) {
  Attempt left = Works(1);
  left.abandoned = true;
  EXPECT_TRUE(SuperviseOne({left}).AnyAbandoned());
}

TEST_F(SupervisorTest, OneStopsAndTheOthersGoOn) {
  Supervisor& supervisor =
      Supervise([](const PipelineConfig& /*pipeline*/, const StopFlag& stop) { return UntilStopped(stop); });
  ASSERT_TRUE(supervisor.Start(Named("a")).has_value());
  ASSERT_TRUE(supervisor.Start(Named("b")).has_value());
  const Status again = supervisor.Start(Named("a"));
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().kind, ErrorKind::kAlreadyExists);

  supervisor.Stop("a");
  EXPECT_EQ(supervisor.States().at("a").phase, Phase::kDone);
  EXPECT_EQ(supervisor.States().at("b").phase, Phase::kRuns);
  StopFlag stop;
  stop.Set();
  supervisor.AwaitAll(stop);
  EXPECT_EQ(supervisor.States().at("b").phase, Phase::kDone);
  EXPECT_FALSE(supervisor.AnyFailed());
}

TEST_F(SupervisorTest, ReplacedIsStoppedFirst) {
  std::vector<int64_t> seen;
  std::atomic<int> at_once{0};
  Supervisor& supervisor = Supervise([&](const PipelineConfig& pipeline, const StopFlag& stop) {
    EXPECT_EQ(++at_once, 1) << "two of one pipeline";
    seen.push_back(pipeline.memory_limit);
    Attempt attempt = UntilStopped(stop);
    --at_once;
    return attempt;
  });
  ASSERT_TRUE(supervisor.Start(Named("p", 1)).has_value());
  ASSERT_TRUE(supervisor.Replace(Named("p", 2)).has_value());
  supervisor.Stop("p");
  supervisor.Stop("p");  // nothing is left to be stopped
  EXPECT_THAT(seen, testing::ElementsAre(1, 2));
}

}  // namespace
}  // namespace frazil::app
