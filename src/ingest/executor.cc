#include "ingest/executor.h"

#include <fmt/format.h>

#include <future>
#include <utility>

#include "common/system/thread.h"

namespace frazil::ingest {
namespace {

class ThreadTask final : public Executor::Task {
 public:
  explicit ThreadTask(std::future<void> end) : end_(std::move(end)) {}
  bool EndsWithin(std::chrono::milliseconds timeout) override {
    return end_.wait_for(timeout) == std::future_status::ready;
  }

 private:
  const std::future<void> end_;  // of std::async: its destructor waits
};

class ThreadExecutor final : public Executor {
 public:
  Result<std::unique_ptr<Task>> Start(std::string_view purpose, std::function<void()> work) override {
    return OrThrown(fmt::format("starting a thread for {}", purpose), [&]() -> Result<std::unique_ptr<Task>> {
      return std::make_unique<ThreadTask>(std::async(std::launch::async, std::move(work)));
    });
  }
};

}  // namespace

Executor& Executor::Threads() {
  static ThreadExecutor threads;
  return threads;
}

}  // namespace frazil::ingest
