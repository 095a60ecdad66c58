#include "ingest/row_order.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/json/from_string.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "iceberg/term_text.h"

namespace frazil::ingest {
namespace {

using ::testing::ElementsAre;

// A row's number and what it is sorted by.
iceberg::Schema SchemaOf(std::string_view type) {
  const auto column = [](int32_t id, std::string name, std::string_view text) {
    return iceberg::Field{.id = id, .name = std::move(name), .type = *iceberg::ParsePrimitiveType(text)};
  };
  return {0, {column(1, "row", "long"), column(2, "a", type), column(3, "b", "long")}};
}

iceberg::SortOrder OrderBy(std::string_view terms) {
  const iceberg::Schema schema = SchemaOf("string");
  iceberg::SortOrder order{.order_id = 7, .fields = {}};
  const auto parsed = iceberg::ParseSortTerms(terms);
  for (const auto& [term, ascending, nulls_first] : *parsed) {
    order.fields.push_back({schema.FindByName(term.column)->id, term.transform, ascending, nulls_first});
  }
  return order;
}

std::shared_ptr<arrow::RecordBatch> Batch(const std::shared_ptr<arrow::DataType>& type, const std::string& a,
                                          const std::string& b, int64_t first = 0) {
  const auto column = *arrow::json::ArrayFromJSONString(type, a);
  arrow::Int64Builder rows;
  for (int64_t row = 0; row < column->length(); ++row) EXPECT_TRUE(rows.Append(first + row).ok());
  const auto schema =
      arrow::schema({arrow::field("row", arrow::int64()), arrow::field("a", type), arrow::field("b", arrow::int64())});
  arrow::ArrayVector columns = {*rows.Finish(), column, *arrow::json::ArrayFromJSONString(arrow::int64(), b)};
  return arrow::RecordBatch::Make(schema, column->length(), std::move(columns));
}

std::vector<int64_t> Sorted(std::string_view type, std::string_view terms,
                            std::vector<std::shared_ptr<arrow::RecordBatch>> batches) {
  const auto order = RowOrder::Make(SchemaOf(type), OrderBy(terms));
  EXPECT_TRUE(order.has_value());
  EXPECT_EQ(order->order_id(), 7);
  const auto pieces = order->Sort(std::move(batches));
  EXPECT_TRUE(pieces) << pieces.error().message;
  std::vector<int64_t> rows;
  for (const auto& piece : *pieces) {
    EXPECT_TRUE(piece->ValidateFull().ok());
    const auto& numbers = static_cast<const arrow::Int64Array&>(*piece->column(0));
    for (int64_t i = 0; i < numbers.length(); ++i) rows.push_back(numbers.Value(i));
  }
  return rows;
}

TEST(RowOrder, ByEachColumnAsItsTermSays) {
  const auto first = Batch(arrow::utf8(), R"(["oslo", null, "Bergen"])", "[1, 2, 3]");
  const auto second = Batch(arrow::utf8(), R"(["oslo", "bodø", "oslo"])", "[null, 2, 0]", 3);
  EXPECT_THAT(Sorted("string", "a", {first, second}), ElementsAre(1, 2, 4, 0, 3, 5)) << "equal ones as they came";
  EXPECT_THAT(Sorted("string", "a desc, b", {first, second}), ElementsAre(3, 5, 0, 4, 2, 1));
  EXPECT_THAT(Sorted("string", "a nulls last, b desc nulls first", {first, second}), ElementsAre(2, 4, 3, 0, 5, 1));
  EXPECT_THAT(Sorted("string", "truncate(1, a) nulls last, b", {first, second}), ElementsAre(2, 4, 3, 5, 0, 1));
}

TEST(RowOrder, NumbersAsIcebergHasThem) {
  arrow::DoubleBuilder values;
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double value : {nan, 0.0, -0.0, -1.5, 2.0, -std::numeric_limits<double>::infinity(), -nan}) {
    ASSERT_TRUE(values.Append(value).ok());
  }
  ASSERT_TRUE(values.AppendNull().ok());
  auto batch = Batch(arrow::float64(), "[0, 0, 0, 0, 0, 0, 0, 0]", "[0, 0, 0, 0, 0, 0, 0, 0]");
  batch = *batch->SetColumn(1, arrow::field("a", arrow::float64()), *values.Finish());
  EXPECT_THAT(Sorted("double", "a", {batch}), ElementsAre(7, 5, 3, 2, 1, 4, 0, 6));
  EXPECT_THAT(Sorted("double", "a desc nulls last", {batch}), ElementsAre(0, 6, 4, 1, 2, 3, 5, 7));
}

TEST(RowOrder, EveryTypeThatATableHas) {
  const std::string b = "[0, 0, 0, 0]";
  EXPECT_THAT(Sorted("boolean", "a", {Batch(arrow::boolean(), "[true, false, null, false]", b)}),
              ElementsAre(2, 1, 3, 0));
  EXPECT_THAT(Sorted("int", "a", {Batch(arrow::int32(), "[3, -1, null, 2]", b)}), ElementsAre(2, 1, 3, 0));
  EXPECT_THAT(Sorted("float", "a", {Batch(arrow::float32(), "[3, -1, null, 2]", b)}), ElementsAre(2, 1, 3, 0));
  EXPECT_THAT(Sorted("date", "a", {Batch(arrow::date32(), "[3, -1, null, 2]", b)}), ElementsAre(2, 1, 3, 0));
  const auto timestamps = Batch(arrow::timestamp(arrow::TimeUnit::MICRO), "[3, -1, null, 2]", b);
  EXPECT_THAT(Sorted("timestamp", "a", {timestamps}), ElementsAre(2, 1, 3, 0));
  EXPECT_THAT(Sorted("timestamp", "day(a), a desc", {timestamps}), ElementsAre(2, 1, 0, 3));
  EXPECT_THAT(Sorted("decimal(9, 2)", "a", {Batch(arrow::decimal128(9, 2), R"(["3.00", "-1.00", null, "2.00"])", b)}),
              ElementsAre(2, 1, 3, 0));
  EXPECT_THAT(Sorted("fixed[2]", "a", {Batch(arrow::fixed_size_binary(2), R"(["zz", "aa", null, "ab"])", b)}),
              ElementsAre(2, 1, 3, 0));
}

TEST(RowOrder, LargeOnesComeInPieces) {
  constexpr int64_t kRows = 200'000;
  arrow::Int64Builder rows, keys;
  for (int64_t row = 0; row < kRows; ++row) {
    ASSERT_TRUE(rows.Append(row).ok());
    ASSERT_TRUE(keys.Append((row * 7919) % kRows).ok());
  }
  const auto key = *keys.Finish();
  const auto schema = arrow::schema(
      {arrow::field("row", arrow::int64()), arrow::field("a", arrow::int64()), arrow::field("b", arrow::int64())});
  const auto order = RowOrder::Make(SchemaOf("long"), OrderBy("a"));
  arrow::ArrayVector columns = {*rows.Finish(), key, key};
  const auto pieces = order->Sort({arrow::RecordBatch::Make(schema, kRows, std::move(columns))});
  ASSERT_TRUE(pieces) << pieces.error().message;
  EXPECT_GT(pieces->size(), 1U);
  int64_t next = 0;
  for (const auto& piece : *pieces) {
    const auto& sorted = static_cast<const arrow::Int64Array&>(*piece->column(1));
    for (int64_t i = 0; i < sorted.length(); ++i) ASSERT_EQ(sorted.Value(i), next++);
  }
  EXPECT_EQ(next, kRows);
}

TEST(RowOrder, NoneWhereRowsCannotBeSortedSo) {
  const iceberg::Schema schema = SchemaOf("string");
  EXPECT_FALSE(RowOrder::Make(schema, {}).has_value());
  EXPECT_FALSE(RowOrder::Make(schema, {1, {{9, {}, true, true}}}).has_value()) << "its column is gone";
  EXPECT_FALSE(RowOrder::Make(schema, {1, {{2, iceberg::Transform::Parse("zorder"), true, true}}}).has_value());
}

}  // namespace
}  // namespace frazil::ingest
