#include "ingest/conform_rows.h"

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <gtest/gtest.h>

#include "parquet/schema_bridge.h"

namespace frazil::ingest {
namespace {

using iceberg::Field;
using iceberg::Schema;
using iceberg::Type;
using iceberg::TypeKind;

iceberg::TypePtr Of(TypeKind kind) { return Type::Primitive(kind); }
Field Column(int id, const std::string& name, iceberg::TypePtr type, bool required = false) {
  return {id, name, std::move(type), required, "", {}, {}};
}

std::shared_ptr<arrow::Array> FromJson(const std::shared_ptr<arrow::DataType>& type, const std::string& json) {
  return arrow::json::ArrayFromJSONString(type, json).ValueOrDie();
}

TEST(ConformRows, GivesBackTheSameRowsWhereNothingChanged) {
  const Schema schema(0, {Column(1, "a", Of(TypeKind::kLong))});
  const auto rows = arrow::RecordBatch::Make(*parquet::ToArrowSchema(schema), 1, {FromJson(arrow::int64(), "[1]")});
  EXPECT_EQ(*ConformRows(rows, schema, Schema(7, schema.fields())), rows);
}

TEST(StoredRowsAs, AddsDropsReordersAndPromotes) {
  const Schema from(0, {Column(1, "a", Of(TypeKind::kInt)), Column(2, "gone", Of(TypeKind::kString))});
  const Schema to(1, {Column(3, "new", Of(TypeKind::kDouble)), Column(1, "renamed", Of(TypeKind::kLong))});
  const auto rows =
      arrow::RecordBatch::Make(*parquet::ToArrowSchema(from), 2,
                               {FromJson(arrow::int32(), "[1, null]"), FromJson(arrow::utf8(), R"(["x", "y"])")});
  const auto conformed = StoredRowsAs(rows, from, to);
  ASSERT_TRUE(conformed.has_value()) << conformed.error().message;
  EXPECT_TRUE((*conformed)->schema()->Equals(**parquet::ToArrowSchema(to)));
  EXPECT_TRUE((*conformed)->column(0)->Equals(FromJson(arrow::float64(), "[null, null]")));
  EXPECT_TRUE((*conformed)->column(1)->Equals(FromJson(arrow::int64(), "[1, null]")));
}

TEST(ConformRows, GrowsStructsInsideListsAlsoInSlices) {
  const auto before = Type::Struct({Column(3, "x", Of(TypeKind::kLong))});
  const auto after = Type::Struct({Column(3, "x", Of(TypeKind::kLong)), Column(4, "y", Of(TypeKind::kString))});
  const Schema from(0, {Column(1, "l", Type::List(2, before, false)), Column(5, "s", before)});
  const Schema to(1, {Column(1, "l", Type::List(2, after, false)), Column(5, "s", after)});
  const auto schema = *parquet::ToArrowSchema(from);
  const auto all =
      arrow::RecordBatch::Make(schema, 3,
                               {FromJson(schema->field(0)->type(), R"([[{"x": 1}], null, [{"x": 2}, {"x": 3}]])"),
                                FromJson(schema->field(1)->type(), R"([{"x": 1}, null, {"x": 3}])")});
  const auto conformed = ConformRows(all->Slice(1), from, to);
  ASSERT_TRUE(conformed.has_value()) << conformed.error().message;
  ASSERT_TRUE((*conformed)->ValidateFull().ok()) << (*conformed)->ValidateFull().ToString();
  const auto wanted = *parquet::ToArrowSchema(to);
  EXPECT_TRUE(
      (*conformed)
          ->column(0)
          ->Equals(FromJson(wanted->field(0)->type(), R"([null, [{"x": 2, "y": null}, {"x": 3, "y": null}]])")));
  EXPECT_TRUE((*conformed)->column(1)->Equals(FromJson(wanted->field(1)->type(), R"([null, {"x": 3, "y": null}])")));
}

TEST(StoredRowsAs, RefusesARequiredColumnItCannotFill) {
  const Schema from(0, {Column(1, "a", Of(TypeKind::kLong))});
  const Schema to(1, {Column(1, "a", Of(TypeKind::kLong)), Column(2, "b", Of(TypeKind::kLong), true)});
  const auto rows = arrow::RecordBatch::Make(*parquet::ToArrowSchema(from), 1, {FromJson(arrow::int64(), "[1]")});
  EXPECT_EQ(StoredRowsAs(rows, from, to).error().kind, ErrorKind::kInvalidArgument);
}

TEST(ConformRows, LosesNothingAndChangesNothing) {
  const Field a = Column(1, "a", Of(TypeKind::kFloat));
  const Schema from(0, {a, Column(2, "s", Type::Struct({Column(3, "x", Of(TypeKind::kInt))}))});
  const auto schema = *parquet::ToArrowSchema(from);
  const auto rows = arrow::RecordBatch::Make(
      schema, 1, {FromJson(arrow::float32(), "[0.1]"), FromJson(schema->field(1)->type(), R"([{"x": 1}])")});
  const Field s = from.fields()[1];
  const std::vector<std::pair<std::vector<Field>, std::string>> cases = {
      {{a}, "column 's' was dropped"},
      {{a, Column(2, "s", Type::Struct({}))}, "column 's.x' was dropped"},
      {{Column(1, "b", Of(TypeKind::kFloat)), s}, "column 'a' was renamed 'b'"},
      {{Column(1, "a", Of(TypeKind::kDouble)), s}, "column 'a' is double now"},
      {{Column(4, "a", Of(TypeKind::kFloat)), s}, "column 'a' was dropped"},
      {{Column(1, "a", Of(TypeKind::kFloat), true), s}, "column 'a' is required now"},
      {{a, s, Column(4, "b", Of(TypeKind::kInt), true)}, "required column 'b' came"}};
  for (const auto& [to, why] : cases) {
    const auto conformed = ConformRows(rows, from, Schema(1, to));
    ASSERT_FALSE(conformed.has_value()) << why;
    EXPECT_EQ(conformed.error().kind, ErrorKind::kFenced);
    EXPECT_EQ(conformed.error().message.substr(0, why.size()), why);
  }
}

}  // namespace
}  // namespace frazil::ingest
