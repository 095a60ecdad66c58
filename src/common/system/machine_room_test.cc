#include "common/system/machine_room.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>

namespace frazil {
namespace {

TEST(MachineRoomTest, ThereIsSome) {
  const Status room = HasRoomFor({.threads = 4, .descriptors = 4}, "a test");
  EXPECT_TRUE(room) << room.error().message;
}

TEST(MachineRoomTest, SaysWhatThereIsNot) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  const auto few = [] {
    rlimit limit{10, 10};
    setrlimit(RLIMIT_NOFILE, &limit);
    const Status room = HasRoomFor({.descriptors = 30}, "a test");
    std::fputs(room ? "there is room" : room.error().message.c_str(), stderr);
    std::_Exit(room ? 1 : 0);
  };
  EXPECT_EXIT(few(), testing::ExitedWithCode(0), "a test needs 30 file descriptors, and there are [0-9]: .*ulimit -n");
}

TEST(MachineRoomTest, TakesWhatTheAdministratorAllows) {
  RaiseDescriptorLimit();
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(limit.rlim_cur, limit.rlim_max);
}

}  // namespace
}  // namespace frazil
