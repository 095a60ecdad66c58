// A thread of a simulated process: code that runs until it pauses, on a stack of its own, and never beside another.
#pragma once

#include <ucontext.h>

#include <functional>
#include <memory>

#include "common/time/stop_flag.h"

namespace frazil::simulation {

// Thrown out of Pause to unwind what is killed: destructors run, nothing else does. Not a std::exception, so that
// nobody takes it for an error of his own.
struct Killed {};

// Of one thread: made, resumed and destroyed there.
class Fiber {
 public:
  explicit Fiber(std::function<void()> body);
  ~Fiber();  // kills it first if it has not ended
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // From outside: runs it until it pauses or ends.
  void Resume();
  // From inside: gives control back to who resumed it.
  static void Pause();
  static Fiber* Current();  // null outside of any

  bool ended() const { return ended_; }

 private:
  class Stack;
  static void Enter();
  void SwitchIn();
  void SwitchOut();

  std::function<void()> body_;
  std::unique_ptr<Stack> stack_;
  ucontext_t inside_{};
  ucontext_t outside_{};
  bool ended_ = false;
  bool killed_ = false;
  const StopFlag* hears_ = nullptr;  // as a thread's own (StopScope)
  // What the sanitizers want to know of a change of stacks.
  void* fake_stack_ = nullptr;
  const void* outside_bottom_ = nullptr;
  size_t outside_size_ = 0;
  void* tsan_inside_ = nullptr;
  void* tsan_outside_ = nullptr;
};

}  // namespace frazil::simulation
