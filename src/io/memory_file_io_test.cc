#include "io/memory_file_io.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace frazil::io {
namespace {

using ::testing::ElementsAre;

TEST(MemoryFileIoTest, AFileAppearsWhenItIsClosed) {
  MemoryFileIo io;
  auto out = *io.Create("a");
  ASSERT_TRUE(out->Write("hello "));
  ASSERT_TRUE(out->Write("world"));
  EXPECT_EQ(out->position(), 11);
  EXPECT_FALSE(*io.Exists("a"));
  ASSERT_TRUE(out->Close());
  EXPECT_EQ(out->position(), 11);
  EXPECT_EQ(*io.ReadAll("a"), "hello world");
  { auto lost = *io.Create("b"); }
  EXPECT_THAT(io.Locations(), ElementsAre("a"));
  EXPECT_EQ(io.WriteAll("a", "again").error().kind, ErrorKind::kAlreadyExists);
  EXPECT_EQ(*io.ReadAll("a"), "hello world");
}

TEST(MemoryFileIoTest, OpenFilesKeepTheirBytes) {
  MemoryFileIo io;
  ASSERT_TRUE(io.WriteAll("a", "old"));
  auto in = *io.Open("a");
  ASSERT_TRUE(io.Replace("a", "newer"));
  EXPECT_EQ(*in->Size(), 3);
  ASSERT_TRUE(io.Delete("a"));
  ASSERT_TRUE(io.Delete("a"));
  std::array<char, 2> bytes{};
  ASSERT_TRUE(in->ReadAt(1, bytes));
  EXPECT_EQ(std::string(bytes.data(), 2), "ld");
  EXPECT_EQ(in->ReadAt(2, bytes).error().kind, ErrorKind::kIo);
  EXPECT_EQ(in->ReadAt(-1, bytes).error().kind, ErrorKind::kIo);
  EXPECT_EQ(io.Open("a").error().kind, ErrorKind::kNotFound);
}

TEST(MemoryFileIoTest, Lists) {
  MemoryFileIo io;
  for (const char* location : {"m://t/a", "m://t/b/c", "m://t2/d"}) ASSERT_TRUE(io.WriteAll(location, "ab"));
  std::vector<std::string> found;
  EXPECT_TRUE(io.List("m://t", [&](const ListedFile& file) -> Status {
    EXPECT_EQ(file.size, 2);
    found.push_back(file.location);
    return {};
  }));
  EXPECT_EQ(found, (std::vector<std::string>{"m://t/a", "m://t/b/c"}));
}

}  // namespace
}  // namespace frazil::io
