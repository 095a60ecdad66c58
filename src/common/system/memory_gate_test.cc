#include "common/system/memory_gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace frazil {
namespace {

TEST(MemoryGate, ThreadsTakeTurns) {
  constexpr int64_t kLimit = 100, kEach = 40;
  MemoryGate gate(kLimit);
  std::atomic<int64_t> inside{0}, most{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        const auto pass = gate.Enter(kEach);
        ASSERT_TRUE(pass);
        const int64_t now = inside += kEach;
        for (int64_t seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
        }
        std::this_thread::yield();
        inside -= kEach;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_GE(most, kEach);
  EXPECT_LE(most, kLimit);
}

TEST(MemoryGate, WhoIsAloneGetsMoreThanThereIs) {
  MemoryGate gate(10);
  { const auto pass = gate.Enter(1000); }
  EXPECT_TRUE(gate.Enter(1000));
}

TEST(MemoryGate, AStopEndsTheWait) {
  MemoryGate gate(10);
  const auto pass = gate.Enter(10);
  StopFlag stop;
  std::thread waits([&] {
    const StopScope scope(&stop);
    const auto never = gate.Enter(1);
    ASSERT_FALSE(never);
    EXPECT_EQ(never.error().kind, ErrorKind::kCancelled);
  });
  stop.Set();
  waits.join();
}

}  // namespace
}  // namespace frazil
