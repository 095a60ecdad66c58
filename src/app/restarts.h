// When a pipeline that failed starts again, and what is told of it.
#pragma once

#include <chrono>
#include <string>

#include "common/result.h"
#include "common/time/backoff.h"

namespace frazil::app {

// Of one pipeline. Waits grow from a second to a minute until something is committed: reading alone is no progress,
// since what lasts and comes after it would be tried without end at the pace of the first wait.
class Restarts {
 public:
  struct Plan {
    std::chrono::milliseconds wait;
    std::string told;  // the reason where it is a new one, and every tenth time, else how often it was seen
    int times;         // in a row, for this reason
  };
  // `committed`: something was, since it started last.
  Plan After(const Error& error, bool committed);

 private:
  Backoff backoff_{std::chrono::seconds(1), std::chrono::seconds(60)};
  std::string reason_;  // of the last one, without what differs from time to time
  int count_ = 0;
};

}  // namespace frazil::app
