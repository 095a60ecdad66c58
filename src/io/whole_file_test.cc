#include "io/whole_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "common/random.h"

namespace frazil::io {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

class WholeFileTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::mkfifo(pipe_.c_str(), 0600), 0); }
  void TearDown() override { fs::remove(pipe_); }
  const std::string pipe_ = fs::temp_directory_path() / ("frazil-pipe-" + RandomUuid());
};

TEST_F(WholeFileTest, WaitsForNoPipe) {
  const auto read = ReadWholeFile(pipe_, 100);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "it is not a regular file but a pipe (FIFO)");
  EXPECT_THAT(ReadWholeFile("/", 100).error().message, HasSubstr("a directory"));
  EXPECT_THAT(ReadWholeFile("/dev/zero", 100).error().message, HasSubstr("a device"));
}

TEST_F(WholeFileTest, ReadsAPipeForAWhile) {
  EXPECT_THAT(ReadWholeFile(pipe_, 100, milliseconds(50)).error().message, HasSubstr("nobody ends"));
  std::thread writer([&] { std::ofstream(pipe_) << "version: 1.0\n"; });
  EXPECT_EQ(ReadWholeFile(pipe_, 100, std::chrono::seconds(30)).value(), "version: 1.0\n");
  writer.join();
}

TEST_F(WholeFileTest, ReadsNoMoreThanItMay) {
  const std::string path = pipe_ + ".large";
  std::ofstream(path) << "x";
  fs::resize_file(path, uint64_t{1} << 40);  // a hole
  EXPECT_THAT(ReadWholeFile(path, 64 << 10).error().message, HasSubstr("longer than 64 KiB"));
  fs::remove(path);
}

}  // namespace
}  // namespace frazil::io
