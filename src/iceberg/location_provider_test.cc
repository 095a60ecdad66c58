#include "iceberg/location_provider.h"

#include <gtest/gtest.h>

namespace frazil::iceberg {
namespace {

TableMetadata Table(std::map<std::string, std::string> properties) {
  TableMetadata table;
  table.location = "s3://bucket/db/events/";
  table.properties = std::move(properties);
  return table;
}

TEST(LocationProviderTest, PlainLayout) {
  const LocationProvider plain(Table({}));
  EXPECT_EQ(plain.DataFile("", "a.parquet"), "s3://bucket/db/events/data/a.parquet");
  EXPECT_EQ(plain.DataFile("ts_day=2026-01-08", "a.parquet"), "s3://bucket/db/events/data/ts_day=2026-01-08/a.parquet");
  EXPECT_EQ(plain.MetadataFile("m.avro"), "s3://bucket/db/events/metadata/m.avro");
}

TEST(LocationProviderTest, PathsOfTheTable) {
  const LocationProvider moved(Table({{"write.data.path", "s3://other/d/"}, {"write.metadata.path", "s3://other/m/"}}));
  EXPECT_EQ(moved.DataFile("p=1", "a.parquet"), "s3://other/d/p=1/a.parquet");
  EXPECT_EQ(moved.MetadataFile("m.avro"), "s3://other/m/m.avro");
  EXPECT_EQ(LocationProvider(Table({{"write.folder-storage.path", "s3://old/d"}})).DataFile("", "a"), "s3://old/d/a");
  // Only the object storage layout knows this one.
  EXPECT_EQ(LocationProvider(Table({{"write.object-storage.path", "s3://old/d"}})).DataFile("", "a"),
            "s3://bucket/db/events/data/a");
}

// Expected directories are those of the reference's own tests (TestLocationProvider), and PyIceberg's.
TEST(LocationProviderTest, ObjectStorageLayout) {
  std::map<std::string, std::string> properties = {{"write.object-storage.enabled", "true"}};
  const LocationProvider hashed(Table(properties));
  EXPECT_EQ(hashed.DataFile("", "a"), "s3://bucket/db/events/data/0101/0110/1001/10110010/a");
  EXPECT_EQ(hashed.DataFile("", "b"), "s3://bucket/db/events/data/1110/0111/1110/00000011/b");
  EXPECT_EQ(hashed.DataFile("", "c"), "s3://bucket/db/events/data/0010/1101/0110/01011111/c");
  EXPECT_EQ(hashed.DataFile("", "d"), "s3://bucket/db/events/data/1001/0001/0100/01110011/d");
  // The hash covers the partition path, so that files of one partition are spread too.
  const auto partitioned = hashed.DataFile("p=1", "a");
  EXPECT_TRUE(partitioned.ends_with("/p=1/a")) << partitioned;
  EXPECT_FALSE(partitioned.starts_with("s3://bucket/db/events/data/0101/0110/1001/10110010/")) << partitioned;

  properties["write.object-storage.partitioned-paths"] = "false";
  EXPECT_EQ(LocationProvider(Table(properties)).DataFile("p=1", "a"),
            "s3://bucket/db/events/data/0101/0110/1001/10110010-a");

  // Outside the table's own location its names keep tables apart.
  properties["write.data.path"] = "s3://shared/d";
  EXPECT_EQ(LocationProvider(Table(properties)).DataFile("p=1", "a"),
            "s3://shared/d/0101/0110/1001/10110010/db/events/a");
}

}  // namespace
}  // namespace frazil::iceberg
