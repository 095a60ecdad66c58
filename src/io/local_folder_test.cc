#include "io/local_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "common/random.h"
#include "io/local_file_io.h"

namespace frazil::io {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// A folder that is renamed stands for a mount that goes away: its path leads elsewhere or nowhere, its files stay.
class LocalFolderTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(dir_); }
  void TearDown() override { fs::remove_all(dir_); }

  static Status Write(const std::shared_ptr<LocalFolder>& folder, const std::string& file) {
    FRAZIL_ASSIGN_OR_RETURN(auto out, CreateLocalFile(folder, file, IfExists::kFail));
    FRAZIL_RETURN_IF_ERROR(out->Write("abc"));
    return out->Close();
  }

  const fs::path dir_ = fs::temp_directory_path() / ("frazil-folder-" + RandomUuid());
  const std::string table_ = (dir_ / "table").string();
};

TEST_F(LocalFolderTest, MakesItselfOnceAndWhatIsBelowAlways) {
  const auto folder = std::make_shared<LocalFolder>((dir_ / "a/b/table").string());
  ASSERT_TRUE(Write(folder, "data/p=1/x"));
  EXPECT_TRUE(fs::exists(dir_ / "a/b/table/data/p=1/x"));
  EXPECT_EQ(folder->SizeOf("data/p=1/x").value(), 3);
  ASSERT_TRUE(Write(folder, "data/p=2/x"));
  fs::remove_all(dir_ / "a");
  const Status written = Write(folder, "data/p=3/x");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::kIo) << "it may pass";
  EXPECT_THAT(written.error().message, HasSubstr("is not there any more. Has its file system been unmounted?"));
  EXPECT_FALSE(fs::exists(dir_ / "a")) << "nothing is made above a folder that was there";
}

TEST_F(LocalFolderTest, WritesNothingIntoAnotherFolderOfItsName) {
  fs::create_directories(table_);
  const auto folder = std::make_shared<LocalFolder>(table_);
  ASSERT_TRUE(Write(folder, "x"));
  auto half = CreateLocalFile(folder, "half", IfExists::kFail).value();
  ASSERT_TRUE(half->Write("abc"));

  fs::rename(table_, dir_ / "away");
  fs::create_directories(table_);
  EXPECT_THAT(Write(folder, "y").error().message, HasSubstr("is another one than it was"));
  EXPECT_THAT(half->Close().error().message, HasSubstr("is another one than it was"));
  EXPECT_FALSE(folder->SizeOf("x"));
  EXPECT_TRUE(fs::is_empty(table_));

  fs::remove_all(table_);
  fs::rename(dir_ / "away", table_);
  EXPECT_EQ(folder->SizeOf("x").value(), 3) << "it is back";
  EXPECT_TRUE(Write(folder, "y"));
}

TEST_F(LocalFolderTest, AFolderInItMayBeAMountPoint) {
  fs::create_directories(table_);
  const auto folder = std::make_shared<LocalFolder>(table_);
  ASSERT_TRUE(Write(folder, "data/x"));
  ASSERT_TRUE(Write(folder, "metadata/x"));
  fs::rename(dir_ / "table/data", dir_ / "away");
  fs::create_directories(dir_ / "table/data");
  EXPECT_THAT(Write(folder, "data/p=1/y").error().message, HasSubstr("/data is another one than it was"));
  EXPECT_TRUE(Write(folder, "metadata/y"));
  EXPECT_TRUE(fs::is_empty(dir_ / "table/data"));
  fs::remove(dir_ / "table/data");
  fs::rename(dir_ / "away", dir_ / "table/data");
  EXPECT_TRUE(Write(folder, "data/p=1/y"));
}

// As NFS and tmpfs come back: the same files, another device number.
TEST_F(LocalFolderTest, KnowsItsFilesOnAnotherFileSystem) {
  fs::create_directories(table_);
  const auto root = std::make_shared<LocalFolder>(dir_.string());
  const auto folder = std::make_shared<LocalFolder>(table_, root);
  ASSERT_TRUE(Write(folder, "data/x"));
  fs::copy(table_, dir_ / "copy", fs::copy_options::recursive);
  fs::remove_all(table_);
  fs::rename(dir_ / "copy", table_);
  EXPECT_TRUE(Write(folder, "data/y"));
}

TEST_F(LocalFolderTest, GoesThroughNoLinkBelowItsRoot) {
  fs::create_directories(dir_ / "elsewhere");
  fs::create_directories(table_);
  fs::create_directory_symlink(dir_ / "elsewhere", dir_ / "table/data");
  std::ofstream(dir_ / "elsewhere/x") << "theirs";
  const auto folder = std::make_shared<LocalFolder>(table_);
  const Status written = Write(folder, "data/y");
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message, HasSubstr("is a link"));
  EXPECT_FALSE(DeleteLocalFile(*folder, "data/x"));
  EXPECT_TRUE(fs::exists(dir_ / "elsewhere/x"));
  for (const char* up : {"../x", "a/../../x", "./x", "data/.."}) EXPECT_FALSE(Write(folder, up)) << up;

  // A file that is a link itself: it goes, not what it points at.
  fs::create_symlink(dir_ / "elsewhere/x", dir_ / "table/link");
  EXPECT_FALSE(folder->SizeOf("link"));
  EXPECT_TRUE(DeleteLocalFile(*folder, "link"));
  EXPECT_TRUE(fs::exists(dir_ / "elsewhere/x"));

  // The table's own folder, between the root and itself.
  fs::create_directory_symlink(dir_ / "elsewhere", dir_ / "linked");
  const auto root = std::make_shared<LocalFolder>(dir_.string());
  EXPECT_THAT(Write(std::make_shared<LocalFolder>((dir_ / "linked").string(), root), "y").error().message,
              HasSubstr("is a link"));
  EXPECT_TRUE(Write(std::make_shared<LocalFolder>((dir_ / "linked").string()), "y")) << "named by the user";
}

}  // namespace
}  // namespace frazil::io
