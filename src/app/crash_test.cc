#include "app/crash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <new>
#include <stdexcept>
#include <system_error>
#include <thread>

namespace frazil::app {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

// Each death happens in a program started anew: what dies here starts a thread, which the thread sanitizer forbids
// after a fork.
class CrashDeathTest : public testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(CrashDeathTest, TellsTheTypeOfAnExceptionAndNotItsWords) {
  const auto crash = [] {
    SetUpCrashes();
    std::thread([] { throw std::runtime_error("hunter2"); }).join();
  };
  EXPECT_EXIT(crash(), testing::KilledBySignal(SIGABRT),
              AllOf(ContainsRegex("exception of type .*runtime_error"),
                    ContainsRegex("frazil [0-9.]+ crashed .SIGABRT.. .*report it"), Not(HasSubstr("hunter2"))));
}

TEST_F(CrashDeathTest, WhatTheMachineDoesNotGiveIsNoCrash) {
  const auto memory = [] {
    SetUpCrashes();
    std::thread([] { throw std::bad_alloc(); }).join();
  };
  EXPECT_EXIT(memory(), testing::ExitedWithCode(1), "Error: there is no memory left");
  const auto threads = [] {
    SetUpCrashes();
    std::thread([] { throw std::system_error(EAGAIN, std::generic_category()); }).join();
  };
  EXPECT_EXIT(threads(), testing::ExitedWithCode(1), "Error: the machine gives no more threads");
}

}  // namespace
}  // namespace frazil::app
