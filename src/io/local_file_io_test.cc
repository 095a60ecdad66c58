#include "io/local_file_io.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "common/random.h"
#include "io/location.h"

namespace frazil::io {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class LocalFileIoTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(dir_); }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(dir_, ignored);
  }
  int CountFiles() const {
    int count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(dir_)) count += entry.is_regular_file() ? 1 : 0;
    return count;
  }
  const fs::path dir_ = fs::temp_directory_path() / ("frazil-io-" + RandomUuid());
  LocalFileIo io_;
};

TEST_F(LocalFileIoTest, WritesAndReadsBackThroughEachSpelling) {
  const std::string path = (dir_ / "a/b/ts=2026-01-08-14%2F/x y.bin").string();
  const std::string bytes("one\0two", 7);
  ASSERT_TRUE(io_.WriteAll("file://" + path, bytes));
  EXPECT_TRUE(fs::exists(path)) << "a % in a location is taken as it is";
  for (const std::string& spelling : {path, "file:" + path, "file://" + path, "file://localhost" + path}) {
    EXPECT_EQ(io_.ReadAll(spelling).value(), bytes) << spelling;
    EXPECT_TRUE(io_.Exists(spelling).value()) << spelling;
  }
  auto file = io_.Open(path).value();
  char middle[3];
  ASSERT_TRUE(file->ReadAt(2, middle));
  EXPECT_EQ(std::string_view(middle, 3), bytes.substr(2, 3));
  const auto beyond = file->ReadAt(5, middle);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().kind, ErrorKind::kIo);
}

TEST_F(LocalFileIoTest, NothingAppearsBeforeClose) {
  const std::string path = (dir_ / "x").string();
  {
    auto file = io_.Create(path).value();
    ASSERT_TRUE(file->Write("abc"));
    EXPECT_EQ(file->position(), 3);
    EXPECT_FALSE(io_.Exists(path).value());
  }
  EXPECT_FALSE(io_.Exists(path).value());
  EXPECT_EQ(CountFiles(), 0) << "an abandoned file leaves nothing";
}

TEST_F(LocalFileIoTest, NeverOverwrites) {
  const std::string path = (dir_ / "x").string();
  ASSERT_TRUE(io_.WriteAll(path, "first"));
  const auto second = io_.WriteAll(path, "second");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kAlreadyExists);
  EXPECT_THAT(second.error().message, HasSubstr(path));
  EXPECT_EQ(io_.ReadAll(path).value(), "first");
  EXPECT_EQ(CountFiles(), 1);
  ASSERT_TRUE(io_.Replace(path, "third"));
  EXPECT_EQ(io_.ReadAll(path).value(), "third");
  EXPECT_EQ(CountFiles(), 1);
}

TEST_F(LocalFileIoTest, DeletesAndReportsWhatIsMissing) {
  const std::string path = (dir_ / "x").string();
  EXPECT_EQ(io_.Open(path).error().kind, ErrorKind::kNotFound);
  EXPECT_TRUE(io_.Delete(path)) << "deleting what is not there is no error";
  ASSERT_TRUE(io_.WriteAll(path, ""));
  EXPECT_EQ(io_.ReadAll(path).value(), "");
  EXPECT_TRUE(io_.Delete(path));
  EXPECT_FALSE(io_.Exists(path).value());
}

TEST_F(LocalFileIoTest, OpensFilesOnlyAndReadsNoneWithoutEnd) {
  const std::string path = (dir_ / "x").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const auto fifo = io_.Open(path);  // would wait for a writer
  ASSERT_FALSE(fifo);
  EXPECT_EQ(fifo.error().kind, ErrorKind::kCorrupt);
  EXPECT_THAT(fifo.error().message, AllOf(HasSubstr(path), HasSubstr("a pipe (FIFO)")));
  EXPECT_THAT(io_.Open(dir_.string()).error().message, HasSubstr("a directory"));
  EXPECT_THAT(io_.ReadAll("/dev/zero").error().message, HasSubstr("a device"));

  const std::string large = (dir_ / "large").string();
  ASSERT_TRUE(io_.WriteAll(large, ""));
  fs::resize_file(large, uint64_t{1} << 40);  // a hole
  EXPECT_THAT(io_.ReadAll(large).error().message,
              AllOf(HasSubstr(large), HasSubstr("1099511627776 bytes"), HasSubstr("limits.metadata_file_mb")));
}

