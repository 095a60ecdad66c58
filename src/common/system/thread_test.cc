#include "common/system/thread.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <stdexcept>

namespace frazil {
namespace {

using testing::HasSubstr;

TEST(ThreadTest, RunsItsBody) {
  int ran = 0;
  auto thread = StartThread("a test", [&] { ran = 1; });
  ASSERT_TRUE(thread) << thread.error().message;
  thread->join();
  EXPECT_EQ(ran, 1);
}

// Says what StartThread answers where the process may take no more address space.
void StartWithoutRoom() {
  rlimit none{1, 1};
  setrlimit(RLIMIT_AS, &none);
  const auto thread = StartThread("a test", [] {});
  std::fputs(thread ? "it was made" : thread.error().message.c_str(), stderr);
  std::_Exit(thread ? 1 : thread.error().kind == ErrorKind::kUnavailable ? 0 : 2);
}

TEST(ThreadTest, SaysWhatTheMachineDoesNotGive) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need their address space";
#endif
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(StartWithoutRoom(), testing::ExitedWithCode(0), "no thread for a test: .*ulimit -u.*ulimit -v");
}

TEST(OrThrownTest, WhatIsThrownBecomesAnError) {
  const auto error = [](auto thrown) { return OrThrown("writing", [&]() -> Status { throw thrown; }).error(); };
  EXPECT_EQ(error(std::bad_alloc()).kind, ErrorKind::kUnavailable);
  EXPECT_THAT(error(std::bad_alloc()).message, HasSubstr("memory ran out while writing"));
  const std::system_error again(std::make_error_code(std::errc::resource_unavailable_try_again));
  EXPECT_EQ(error(again).kind, ErrorKind::kUnavailable);
  EXPECT_EQ(error(std::logic_error("no such place")).kind, ErrorKind::kInternal);
  EXPECT_EQ(error(std::logic_error("no such place")).message, "writing: no such place");
  EXPECT_EQ(*OrThrown("writing", []() -> Result<int> { return 7; }), 7);
}

}  // namespace
}  // namespace frazil
