// The clock of one process: it may be wrong, and be set while it runs.
#pragma once

#include "actor.h"
#include "common/time/clock.h"
#include "dice.h"

namespace frazil::simulation {

class LocalClock final : public Clock {
 public:
  LocalClock(Dice& dice, const Scheduler& scheduler, Actor& actor)
      : dice_(dice), scheduler_(scheduler), actor_(actor), ahead_(Drift()) {}

  int64_t NowMillis() override {
    if (dice_.OneIn(20)) ahead_ = Drift();
    return scheduler_.now() + ahead_;
  }
  std::chrono::steady_clock::time_point Steady() override {
    return std::chrono::steady_clock::time_point(std::chrono::milliseconds(scheduler_.now()));
  }
  void Sleep(std::chrono::milliseconds duration) override { actor_.Wait(duration.count()); }

 private:
  int64_t Drift() { return dice_.OneIn(4) ? dice_.Between(-20'000, 20'000) : 0; }

  Dice& dice_;
  const Scheduler& scheduler_;
  Actor& actor_;
  int64_t ahead_;
};

}  // namespace frazil::simulation
