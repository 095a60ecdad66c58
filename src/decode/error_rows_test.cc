#include "decode/error_rows.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace frazil::decode {
namespace {

iceberg::Schema SchemaOf(std::vector<iceberg::Field> fields) {
  int32_t last_id = 0;
  return {0, iceberg::AssignFreshIds(fields, 1, &last_id)};
}

template <class Array>
const Array& Column(const arrow::RecordBatch& rows, const std::string& name) {
  return static_cast<const Array&>(*rows.GetColumnByName(name));
}

TEST(ErrorRows, SayAllThatIsKnownOfTheRecords) {
  record::RecordBatch batch;
  batch.source = {"t", 3};
  batch.headers = {{"h", "v"}, {"\xFFh", {}}, {"h", "w"}};
  batch.records = {
      {7, -1, {}, "good", 0, 0}, {8, 5, "k", "bad", 0, 3}, {9, -1, {}, "good", 0, 0}, {12, -1, {}, "\xC3(", 0, 0}};
  const auto schema = SchemaOf(ErrorFields());
  ASSERT_TRUE(CheckErrorSchema(schema).has_value());
  const auto built = BuildErrorRows(batch, {{8, "why"}, {12, "found \xC3( in \xC3\xA4"}}, schema, 1000);
  ASSERT_TRUE(built.has_value()) << built.error().message;
  const arrow::RecordBatch& rows = **built;
  ASSERT_TRUE(rows.ValidateFull().ok());
  ASSERT_EQ(rows.num_rows(), 2);
  EXPECT_EQ(Column<arrow::StringArray>(rows, "topic").GetView(1), "t");
  EXPECT_EQ(Column<arrow::Int32Array>(rows, "partition").Value(0), 3);
  EXPECT_EQ(Column<arrow::Int64Array>(rows, "offset").Value(1), 12);
  EXPECT_EQ(Column<arrow::TimestampArray>(rows, "timestamp").Value(0), 5000);
  EXPECT_TRUE(Column<arrow::TimestampArray>(rows, "timestamp").IsNull(1));
  EXPECT_EQ(Column<arrow::BinaryArray>(rows, "key").GetView(0), "k");
  EXPECT_TRUE(Column<arrow::BinaryArray>(rows, "key").IsNull(1));
  EXPECT_EQ(Column<arrow::BinaryArray>(rows, "value").GetView(1), "\xC3(");
  EXPECT_EQ(Column<arrow::StringArray>(rows, "reason").GetView(1), "found \xEF\xBF\xBD( in \xC3\xA4");
  EXPECT_TRUE(Column<arrow::Int32Array>(rows, "schema_id").IsNull(0));
  EXPECT_EQ(Column<arrow::TimestampArray>(rows, "first_seen").Value(1), 1'000'000);

  const auto& headers = Column<arrow::ListArray>(rows, "headers");
  ASSERT_EQ(headers.value_length(0), 3) << "also those of the same key";
  EXPECT_EQ(headers.value_length(1), 0);
  const auto& entries = static_cast<const arrow::StructArray&>(*headers.values());
  const auto& keys = static_cast<const arrow::StringArray&>(*entries.field(0));
  EXPECT_EQ(keys.GetView(1), "\xEF\xBF\xBDh");
  EXPECT_TRUE(entries.field(1)->IsNull(1));
  EXPECT_EQ(static_cast<const arrow::BinaryArray&>(*entries.field(1)).GetView(2), "w");
}

TEST(ErrorRows, LeaveColumnsOfOthersEmpty) {
  auto fields = ErrorFields();
  iceberg::Field mine{.id = 0, .name = "handled", .type = iceberg::Type::Primitive(iceberg::TypeKind::kBoolean)};
  fields.insert(fields.begin(), mine);
  const auto schema = SchemaOf(fields);
  ASSERT_TRUE(CheckErrorSchema(schema).has_value());
  record::RecordBatch batch;
  batch.records = {{1, -1, {}, "x", 0, 0}};
  const auto rows = BuildErrorRows(batch, {{1, "why"}}, schema, 0);
  ASSERT_TRUE(rows.has_value()) << rows.error().message;
  EXPECT_TRUE((*rows)->column(0)->IsNull(0));
}

TEST(ErrorRows, NameWhatATableOfThatNameLacks) {
  auto fields = ErrorFields();
  fields[2].type = iceberg::Type::Primitive(iceberg::TypeKind::kString);
  auto wrong = CheckErrorSchema(SchemaOf(fields));
  ASSERT_FALSE(wrong.has_value());
  EXPECT_THAT(wrong.error().message, testing::HasSubstr("'offset' is string, expected long"));
  fields = ErrorFields();
  fields.pop_back();
  wrong = CheckErrorSchema(SchemaOf(fields));
  ASSERT_FALSE(wrong.has_value());
  EXPECT_THAT(wrong.error().message, testing::HasSubstr("no column 'first_seen'"));
}

}  // namespace
}  // namespace frazil::decode
