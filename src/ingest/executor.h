// Runs work beside a pipeline's coordinator: on threads, or in a test on something that replaces them.
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
  // Running work. The destructor waits for its end.
  class Task {
   public:
    virtual ~Task() = default;
    // True if the work ends within `timeout`. Read its results only after this has returned true.
    virtual bool EndsWithin(std::chrono::milliseconds timeout) = 0;
  };

  virtual ~Executor() = default;
  // kUnavailable if the machine has no thread left. `purpose` is for messages: "a commit". `work` must not throw.
  virtual Result<std::unique_ptr<Task>> Start(std::string_view purpose, std::function<void()> work) = 0;

  static Executor& Threads();  // starts a thread for each task
};

}  // namespace frazil::ingest
