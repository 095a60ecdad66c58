#include "storage/storage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "storage/azure.h"

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
    for (const std::string_view key : storage->settings.sufficient)
      EXPECT_TRUE(storage->settings.IsCredential(key)) << key;
  }
  EXPECT_EQ(StorageOf("s3a://b/k")->name, "S3");
  EXPECT_EQ(StorageOf("gs://b/k")->name, "Google Cloud Storage");
  EXPECT_EQ(StorageOf("wasbs://c@a.blob.core.windows.net/k")->name, "Azure Storage");
  EXPECT_TRUE(StorageOf("/tmp/x")->traits.conditional_put);
  EXPECT_EQ(WriteBufferBytes("file:///x"), 0);
  EXPECT_GT(WriteBufferBytes("s3://b/k"), 0);
}

TEST(StorageTest, ShowsNoPasswordOfALocation) {
  for (const char* location : {"s3://key:hunter2@bucket/x", "gs://key:hunter2@bucket/x",
                               "abfss://c:hunter2@account.dfs.core.windows.net/x", "abfss://c@hunter2@evil.com/x"}) {
    const Status refused = CheckLocation(location);
    ASSERT_FALSE(refused) << location;
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalidArgument);
    EXPECT_THAT(refused.error().message, Not(HasSubstr("hunter2")));
  }
}

TEST(SettingsTest, MatchesNamesAndBeginnings) {
  EXPECT_TRUE(Settings::Matches("s3.endpoint", "s3."));
  EXPECT_TRUE(Settings::Matches("s3.endpoint", "s3.endpoint"));
  EXPECT_FALSE(Settings::Matches("s3.endpoint-x", "s3.endpoint"));
  EXPECT_FALSE(Settings::Matches("", ""));
}

TEST(AzurePlaceTest, IsTakenApart) {
  const auto place = ParseAzureLocation("abfss://lake@myaccount.dfs.core.windows.net/db/t/x.parquet").value();
  EXPECT_EQ(place.container, "lake");
  EXPECT_EQ(place.account, "myaccount");
  EXPECT_EQ(place.suffix, ".core.windows.net");
  EXPECT_EQ(place.path, "db/t/x.parquet");
  EXPECT_EQ(ParseAzureLocation("wasb://c@a.blob.core.chinacloudapi.cn/p")->suffix, ".core.chinacloudapi.cn");
  EXPECT_EQ(ParseAzureLocation("abfs://lake/p")->account, "");
}

// A table's metadata may come from anybody: no other host gets the credentials.
TEST(AzurePlaceTest, IsOnAzuresHostsAlone) {
  for (const char* location : {"abfss://c@a.dfs.core.windows.net.evil.com/x", "abfss://c@evil.com/x",
                               "abfss://c@evil.com?.dfs.core.windows.net/x", "abfss://c@.dfs.core.windows.net/x",
                               "abfss://c@evil.com#.blob.core.windows.net/x", "abfss://c/", "abfss:///x"}) {
    EXPECT_FALSE(ParseAzureLocation(location)) << location;
  }
}

}  // namespace
}  // namespace frazil::storage
