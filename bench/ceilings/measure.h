// What the ceilings share: a clock of wall and CPU time, the one line of JSON that each prints, and the way out.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

namespace ceilings {

template <class... Args>
[[noreturn]] void Die(fmt::format_string<Args...> form, Args&&... args) {
  fmt::print(stderr, "{}\n", fmt::format(form, std::forward<Args>(args)...));
  std::exit(1);
}

// Wall and CPU time (of all threads) between Start and Stop, summed up over all such pairs.
class Stopwatch {
 public:
  void Start() { wall_ -= Wall(), cpu_ -= Cpu(); }
  void Stop() { wall_ += Wall(), cpu_ += Cpu(); }
  double wall() const { return wall_; }
  double cpu() const { return cpu_; }

 private:
  static double Wall() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
  static double Cpu() {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  }
  double wall_ = 0, cpu_ = 0;
};

// `settings` is the inside of a JSON object.
inline void Print(const char* name, int64_t records, int64_t bytes, const Stopwatch& time,
                  const std::string& settings) {
  if (records == 0) Die("{}: the topic has no records", name);
  const auto count = static_cast<double>(records);
  fmt::print(R"({{"name":"{}","records":{},"bytes":{},"seconds":{:.6f},"cpu_seconds":{:.6f},"ns_per_record":{:.2f},)"
             R"("records_per_cpu_second":{:.0f},"settings":{{{}}}}})"
             "\n",
             name, records, bytes, time.wall(), time.cpu(), time.cpu() * 1e9 / count, count / time.cpu(), settings);
}

}  // namespace ceilings
