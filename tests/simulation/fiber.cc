#include "fiber.h"

#include <array>
#include <vector>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

namespace frazil::simulation {
namespace {

constexpr size_t kStackBytes = size_t{256} << 10;
thread_local Fiber* current = nullptr;

}  // namespace

// Stacks are used again: a schedule needs dozens, one after the other.
class Fiber::Stack {
 public:
  Stack() {
    if (Spare().empty()) {
      bytes_ = std::make_unique<Bytes>();
    } else {
      bytes_ = std::move(Spare().back());
      Spare().pop_back();
    }
  }
  ~Stack() { Spare().push_back(std::move(bytes_)); }
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  char* bottom() { return bytes_->data(); }

 private:
  // Not value-initialised: only pages that are used are touched.
  struct Bytes {
    Bytes() {}  // NOLINT(modernize-use-equals-default)
    char* data() { return space.data(); }
    alignas(64) std::array<char, kStackBytes> space;
  };
  static std::vector<std::unique_ptr<Bytes>>& Spare() {
    static thread_local std::vector<std::unique_ptr<Bytes>> spare;
    return spare;
  }
  std::unique_ptr<Bytes> bytes_;
};

Fiber::Fiber(std::function<void()> body) : body_(std::move(body)), stack_(std::make_unique<Stack>()) {
  getcontext(&inside_);
  inside_.uc_stack.ss_sp = stack_->bottom();
  inside_.uc_stack.ss_size = kStackBytes;
  inside_.uc_link = nullptr;
  makecontext(&inside_, &Fiber::Enter, 0);
#ifdef __SANITIZE_THREAD__
  tsan_inside_ = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
  killed_ = true;
  while (!ended_) Resume();
#ifdef __SANITIZE_THREAD__
  __tsan_destroy_fiber(tsan_inside_);
#endif
}

Fiber* Fiber::Current() { return current; }

void Fiber::Resume() {
  Fiber* const resumer = current;
  current = this;
  const StopFlag* const outside = StopScope::Exchange(hears_);
  SwitchIn();
  hears_ = StopScope::Exchange(outside);
  current = resumer;
}

void Fiber::SwitchIn() {
#ifdef __SANITIZE_ADDRESS__
  void* fake_stack = nullptr;
  __sanitizer_start_switch_fiber(&fake_stack, stack_->bottom(), kStackBytes);
#endif
#ifdef __SANITIZE_THREAD__
  tsan_outside_ = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(tsan_inside_, 0);
#endif
  swapcontext(&outside_, &inside_);
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(fake_stack, nullptr, nullptr);
#endif
}

void Fiber::SwitchOut() {
#ifdef __SANITIZE_ADDRESS__
  // An ended fiber gives up its fake stack.
  __sanitizer_start_switch_fiber(ended_ ? nullptr : &fake_stack_, outside_bottom_, outside_size_);
#endif
#ifdef __SANITIZE_THREAD__
  __tsan_switch_to_fiber(tsan_outside_, 0);
#endif
  swapcontext(&inside_, &outside_);
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(fake_stack_, &outside_bottom_, &outside_size_);
#endif
}

void Fiber::Pause() {
  Fiber* const self = current;
  self->SwitchOut();
  if (self->killed_) throw Killed();
}

void Fiber::Enter() {
  Fiber* const self = current;
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(nullptr, &self->outside_bottom_, &self->outside_size_);
#endif
  try {
    if (!self->killed_) self->body_();
  } catch (const Killed&) {
  }
  self->body_ = nullptr;
  self->ended_ = true;
  self->SwitchOut();
}

}  // namespace frazil::simulation
