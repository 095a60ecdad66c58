#include "iceberg/location_provider.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>

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

// What a local file system takes for a name, and S3 for a key.
void ExpectToFit(const std::string& location) {
  EXPECT_LE(location.size(), 1024U) << location;
  for (size_t begin = 0; begin < location.size();) {
    const size_t end = std::min(location.find('/', begin), location.size());
    EXPECT_LE(end - begin, 255U) << location;
    begin = end + 1;
  }
}

TEST(LocationProviderTest, LongPartitionPathsAreShortened) {
  const std::string file = "00001-0190c8a2-7f3e-4c1a-9b2d-5e6f7a8b9c0d.parquet";
  for (const bool object_storage : {false, true}) {
    const LocationProvider plain(Table({{"write.object-storage.enabled", object_storage ? "true" : "false"}}));
    std::string hangul, blanks, many;
    for (int i = 0; i < 29; ++i) hangul += "%EA%B0%80";
    for (int i = 0; i < 400; ++i) blanks += "+%2F";
    for (int i = 0; i < 60; ++i) many += fmt::format("{}column_{}={}", i == 0 ? "" : "/", i, std::string(60, 'v'));
    for (const std::string& path :
         {"k=" + hangul, "k=" + blanks, std::string(300, 'n') + "=x", "k=" + std::string(100'000, 'x'), many}) {
      const std::string location = plain.DataFile(path, file);
      ExpectToFit(location);
      EXPECT_TRUE(location.ends_with("/" + file));
      EXPECT_EQ(location, plain.DataFile(path, file));
      EXPECT_NE(location, plain.DataFile(path + "y", file)) << "values that begin alike have folders of their own";
      EXPECT_EQ(location.find("%/"), std::string::npos);
    }
  }
  // What fits stays as it is.
  const LocationProvider plain(Table({}));
  const std::string fits = "k=" + std::string(126, 'x');
  EXPECT_EQ(plain.DataFile(fits, "a"), "s3://bucket/db/events/data/" + fits + "/a");
  const std::string cut = plain.DataFile(fits + "x", "a");
  EXPECT_TRUE(cut.starts_with("s3://bucket/db/events/data/k=xxx")) << cut;
  // Never half of an escape.
  for (int letters = 100; letters < 130; ++letters) {
    const std::string path = "k=" + std::string(static_cast<size_t>(letters), 'x') + "%EA%B0%80%EA%B0%80%EA%B0%80";
    const std::string location = plain.DataFile(path, "a");
    for (size_t at = location.find('%'); at != std::string::npos; at = location.find('%', at + 1)) {
      EXPECT_TRUE(std::isxdigit(location[at + 1]) != 0 && std::isxdigit(location[at + 2]) != 0) << location;
    }
  }
}

TEST(LocationProviderTest, ATableWithALongLocation) {
  TableMetadata table = Table({});
  table.location = "s3://bucket/" + std::string(900, 'w');
  const std::string location = LocationProvider(table).DataFile("a=" + std::string(100, 'x') + "/b=1", "f.parquet");
  ExpectToFit(location.substr(std::string("s3://bucket/").size() + 900));
  EXPECT_LE(location.size(), 1024U);
}

}  // namespace
}  // namespace frazil::iceberg
