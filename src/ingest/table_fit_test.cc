#include "ingest/table_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil::ingest {
namespace {

using iceberg::Field;
using iceberg::Transform;
using iceberg::TransformKind;
using iceberg::Type;
using iceberg::TypeKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Field Column(const std::string& name, TypeKind kind, bool required = false) {
  Field field;
  field.name = name;
  field.type = Type::Primitive(kind);
  field.required = required;
  return field;
}

class TableFitTest : public testing::Test {
 protected:
  TableFitTest() { options_.table = {{"db"}, "events"}; }

  // id long, city string, ts timestamp; partitioned by city.
  static iceberg::TableMetadata Table() {
    iceberg::NewTable table;
    table.location = "file:///w/db/events";
    int32_t last_id = 0;
    table.schema = iceberg::AssignFreshIds(
        {Column("id", TypeKind::kLong), Column("city", TypeKind::kString), Column("ts", TypeKind::kTimestamp)}, 1,
        &last_id);
    table.spec = {{2, 0, "city", {TransformKind::kIdentity, 0, ""}}};
    return *iceberg::MakeTableMetadata(table, 1);
  }
  TableFit Fit() const {
    auto fit = FitTable(Table(), options_);
    if (!fit) ADD_FAILURE() << fit.error().message;
    return fit.value_or(TableFit());
  }
  std::string Refusal(const iceberg::TableMetadata& table = Table()) const {
    const auto fit = FitTable(table, options_);
    return fit ? "fits" : fit.error().message;
  }

  SinkOptions options_;
};

TEST_F(TableFitTest, WhatFitsIsLeftAlone) {
  EXPECT_THAT(Describe(Fit()), IsEmpty());
  options_.schema = {Column("ts", TypeKind::kTimestamp), Column("id", TypeKind::kLong)};
  options_.partitioning = Partitioning::kIdentity;
  options_.partition_fields = {"city"};
  EXPECT_THAT(Describe(Fit()), IsEmpty());
  options_.partitioning = Partitioning::kTableDefault;
  EXPECT_THAT(Describe(Fit()), IsEmpty());
}

TEST_F(TableFitTest, ColumnsAndSpecThatWillCome) {
  options_.schema = {Column("seen", TypeKind::kDate)};
  options_.decoder.metadata = {decode::MetadataColumn::kHeaders};
  options_.partitioning = Partitioning::kTime;
  options_.time_granularity = TimeGranularity::kMonth;
  options_.partition_fields = {"seen"};
  const TableFit fit = Fit();
  EXPECT_THAT(Describe(fit), ElementsAre("new column 'seen' date", "new column '_kafka_headers' map<string, binary>",
                                         "new files are partitioned by month(seen)"));
  EXPECT_EQ(fit.after.spec()->fields[0].source_id, 4) << "a column of this very change";
  options_.partitioning = Partitioning::kNone;
  options_.partition_fields.clear();
  EXPECT_THAT(Describe(Fit()), testing::Contains("new files are not partitioned"));
}

TEST_F(TableFitTest, WhatARunWouldRefuse) {
  options_.schema = {Column("id", TypeKind::kString)};
  EXPECT_THAT(Refusal(), HasSubstr("column 'id' of table db.events is long, but 'schema:' declares it string"));
  options_.schema = {Column("must", TypeKind::kLong, /*required=*/true)};
  EXPECT_THAT(Refusal(), HasSubstr("column 'must' is declared required, but table db.events has rows without it"));
  options_.schema.clear();
  options_.partitioning = Partitioning::kIdentity;
  options_.partition_fields = {"town"};
  EXPECT_THAT(Refusal(), HasSubstr("partition field 'town' is no column of table db.events"));
  options_.partitioning = Partitioning::kTime;
  options_.partition_fields = {"city"};
  EXPECT_THAT(Refusal(), HasSubstr("table db.events cannot be partitioned by day of 'city'"));
}

TEST_F(TableFitTest, StrictModeAddsNothing) {
  options_.decoder.add_columns = false;
  EXPECT_THAT(Describe(Fit()), IsEmpty());
  options_.decoder.metadata = {decode::MetadataColumn::kOffset};
  EXPECT_THAT(Refusal(), HasSubstr("Schema evolution not allowed in strict mode: table db.events lacks column "
                                   "'_kafka_offset'"));
}

TEST_F(TableFitTest, AMetadataColumnOfAnotherType) {
  iceberg::TableMetadata table = Table();
  const auto updates = iceberg::AddColumns(table, {{0, Column("_kafka_offset", TypeKind::kString)}});
  table = *iceberg::ApplyUpdates(table, "", *updates, 2);
  options_.decoder.metadata = {decode::MetadataColumn::kOffset};
  EXPECT_THAT(Refusal(table), HasSubstr("_kafka_offset is string, but metadata fills it with long"));
}

TEST_F(TableFitTest, FormatsThatAreNotWritten) {
  iceberg::TableMetadata table = Table();
  for (const int32_t version : {1, 3}) {
    table.format_version = version;
    EXPECT_THAT(Refusal(table), HasSubstr("format version " + std::to_string(version)));
  }
}

}  // namespace
}  // namespace frazil::ingest
