// What runs beside a pipeline's coordinator, as a seam: on threads, or on whatever a test has for them.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

#include "common/result.h"

namespace frazil::ingest {

// Thread-safe.
class Executor {
 public:
  // Work under way. Destroying it waits for its end.
  class Task {
   public:
    virtual ~Task() = default;
    // Whether it ends within `timeout`. What it did may be looked at once this was true.
    virtual bool EndsWithin(std::chrono::milliseconds timeout) = 0;
  };

  virtual ~Executor() = default;
  // kUnavailable where the machine gives no thread. `purpose`: "a commit". `work` does not throw.
  virtual Result<std::unique_ptr<Task>> Start(std::string_view purpose, std::function<void()> work) = 0;

  static Executor& Threads();  // a thread for each
};

}  // namespace frazil::ingest
