#include "catalog/hive/hive_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hive_wire/metastore_types.h>

#include "iceberg/table_update.h"

namespace frazil::catalog::hive {
namespace {

using iceberg::Type;
using iceberg::TypeKind;
using testing::HasSubstr;

TEST(HiveTypeTest, AsTheReferenceHasThem) {
  const auto text = Type::Primitive(TypeKind::kString);
  EXPECT_EQ(HiveType(*Type::Primitive(TypeKind::kLong)), "bigint");
  EXPECT_EQ(HiveType(*Type::Decimal(38, 10)), "decimal(38,10)");
  EXPECT_EQ(HiveType(*Type::Primitive(TypeKind::kTimestamp)), "timestamp");
  EXPECT_EQ(HiveType(*Type::Primitive(TypeKind::kTimestampTz)), "timestamp with local time zone");
  EXPECT_EQ(HiveType(*Type::Primitive(TypeKind::kTime)), "string");
  EXPECT_EQ(HiveType(*Type::Primitive(TypeKind::kUuid)), "string");
  EXPECT_EQ(HiveType(*Type::Fixed(7)), "binary");
  const auto list = Type::List(3, text, false);
  EXPECT_EQ(HiveType(*Type::Struct({{1, "a", Type::Primitive(TypeKind::kInt)}, {2, "b", list}})),
            "struct<a:int,b:array<string>>");
  EXPECT_EQ(HiveType(*Type::Map(1, text, 2, Type::Primitive(TypeKind::kDouble), false)), "map<string,double>");
}

TEST(HiveTableTest, ShowsNeitherOurPropertiesNorWhatHasNoRoom) {
  iceberg::NewTable table;
  table.location = "file:///w/db/t";
  table.schema = {{1, "id", Type::Primitive(TypeKind::kLong), true, "a number", {}, {}},
                  {2, "long", Type::Primitive(TypeKind::kString), false, std::string(256, 'x'), {}, {}}};
  table.properties = {{"owner", "me"},
                      {"frazil.offsets/p/t/main", "{}"},
                      {"long", std::string(4001, 'x')},
                      {std::string(257, 'k'), "v"}};
  const auto metadata = iceberg::MakeTableMetadata(table, 1000).value();
  wire::Table shown = MakeHiveTable({{"db"}, "t"}, "file:///w/1.json", metadata, 1'700'000'000'123);
  EXPECT_EQ(shown.createTime, 1'700'000'000);
  EXPECT_EQ(shown.parameters.at("owner"), "me");
  for (const auto& [key, value] : shown.parameters) {
    EXPECT_FALSE(key.starts_with("frazil.") || key == "long" || key.size() > 256) << key;
  }
  EXPECT_EQ(shown.sd.cols[0].comment, "a number");
  EXPECT_FALSE(shown.sd.cols[1].__isset.comment);
  shown.parameters["of others"] = "stays";
  Show(metadata, "file:///w/2.json", shown);
  EXPECT_EQ(shown.parameters["of others"], "stays");
  EXPECT_EQ(MetadataLocationOf(shown).value(), "file:///w/2.json");
}

TEST(HiveTableTest, TellsWhatIsNoIcebergTable) {
  wire::Table table;
  table.dbName = "db";
  table.tableName = "t";
  EXPECT_EQ(MetadataLocationOf(table).error().kind, ErrorKind::kUnsupported);
  table.tableType = "VIRTUAL_VIEW";
  EXPECT_THAT(MetadataLocationOf(table).error().message, HasSubstr("db.t is a view of Hive"));
  table.parameters["table_type"] = "iceberg";
  EXPECT_EQ(MetadataLocationOf(table).error().kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace frazil::catalog::hive
