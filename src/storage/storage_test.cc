#include "storage/storage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace frazil::storage {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(StorageTest, NamesTheSchemeThatIsNotBuiltIn) {
  auto io = MakeFileIo({}).value();
  const auto opened = io->Open("hdfs://namenode/warehouse/x");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::kUnsupported);
  EXPECT_THAT(opened.error().message, HasSubstr("hdfs://"));
  EXPECT_THAT(opened.error().message, HasSubstr("s3://bucket/key"));
  EXPECT_EQ(StorageOf("hdfs://namenode/x"), nullptr);
  EXPECT_EQ(WriteBufferBytes("hdfs://namenode/x"), 0);
}

TEST(StorageTest, ChoosesByTheScheme) {
  std::set<std::string_view> schemes;
  for (const Storage* storage : Storages()) {
    for (const std::string_view scheme : storage->schemes) EXPECT_TRUE(schemes.insert(scheme).second) << scheme;
    EXPECT_TRUE(storage->check(storage->form)) << storage->form;
    for (const std::string_view key : storage->settings.credentials) EXPECT_TRUE(storage->settings.Has(key)) << key;
  }
  EXPECT_EQ(StorageOf("s3a://b/k")->name, "S3");
  EXPECT_TRUE(StorageOf("/tmp/x")->traits.conditional_put);
  EXPECT_EQ(WriteBufferBytes("file:///x"), 0);
  EXPECT_GT(WriteBufferBytes("s3://b/k"), 0);
}

TEST(StorageTest, ShowsNoPasswordOfALocation) {
  const Status refused = CheckLocation("s3://key:hunter2@bucket/x");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kInvalidArgument);
  EXPECT_THAT(refused.error().message, Not(HasSubstr("hunter2")));
}

TEST(SettingsTest, MatchesNamesAndBeginnings) {
  EXPECT_TRUE(Settings::Matches("s3.endpoint", "s3."));
  EXPECT_TRUE(Settings::Matches("s3.endpoint", "s3.endpoint"));
  EXPECT_FALSE(Settings::Matches("s3.endpoint-x", "s3.endpoint"));
  EXPECT_FALSE(Settings::Matches("", ""));
}

}  // namespace
}  // namespace frazil::storage
