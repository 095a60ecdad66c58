#include "io/confined_file_io.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <memory>
#include <span>

#include "common/random.h"
#include "io/local_file_io.h"
#include "io/memory_file_io.h"

namespace frazil::io {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

TEST(PlainLocationTest, OnePlaceHasOneText) {
  for (const char* location : {"/w/db/t", "file:/w/db/t", "file:///w/db/t/", "file://localhost/w//db/t"}) {
    EXPECT_EQ(PlainLocation(location).value(), "/w/db/t") << location;
  }
  EXPECT_EQ(PlainLocation("s3a://b/k/x").value(), PlainLocation("s3://b/k/x").value());
  EXPECT_EQ(PlainLocation("s3://b/k//x").value(), "b/k//x") << "another object than b/k/x";
  for (const char* location : {"/w/../etc", "file:///w/./x", "s3://b/../c", "/..", "file:///w/.."}) {
    EXPECT_EQ(PlainLocation(location).error().kind, ErrorKind::kInvalidArgument) << location;
  }
}

TEST(PlainLocationTest, LiesIn) {
  EXPECT_TRUE(LiesIn("/w/db", "/w"));
  EXPECT_TRUE(LiesIn("/w", "/w/"));
  EXPECT_TRUE(LiesIn("/w", "/"));
  EXPECT_FALSE(LiesIn("/warehouse", "/w"));
  EXPECT_FALSE(LiesIn("/", "/w"));
}

TEST(ConfinedFileIoTest, AnObjectStoreHasItsBoundsToo) {
  auto below = std::make_shared<MemoryFileIo>();
  ASSERT_TRUE(below->WriteAll("s3://other/x", "theirs"));
  ConfinedFileIo io(below, {{"s3://bucket/db/t"}, {"s3://bucket/db/no", nullptr, "refused by name"}});
  EXPECT_TRUE(io.WriteAll("s3://bucket/db/t/data/x", "abc"));
  EXPECT_TRUE(io.Delete("s3a://bucket/db/t/data/y"));
  for (const char* location : {"s3://bucket/db/t2/x", "s3://other/x", "s3://bucket/db/t/../x", "/etc/x"}) {
    EXPECT_EQ(io.WriteAll(location, "abc").error().kind, ErrorKind::kInvalidArgument) << location;
    EXPECT_EQ(io.Replace(location, "abc").error().kind, ErrorKind::kInvalidArgument) << location;
    EXPECT_EQ(io.Delete(location).error().kind, ErrorKind::kInvalidArgument) << location;
    EXPECT_FALSE(io.PrepareToWrite(location)) << location;
  }
  EXPECT_EQ(io.ReadAll("s3://other/x").value(), "theirs") << "reading is not confined";
  EXPECT_EQ(io.WriteAll("s3://bucket/db/no/x", "abc").error().message, "refused by name");
}

// What a store tells of a file's size is not believed before there is memory for it.
TEST(ConfinedFileIoTest, ReadsNoMoreThanItMayWhateverAStoreTells) {
  class Telling final : public InputFile {
   public:
    explicit Telling(int64_t size) : size_(size) {}
    Result<int64_t> Size() override { return size_; }
    Status ReadAt(int64_t, std::span<char>) override { return Fail(ErrorKind::kInternal, "it was read"); }

   private:
    int64_t size_;
  };
  class Store final : public FileIo {
   public:
    explicit Store(int64_t size) : size_(size) {}
    Result<std::unique_ptr<OutputFile>> Create(const std::string&) override { return Fail(ErrorKind::kIo, "no"); }
    Result<std::unique_ptr<InputFile>> Open(const std::string&) override { return std::make_unique<Telling>(size_); }
    Result<bool> Exists(const std::string&) override { return true; }
    Status Delete(const std::string&) override { return {}; }
    Status Replace(const std::string&, std::string_view) override { return {}; }

   private:
    int64_t size_;
  };
  for (const int64_t size : {int64_t{1} << 40, std::numeric_limits<int64_t>::max(), int64_t{-1}}) {
    ConfinedFileIo io(std::make_shared<Store>(size), {{"s3://b/t"}});
    const auto read = io.ReadAll("s3://b/t/metadata/x.avro");
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, ErrorKind::kCorrupt);
    EXPECT_THAT(read.error().message, HasSubstr("limits.metadata_file_mb"));
  }
}

TEST(ConfinedFileIoTest, LooksForWhatWasStored) {
  const fs::path dir = fs::temp_directory_path() / ("frazil-confined-" + RandomUuid());
  fs::create_directories(dir / "t");
  ConfinedFileIo io(std::make_shared<LocalFileIo>(),
                    {{"file://" + (dir / "t").string(), std::make_shared<LocalFolder>((dir / "t").string())}});
  const std::string location = "file:" + (dir / "t/data/x").string();
  ASSERT_TRUE(io.WriteAll(location, "abc"));
  EXPECT_TRUE(io.CheckStored(location, 3));
  EXPECT_THAT(io.CheckStored(location, 4).error().message, HasSubstr("it has 3 bytes"));
  fs::rename(dir / "t", dir / "away");
  const Status gone = io.CheckStored(location, 3);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, ErrorKind::kIo);
  EXPECT_THAT(gone.error().message, HasSubstr("unmounted"));
  fs::remove_all(dir);
}

}  // namespace
}  // namespace frazil::io
