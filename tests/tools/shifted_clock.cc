// To be preloaded: a clock on the wall that is off by CLOCK_SHIFT seconds, for all that asks the C++ library, which is
// all of Frazil. Not for the libraries below: they take the time on the wall for how long they have waited, and no
// waiting gets longer by a clock that is wrong.
#include <chrono>
#include <cstdlib>
#include <ctime>

std::chrono::system_clock::time_point std::chrono::system_clock::now() noexcept {
  static const int shift = std::atoi(std::getenv("CLOCK_SHIFT"));
  timespec time;
  ::clock_gettime(CLOCK_REALTIME, &time);
  return time_point(std::chrono::seconds(time.tv_sec + shift) + std::chrono::nanoseconds(time.tv_nsec));
}
