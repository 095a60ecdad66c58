// What happened in a schedule, line by line. Off while millions run; a schedule that broke an invariant is run again
// with it on.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "scheduler.h"

namespace frazil::simulation {

class Trace {
 public:
  Trace(const Scheduler& scheduler, std::string* out) : scheduler_(scheduler), out_(out) {}

  template <class... Args>
  void Say(std::string_view who, fmt::format_string<Args...> what, Args&&... args) {
    if (out_ == nullptr) return;
    const Millis now = scheduler_.now();
    fmt::format_to(std::back_inserter(*out_), "{:5}.{:03} s  {:10} ", now / 1000, now % 1000, who);
    fmt::format_to(std::back_inserter(*out_), what, std::forward<Args>(args)...);
    *out_ += '\n';
  }

 private:
  const Scheduler& scheduler_;
  std::string* out_;  // null: off
};

}  // namespace frazil::simulation
