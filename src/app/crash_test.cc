#include "app/crash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <stdexcept>
#include <thread>

namespace frazil::app {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

TEST(CrashDeathTest, TellsTheTypeOfAnExceptionAndNotItsWords) {
  const auto crash = [] {
    SetUpCrashes();
    std::thread([] { throw std::runtime_error("hunter2"); }).join();
  };
  EXPECT_EXIT(crash(), testing::KilledBySignal(SIGABRT),
              AllOf(ContainsRegex("exception of type .*runtime_error"),
                    ContainsRegex("frazil [0-9.]+ crashed .SIGABRT.. .*report it"), Not(HasSubstr("hunter2"))));
}

}  // namespace
}  // namespace frazil::app
