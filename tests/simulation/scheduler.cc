#include "scheduler.h"

#include <algorithm>
#include <tuple>

namespace frazil::simulation {

void Scheduler::End() {
  stopped_ = true;
  events_.clear();
  fibers_.clear();
}

bool Scheduler::Later(const Event& a, const Event& b) { return std::tie(a.at, a.order) > std::tie(b.at, b.order); }

void Scheduler::Push(Event event) {
  events_.push_back(std::move(event));
  std::push_heap(events_.begin(), events_.end(), Later);
}

void Scheduler::After(Millis delay, std::function<void()> event) {
  Push({now_ + delay, dice_.Throw(), nullptr, std::move(event)});
}

void Scheduler::Spawn(std::function<void()> body) {
  fibers_.push_back(std::make_unique<Fiber>(std::move(body)));
  Push({now_, dice_.Throw(), fibers_.back().get(), {}});
}

void Scheduler::Wait(Millis delay) {
  Event event{now_ + delay, dice_.Throw(), Fiber::Current(), {}};
  // Where nothing comes before it, there is no need to leave and come back.
  if (!stopped_ && (events_.empty() || Later(events_.front(), event))) {
    now_ = event.at;
    return;
  }
  Push(std::move(event));
  Fiber::Pause();
}

void Scheduler::Run() {
  while (!stopped_ && !events_.empty()) {
    std::pop_heap(events_.begin(), events_.end(), Later);
    const Event event = std::move(events_.back());
    events_.pop_back();
    now_ = event.at;
    if (event.fiber == nullptr) {
      event.call();
      continue;
    }
    event.fiber->Resume();
    if (event.fiber->ended()) {
      std::erase_if(fibers_, [&](const auto& fiber) { return fiber.get() == event.fiber; });
    }
  }
}

}  // namespace frazil::simulation
