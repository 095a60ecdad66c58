// Virtual time: what happens next, and when. One event at a time; of those due together, chance takes one first.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dice.h"
#include "fiber.h"

namespace frazil::simulation {

using Millis = int64_t;

class Scheduler {
 public:
  explicit Scheduler(Dice& dice) : dice_(dice) {}
  ~Scheduler() { End(); }

  Millis now() const { return now_; }
  void After(Millis delay, std::function<void()> event);
  // Runs `body` as a fiber, from an event at this moment on.
  void Spawn(std::function<void()> body);
  // From inside a fiber: goes on after `delay`. Throws Killed when the schedule ends meanwhile.
  void Wait(Millis delay);

  // Until nothing is left to happen or Stop was called.
  void Run();
  void Stop() { stopped_ = true; }
  // Kills whatever still runs.
  void End();
  bool stopped() const { return stopped_; }

 private:
  struct Event {
    Millis at;
    uint64_t order;
    Fiber* fiber;  // to be resumed; null: call
    std::function<void()> call;
  };
  static bool Later(const Event& a, const Event& b);
  void Push(Event event);

  Dice& dice_;
  Millis now_ = 0;
  bool stopped_ = false;
  std::vector<Event> events_;  // a heap
  std::vector<std::unique_ptr<Fiber>> fibers_;
};

}  // namespace frazil::simulation