TEST_F(LocalFileIoTest, NamesMayBeAsLongAsTheyMay) {
  const std::string path = (dir_ / std::string(255, 'x')).string();
  EXPECT_TRUE(io_.WriteAll(path, "abc"));
  EXPECT_EQ(io_.ReadAll(path).value(), "abc");
}

TEST_F(LocalFileIoTest, SaysWhoMayNotWrite) {
  const fs::path closed = dir_ / "closed";
  fs::create_directories(closed);
  ::chmod(closed.c_str(), 0555);
  // Root may write anywhere: it asks as somebody else, this thread alone.
  if (::geteuid() == 0) ::setfsuid(65534);
  const auto status = io_.WriteAll((closed / "x").string(), "");
  ::setfsuid(::geteuid());
  ::chmod(closed.c_str(), 0700);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::kUnauthorized);
}

TEST(LocationTest, RefusesWhatIsNotAnAbsolutePath) {
  for (const char* location : {"relative/x", "file:relative", "file://host/x", "file://", ""}) {
    const auto path = LocalPathOf(location);
    ASSERT_FALSE(path) << location;
    EXPECT_EQ(path.error().kind, ErrorKind::kInvalidArgument);
  }
}

TEST(LocationTest, FindsTheScheme) {
  EXPECT_EQ(SchemeOf("s3a://b/k"), "s3a");
  EXPECT_EQ(SchemeOf("file:/x"), "file");
  EXPECT_EQ(SchemeOf("/a:b/c"), "");
  EXPECT_EQ(SchemeOf("/plain"), "");
  EXPECT_EQ(StripTrailingSlashes("s3://b/k//"), "s3://b/k");
  EXPECT_EQ(StripTrailingSlashes("file:///"), "file://");
  EXPECT_EQ(StripTrailingSlashes("/"), "/");
}

TEST(LocalListTest, FindsFilesAtAnyDepth) {
  const fs::path dir = fs::temp_directory_path() / ("frazil-list-" + RandomUuid());
  LocalFileIo io;
  const std::string folder = "file://" + dir.string();
  const auto list = [&](const std::string& of) {
    std::map<std::string, int64_t> found;
    EXPECT_TRUE(io.List(of, [&](const ListedFile& file) -> Status {
      EXPECT_GT(file.modified_ms, int64_t{1'600'000'000'000});
      found[file.location] = file.size;
      return {};
    }));
    return found;
  };
  EXPECT_TRUE(list(folder).empty()) << "nothing is there";
  ASSERT_TRUE(io.WriteAll(folder + "/t/a", "abc"));
  ASSERT_TRUE(io.WriteAll(folder + "/t/data/x=1/b", "b"));
  ASSERT_TRUE(io.WriteAll(folder + "/t2/c", "c"));
  fs::create_directory_symlink(dir / "t2", dir / "t/link");
  const std::map<std::string, int64_t> expected = {{folder + "/t/a", 3}, {folder + "/t/data/x=1/b", 1}};
  EXPECT_EQ(list(folder + "/t"), expected) << "no link is followed, and /t2 is another folder";
  EXPECT_EQ(list(folder + "/t/"), expected);
  const Status ended = io.List(folder, [](const ListedFile&) -> Status { return Fail(ErrorKind::kCancelled, "stop"); });
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, ErrorKind::kCancelled);
  fs::remove_all(dir);
}

}  // namespace
}  // namespace frazil::io
