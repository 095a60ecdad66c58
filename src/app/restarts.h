// When a pipeline that failed starts again, and what the log says about it.
#pragma once

#include <chrono>
#include <string>

#include "common/result.h"
#include "common/time/backoff.h"

namespace frazil::app {

// The restarts of one pipeline. The waits grow from a second to a minute, until the pipeline commits something. Reading
// alone does not shorten them: a lasting failure that comes after reading would then be tried without end at the first
// wait.
class Restarts {
 public:
  struct Plan {
    std::chrono::milliseconds wait;
    std::string told;  // for the log: the reason if it is new, and at every tenth time; else only how often it was seen
    int times;         // failures in a row for this reason
  };
  // `committed`: the pipeline has committed something since its last start.
  Plan After(const Error& error, bool committed);

 private:
  Backoff backoff_{std::chrono::seconds(1), std::chrono::seconds(60)};
  std::string reason_;  // of the last failure, without digits and ids that differ each time
  int count_ = 0;
};

}  // namespace frazil::app
