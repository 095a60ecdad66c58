// Threads of a process, as fibers.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "common/system/lock.h"
#include "ingest/executor.h"
#include "life.h"
#include "world.h"

namespace frazil::simulation {

// What runs beside a process's coordinator, until it has ended or the process has.
class FiberExecutor final : public ingest::Executor {
 public:
  FiberExecutor(World& world, Life& life) : world_(world), life_(life) {}

  Result<std::unique_ptr<Task>> Start(std::string_view /*purpose*/, std::function<void()> work) override {
    const auto ended = std::make_shared<bool>(false);
    world_.scheduler.Spawn([keep = life_.shared_from_this(), work = std::move(work), ended] {
      work();
      *ended = true;
    });
    return std::make_unique<FiberTask>(world_, life_, ended);
  }

 private:
  class FiberTask final : public Task {
   public:
    FiberTask(World& world, Life& life, std::shared_ptr<bool> ended)
        : world_(world), life_(life), ended_(std::move(ended)) {}
    bool EndsWithin(std::chrono::milliseconds timeout) override {
      const Millis deadline = world_.scheduler.now() + timeout.count();
      while (!*ended_ && world_.scheduler.now() < deadline) {
        life_.Wait(std::min(deadline - world_.scheduler.now(), world_.dice.Between(10, 200)));
      }
      return *ended_;
    }

   private:
    World& world_;
    Life& life_;
    const std::shared_ptr<bool> ended_;
  };

  World& world_;
  Life& life_;
};

// Fibers that wait for another one's lock let it go on.
class FiberLock final : public Lock {
 public:
  FiberLock(World& world, Life& life) : world_(world), life_(life) {}
  void lock() override {
    while (taken_) life_.Wait(world_.dice.Between(1, 20));
    taken_ = true;
  }
  void unlock() override { taken_ = false; }

 private:
  World& world_;
  Life& life_;
  bool taken_ = false;
};

}  // namespace frazil::simulation
