#include "ingest/table_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "iceberg/spec_update.h"

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

  static std::vector<iceberg::TransformTerm> Terms(std::string_view text) {
    return text.empty() ? std::vector<iceberg::TransformTerm>() : *iceberg::ParseTransformTerms(text);
  }

  SinkOptions options_;
};

TEST_F(TableFitTest, WhatFitsIsLeftAlone) {
  EXPECT_THAT(Describe(Fit()), IsEmpty());
  options_.schema = {Column("ts", TypeKind::kTimestamp), Column("id", TypeKind::kLong)};
  options_.partition_by = Terms("city");
  EXPECT_THAT(Describe(Fit()), IsEmpty());
}

TEST_F(TableFitTest, ColumnsAndSpecThatWillCome) {
  options_.schema = {Column("seen", TypeKind::kDate)};
  options_.decoder.metadata = {decode::MetadataColumn::kHeaders};
  options_.partition_by = Terms("month(seen), bucket(4, id), truncate(2, city), bucket(8, id)");
  const TableFit fit = Fit();
  EXPECT_THAT(Describe(fit), ElementsAre("new column 'seen' date", "new column '_kafka_headers' map<string, binary>",
                                         "new files are partitioned by month(seen), bucket(4, id), truncate(2, city), "
                                         "bucket(8, id); those that are there stay as they are"));
  EXPECT_EQ(fit.after.spec()->fields[0].source_id, 4) << "a column of this very change";
  std::vector<std::string> names;
  for (const auto& field : fit.after.spec()->fields) names.push_back(field.name);
  EXPECT_THAT(names, ElementsAre("seen_month", "id_bucket", "city_trunc", "id_bucket_8"));
  options_.partition_by = Terms("");
  EXPECT_THAT(Describe(Fit()),
              testing::Contains("new files are not partitioned; those that are there stay as they are"));
}

TEST_F(TableFitTest, AColumnThatIsGoneLeavesItsPartitionFieldNull) {
  iceberg::TableMetadata table = Table();
  std::vector<iceberg::Field> fields = table.schema()->fields();
  std::erase_if(fields, [](const iceberg::Field& field) { return field.name == "city"; });
  table.schemas.push_back(std::make_shared<const iceberg::Schema>(9, fields));
  table.current_schema_id = 9;
  const auto fit = FitTable(table, options_);
  ASSERT_TRUE(fit) << fit.error().message;
  EXPECT_THAT(Describe(*fit), IsEmpty());
  EXPECT_THAT(FieldsWithoutColumn(fit->after), ElementsAre("city"));
  options_.partition_by = Terms("bucket(4, id)");
  const auto evolved = FitTable(table, options_);
  ASSERT_TRUE(evolved) << evolved.error().message;
  EXPECT_THAT(FieldsWithoutColumn(evolved->after), IsEmpty());
  EXPECT_THAT(Describe(*evolved), ElementsAre(HasSubstr("new files are partitioned by bucket(4, id)")));
}

TEST_F(TableFitTest, ASortOrderThatWillCome) {
  options_.sort_by = *iceberg::ParseSortTerms("city, id desc");
  const TableFit fit = Fit();
  EXPECT_THAT(Describe(fit), ElementsAre("rows of new files are sorted by city, id desc"));
  EXPECT_EQ(iceberg::DefaultOrder(fit.after).order_id, 1);
  options_.sort_by->clear();
  EXPECT_THAT(Describe(Fit()), IsEmpty());
  options_.sort_by = *iceberg::ParseSortTerms("town");
  EXPECT_THAT(Refusal(), HasSubstr("sort field 'town' is no column of table db.events"));
}

TEST_F(TableFitTest, WhatARunWouldRefuse) {
  options_.schema = {Column("id", TypeKind::kString)};
  EXPECT_THAT(Refusal(), HasSubstr("column 'id' of table db.events is long, but 'schema:' declares it string"));
  options_.schema = {Column("must", TypeKind::kLong, /*required=*/true)};
  EXPECT_THAT(Refusal(), HasSubstr("column 'must' is declared required, but table db.events has rows without it"));
  options_.schema.clear();
  options_.partition_by = Terms("town");
  EXPECT_THAT(Refusal(), HasSubstr("partition field 'town' is no column of table db.events"));
  options_.partition_by = Terms("day(city)");
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

TEST_F(TableFitTest, RenamesWhatHasItsOldNameYet) {
  options_.decoder.full = true;
  options_.decoder.renames = *decode::Renames::Make({{"id", "number"}, {"ts", "seen"}});
  EXPECT_THAT(Describe(Fit()),
              ElementsAre("column 'id' is called 'number' from now on", "column 'ts' is called 'seen' from now on"));
  const auto after = Fit().after;
  EXPECT_EQ(after.schema()->FindByName("number")->id, Table().schema()->FindByName("id")->id);
  const auto again = FitTable(after, options_);
  EXPECT_THAT(Describe(*again), IsEmpty());
  EXPECT_THAT(again->notes, IsEmpty());

  options_.decoder.renames = *decode::Renames::Make({{"id", "city"}});
  EXPECT_THAT(Refusal(), HasSubstr("table db.events has both 'id' and 'city'"));
  options_.decoder.renames = *decode::Renames::Make({{"a", "b"}, {"s.x", "y"}});
  EXPECT_THAT(Fit().notes,
              ElementsAre("rename: there is neither a column 'a' nor 'b' yet", "rename: there is no column 's' yet"));
}

TEST_F(TableFitTest, DropsWhatThePipelineDeclaredAndDeclaresNoLonger) {
  options_.decoder.full = true;
  options_.pipeline = "p";
  options_.schema = {Column("id", TypeKind::kLong)};
  EXPECT_THAT(Describe(Fit()), IsEmpty()) << "nobody declared the others";
  auto table = Table();
  const auto changes = [&] {
    const auto fit = FitTable(table, options_);
    return fit ? Describe(*fit) : std::vector<std::string>{fit.error().message};
  };
  table.properties["frazil.declared/p"] = "[1,3,99]";
  EXPECT_THAT(changes(), ElementsAre("column 'ts' is dropped: 'schema:' has it no longer"));
  table.properties["frazil.declared/q"] = "[3]";
  EXPECT_THAT(changes(), IsEmpty()) << "another pipeline has it";
  EXPECT_THAT(FitTable(table, options_)->notes, ElementsAre(HasSubstr("'ts' stays")));
  options_.take_over = "q";
  EXPECT_THAT(changes(), ElementsAre(HasSubstr("column 'ts' is dropped")));

  table.properties = {{"frazil.declared/p", "[1,2]"}};
  EXPECT_THAT(changes(), ElementsAre(testing::AllOf(HasSubstr("partition field \"city\" is made of it"),
                                                    HasSubstr("Keep it declared under 'schema:'"))));
  table.properties = {{"frazil.declared/p", "no list"}};
  EXPECT_THAT(changes(), IsEmpty());
  table.properties = {{"frazil.declared/p", "[1,3]"}};
  options_.schema.clear();
  EXPECT_THAT(changes(), IsEmpty()) << "without a schema nothing is declared no longer";
  options_.schema = {Column("id", TypeKind::kLong)};
  options_.decoder.full = false;
  EXPECT_THAT(changes(), IsEmpty());
}

}  // namespace
}  // namespace frazil::ingest
