#include "io/recent_files.h"

#include <gtest/gtest.h>

#include "io/memory_file_io.h"

namespace frazil::io {
namespace {

// What is gone below can only come from memory.
class RecentFilesTest : public testing::Test {
 protected:
  void SetUp() override { files_.SetBelow(below_); }
  void Write(const std::string& location, const std::string& bytes) {
    const Status written = files_.WriteAll(location, bytes);
    ASSERT_TRUE(written) << written.error().message;
    EXPECT_EQ(*below_->ReadAll(location), bytes);
    ASSERT_TRUE(below_->Delete(location));
  }
  std::string Read(const std::string& location) {
    const auto read = files_.ReadAll(location);
    return read ? *read : std::string(ToString(read.error().kind));
  }

  std::shared_ptr<MemoryFileIo> below_ = std::make_shared<MemoryFileIo>();
  RecentFiles files_{10};
};

TEST_F(RecentFilesTest, RemembersTheLast) {
  Write("mem://a", "1234");
  Write("mem://b", "5678");
  EXPECT_EQ(Read("mem://a"), "1234");
  EXPECT_EQ(Read("mem://b"), "5678");
  Write("mem://c", "90");
  EXPECT_EQ(Read("mem://a"), "1234");
  Write("mem://d", "1");
  EXPECT_EQ(Read("mem://a"), ToString(ErrorKind::kNotFound)) << "more than it holds";
  EXPECT_EQ(Read("mem://d"), "1");
  Write("mem://e", "longer than all");
  EXPECT_EQ(Read("mem://e"), ToString(ErrorKind::kNotFound));
  EXPECT_EQ(Read("mem://d"), "1");
}

TEST_F(RecentFilesTest, WhatIsNotRememberedIsRead) {
  ASSERT_TRUE(below_->WriteAll("mem://x", "below"));
  EXPECT_EQ(Read("mem://x"), "below");
}

TEST_F(RecentFilesTest, ForgetsWhatIsDeletedOrReplaced) {
  Write("mem://a", "1");
  ASSERT_TRUE(files_.Delete("mem://a"));
  EXPECT_EQ(Read("mem://a"), ToString(ErrorKind::kNotFound));
  Write("mem://b", "2");
  ASSERT_TRUE(files_.Replace("mem://b", "3"));
  EXPECT_EQ(Read("mem://b"), "3");
}

}  // namespace
}  // namespace frazil::io
