#include "common/time/clock.h"

#include <thread>

namespace frazil {
namespace {
class SystemClock final : public Clock {
 public:
  int64_t NowMillis() override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  std::chrono::steady_clock::time_point Steady() override { return std::chrono::steady_clock::now(); }
  void Sleep(std::chrono::milliseconds duration) override { std::this_thread::sleep_for(duration); }
};
}  // namespace

Clock& Clock::System() {
  static SystemClock clock;
  return clock;
}
}  // namespace frazil
