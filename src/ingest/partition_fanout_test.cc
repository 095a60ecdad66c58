#include "ingest/partition_fanout.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <random>

#include "ingest/partition_column.h"
#include "parquet/schema_bridge.h"

namespace frazil::ingest {
namespace {

using iceberg::Field;
using iceberg::Literal;
using iceberg::PartitionSpec;
using iceberg::Schema;
using iceberg::Transform;
using iceberg::Type;
using iceberg::TypeKind;
using iceberg::TypePtr;
using testing::ElementsAre;

std::mt19937_64& Random() {
  static std::mt19937_64 random(20);
  return random;
}

// Few distinct values near zero, some anywhere in the type.
int64_t RandomInteger(int64_t near) {
  const uint64_t draw = Random()();
  if (draw % 4 == 0) return static_cast<int64_t>(Random()());
  return static_cast<int64_t>(Random()() % static_cast<uint64_t>(2 * near + 1)) - near;
}

std::string RandomText() {
  static const std::string_view kPieces[] = {"a", "b", "é", "水", "😀", "z"};
  std::string text;
  for (uint64_t i = Random()() % 6; i > 0; --i) text += kPieces[Random()() % std::size(kPieces)];
  return text;
}

std::string RandomBytes(size_t length) {
  std::string bytes(length, '\0');
  for (char& byte : bytes) byte = static_cast<char>(Random()() % 4 == 0 ? 0xFF : Random()() % 3);
  return bytes;
}

Literal RandomLiteral(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return Random()() % 2 == 0;
    case TypeKind::kInt:
      return static_cast<int32_t>(RandomInteger(50));
    case TypeKind::kDate:
      return static_cast<int32_t>(RandomInteger(1000) % 700000);
    case TypeKind::kFloat: {
      const float kFloats[] = {0.0F,           -0.0F, std::nanf(""),
                               -std::nanf(""), 1.5F,  std::numeric_limits<float>::infinity()};
      return kFloats[Random()() % std::size(kFloats)];
    }
    case TypeKind::kDouble: {
      const double kDoubles[] = {0.0, -0.0, std::nan(""), -std::nan(""), 1.5, -std::numeric_limits<double>::infinity()};
      return kDoubles[Random()() % std::size(kDoubles)];
    }
    case TypeKind::kDecimal:
      return static_cast<Int128>(RandomInteger(50)) * (type.precision() > 18 ? 1'000'000'000'000LL : 1);
    case TypeKind::kLong:
      return RandomInteger(50);
    case TypeKind::kTime:
      return static_cast<int64_t>(Random()() % 86'400'000'000ULL);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
      return int64_t{RandomInteger(400'000'000'000'000LL) % 4'000'000'000'000'000LL};
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTzNs:
      return RandomInteger(400'000'000'000'000'000LL);
    case TypeKind::kString:
      return RandomText();
    case TypeKind::kUuid:
      return RandomBytes(16);
    case TypeKind::kFixed:
      return RandomBytes(static_cast<size_t>(type.length()));
    default:
      return RandomBytes(Random()() % 5);
  }
}

// Appends one literal in the Arrow form of its type.
void Append(arrow::ArrayBuilder* builder, const Literal& literal) {
  if (iceberg::IsNull(literal)) {
    ASSERT_TRUE(builder->AppendNull().ok());
    return;
  }
  std::shared_ptr<arrow::Scalar> scalar;
  const std::shared_ptr<arrow::DataType> type = builder->type();
  if (const auto* text = std::get_if<std::string>(&literal)) {
    if (type->id() == arrow::Type::FIXED_SIZE_BINARY) {
      ASSERT_TRUE(static_cast<arrow::FixedSizeBinaryBuilder*>(builder)->Append(*text).ok());
    } else {
      ASSERT_TRUE(static_cast<arrow::BinaryBuilder*>(builder)->Append(*text).ok());
    }
    return;
  }
  if (const auto* decimal = std::get_if<Int128>(&literal)) {
    const arrow::Decimal128 value(static_cast<int64_t>(*decimal >> 64), static_cast<uint64_t>(*decimal));
    ASSERT_TRUE(static_cast<arrow::Decimal128Builder*>(builder)->Append(value).ok());
    return;
  }
  if (const auto* boolean = std::get_if<bool>(&literal)) {
    scalar = std::make_shared<arrow::BooleanScalar>(*boolean);
  } else if (const auto* number32 = std::get_if<int32_t>(&literal)) {
    scalar = *arrow::MakeScalar(type, *number32);
  } else if (const auto* number64 = std::get_if<int64_t>(&literal)) {
    scalar = *arrow::MakeScalar(type, *number64);
  } else if (const auto* single = std::get_if<float>(&literal)) {
    scalar = std::make_shared<arrow::FloatScalar>(*single);
  } else {
    scalar = std::make_shared<arrow::DoubleScalar>(std::get<double>(literal));
  }
  ASSERT_TRUE(builder->AppendScalar(*scalar).ok());
}

std::shared_ptr<arrow::Array> ToArray(const Type& type, const std::vector<Literal>& literals) {
  std::unique_ptr<arrow::ArrayBuilder> builder;
  EXPECT_TRUE(arrow::MakeBuilder(arrow::default_memory_pool(), *parquet::ToArrowType(type), &builder).ok());
  for (const Literal& literal : literals) Append(builder.get(), literal);
  return *builder->Finish();
}

bool Same(const Literal& a, const Literal& b) {
  const auto canonical = [](const auto& value) { return std::isnan(value); };
  if (const auto* x = std::get_if<float>(&a)) {
    const float y = std::get<float>(b);
    return (canonical(*x) && canonical(y)) || std::memcmp(x, &y, sizeof y) == 0;
  }
  if (const auto* x = std::get_if<double>(&a)) {
    const double y = std::get<double>(b);
    return (canonical(*x) && canonical(y)) || std::memcmp(x, &y, sizeof y) == 0;
  }
  return a == b;
}

Field Column(int32_t id, std::string name, TypePtr type) {
  Field field;
  field.id = id;
  field.name = std::move(name);
  field.type = std::move(type);
  return field;
}

std::vector<TypePtr> EveryType() {
  return {Type::Primitive(TypeKind::kBoolean),
          Type::Primitive(TypeKind::kInt),
          Type::Primitive(TypeKind::kLong),
          Type::Primitive(TypeKind::kFloat),
          Type::Primitive(TypeKind::kDouble),
          Type::Decimal(9, 2),
          Type::Decimal(38, 10),
          Type::Primitive(TypeKind::kDate),
          Type::Primitive(TypeKind::kTime),
          Type::Primitive(TypeKind::kTimestamp),
          Type::Primitive(TypeKind::kTimestampTz),
          Type::Primitive(TypeKind::kTimestampNs),
          Type::Primitive(TypeKind::kString),
          Type::Primitive(TypeKind::kUuid),
          Type::Fixed(3),
          Type::Primitive(TypeKind::kBinary)};
}

TEST(PartitionColumn, AgreesWithTransformApplyOnEveryType) {
  const char* transforms[] = {"identity",     "bucket[1]", "bucket[16]", "bucket[1000]", "truncate[1]", "truncate[3]",
                              "truncate[10]", "year",      "month",      "day",          "hour",        "void"};
  int checked = 0;
  for (const TypePtr& type : EveryType()) {
    std::vector<Literal> literals;
    for (int i = 0; i < 3000; ++i) literals.push_back(Random()() % 10 == 0 ? Literal() : RandomLiteral(*type));
    // A slice, so that offsets count.
    const std::shared_ptr<arrow::Array> array = ToArray(*type, literals)->Slice(7);
    for (const char* text : transforms) {
      const Transform transform = Transform::Parse(text);
      if (!transform.ResultType(*type)) continue;
      const auto column = TransformColumn(*type, transform, *array);
      ASSERT_TRUE(column) << column.error().message;
      ASSERT_EQ(column->ids.size(), static_cast<size_t>(array->length()));
      for (size_t row = 0; row < column->ids.size(); ++row) {
        const Literal want = transform.Apply(*type, literals[row + 7]);
        ASSERT_TRUE(Same(column->values[column->ids[row]], want))
            << text << " of " << type->ToString() << " " << iceberg::ToText(*type, literals[row + 7]);
      }
      for (size_t a = 0; a < column->values.size(); ++a) {
        for (size_t b = a + 1; b < std::min(column->values.size(), a + 50); ++b) {
          ASSERT_FALSE(column->values[a].index() == column->values[b].index() &&
                       Same(column->values[a], column->values[b]))
              << "one value numbered twice: " << text << " of " << type->ToString();
        }
      }
      ++checked;
    }
  }
  EXPECT_EQ(checked, 104);  // pairs of a type and a transform that takes it
}

class PartitionFanoutTest : public testing::Test {
 protected:
  static std::shared_ptr<arrow::RecordBatch> Batch(const Schema& schema, arrow::ArrayVector columns) {
    const int64_t rows = columns[0]->length();
    return arrow::RecordBatch::Make(*parquet::ToArrowSchema(schema), rows, std::move(columns));
  }
  static iceberg::PartitionField PartitionOn(int32_t source, std::string_view transform) {
    return {source, 1000 + source, std::string(transform) + std::to_string(source), Transform::Parse(transform)};
  }
  static std::vector<Literal> Texts(const std::vector<const char*>& values) {
    std::vector<Literal> literals;
    for (const char* value : values) literals.push_back(value == nullptr ? Literal() : Literal(std::string(value)));
    return literals;
  }
  static std::vector<Literal> Numbers(const std::vector<int64_t>& values) {
    std::vector<Literal> literals;
    for (const int64_t value : values) literals.emplace_back(value);
    return literals;
  }

  const TypePtr text_ = Type::Primitive(TypeKind::kString);
  const TypePtr number_ = Type::Primitive(TypeKind::kLong);
};

TEST_F(PartitionFanoutTest, UnpartitionedGivesTheBatchItself) {
  const Schema schema(0, {Column(1, "a", number_)});
  const auto batch = Batch(schema, {ToArray(*number_, Numbers({1, 2}))});
  const auto none = PartitionFanout::Make(schema, {0, {}})->Split(batch);
  ASSERT_EQ(none->size(), 1U);
  EXPECT_EQ((*none)[0].rows, batch);
  EXPECT_TRUE((*none)[0].partition.empty());

  const auto all_void = PartitionFanout::Make(schema, {1, {PartitionOn(1, "void")}})->Split(batch);
  EXPECT_EQ((*all_void)[0].rows, batch);
  EXPECT_THAT((*all_void)[0].partition, ElementsAre(Literal()));
}

TEST_F(PartitionFanoutTest, OnePartitionCopiesNothing) {
  const Schema schema(0, {Column(1, "a", text_), Column(2, "n", number_)});
  const auto fanout = PartitionFanout::Make(schema, {1, {PartitionOn(1, "identity")}});
  const auto batch = Batch(schema, {ToArray(*text_, Texts({"x", "x"})), ToArray(*number_, Numbers({1, 2}))});
  const auto parts = fanout->Split(batch);
  ASSERT_EQ(parts->size(), 1U);
  EXPECT_EQ((*parts)[0].rows, batch);
  EXPECT_THAT((*parts)[0].partition, ElementsAre(Literal(std::string("x"))));
  EXPECT_TRUE(fanout->Split(batch->Slice(0, 0))->empty());
}

TEST_F(PartitionFanoutTest, RowsThatStandByPartitionAreSliced) {
  const Schema schema(0, {Column(1, "n", number_)});
  const auto fanout = PartitionFanout::Make(schema, {1, {PartitionOn(1, "truncate[10]")}});
  const auto batch = Batch(schema, {ToArray(*number_, Numbers({21, 22, 5, 35, 36}))});
  const auto parts = fanout->Split(batch);
  ASSERT_EQ(parts->size(), 3U);
  for (const auto& part : *parts) {
    EXPECT_EQ(part.rows->column(0)->data()->buffers[1], batch->column(0)->data()->buffers[1]);
  }
  EXPECT_THAT((*parts)[1].partition, ElementsAre(Literal(int64_t{0})));
  EXPECT_TRUE((*parts)[2].rows->Equals(*batch->Slice(3, 2)));
}

TEST_F(PartitionFanoutTest, SortsByPartitionAndKeepsOrderWithin) {
  const TypePtr place = Type::Struct({Column(4, "city", text_), Column(5, "zip", number_)});
  const Schema schema(
      0, {Column(1, "n", number_), Column(2, "place", place), Column(3, "tags", Type::List(6, text_, false))});
  const auto fanout = PartitionFanout::Make(
      schema, {1, {PartitionOn(1, "void"), PartitionOn(4, "identity"), PartitionOn(1, "bucket[4]")}});
  ASSERT_TRUE(fanout) << fanout.error().message;

  constexpr int kRows = 5000;
  std::vector<Literal> numbers, cities;
  std::vector<bool> missing;
  for (int i = 0; i < kRows; ++i) {
    numbers.emplace_back(int64_t{i});
    missing.push_back(Random()() % 7 == 0);
    cities.emplace_back(std::string(1, static_cast<char>('a' + Random()() % 5)));
  }
  const auto arrow_schema = *parquet::ToArrowSchema(schema);
  auto valid = *arrow::AllocateBitmap(kRows);
  for (int i = 0; i < kRows; ++i) arrow::bit_util::SetBitTo(valid->mutable_data(), i, !missing[i]);
  const auto places = std::make_shared<arrow::StructArray>(
      arrow_schema->field(1)->type(), kRows, arrow::ArrayVector{ToArray(*text_, cities), ToArray(*number_, numbers)},
      std::shared_ptr<arrow::Buffer>(std::move(valid)));
  std::unique_ptr<arrow::ArrayBuilder> list_builder;
  ASSERT_TRUE(arrow::MakeBuilder(arrow::default_memory_pool(), arrow_schema->field(2)->type(), &list_builder).ok());
  auto& lists = static_cast<arrow::ListBuilder&>(*list_builder);
  for (int i = 0; i < kRows; ++i) {
    ASSERT_TRUE(lists.Append().ok());
    for (int j = 0; j < i % 3; ++j) {
      ASSERT_TRUE(static_cast<arrow::StringBuilder*>(lists.value_builder())->Append(std::to_string(i)).ok());
    }
  }
  const auto batch = Batch(schema, {ToArray(*number_, numbers), places, *list_builder->Finish()});

  const auto parts = fanout->Split(batch);
  ASSERT_TRUE(parts) << parts.error().message;
  EXPECT_EQ(parts->size(), 24U);
  int64_t rows = 0;
  for (const auto& part : *parts) {
    ASSERT_TRUE(part.rows->ValidateFull().ok());
    EXPECT_TRUE(part.rows->schema()->Equals(*arrow_schema, /*check_metadata=*/true));
    const auto& n = static_cast<const arrow::Int64Array&>(*part.rows->column(0));
    for (int64_t i = 0; i < n.length(); ++i) {
      if (i > 0) {
        EXPECT_LT(n.Value(i - 1), n.Value(i));
      }
      const auto row = static_cast<size_t>(n.Value(i));
      EXPECT_THAT(part.partition, ElementsAre(Literal(), missing[row] ? Literal() : cities[row],
                                              Transform::Parse("bucket[4]").Apply(*number_, numbers[row])));
      EXPECT_TRUE(part.rows->Slice(i, 1)->Equals(*batch->Slice(static_cast<int64_t>(row), 1)));
    }
    rows += n.length();
  }
  EXPECT_EQ(rows, kRows);
}

TEST_F(PartitionFanoutTest, AFieldWithoutItsColumnIsNull) {
  const Schema schema(0, {Column(1, "a", text_)});
  const auto fanout = PartitionFanout::Make(schema, {1, {PartitionOn(9, "identity"), PartitionOn(1, "identity")}});
  ASSERT_TRUE(fanout) << fanout.error().message;
  const auto batch = Batch(schema, {ToArray(*text_, Texts({"x", "x"}))});
  const auto parts = fanout->Split(batch);
  ASSERT_TRUE(parts) << parts.error().message;
  ASSERT_EQ(parts->size(), 1U);
  EXPECT_THAT((*parts)[0].partition, ElementsAre(Literal(), Literal(std::string("x"))));
}

TEST_F(PartitionFanoutTest, RefusesWhatItCannotWrite) {
  const Schema schema(0, {Column(1, "a", text_), Column(2, "l", Type::List(3, text_, false))});
  EXPECT_EQ(PartitionFanout::Make(schema, {1, {PartitionOn(1, "zorder[3]")}}).error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(PartitionFanout::Make(schema, {1, {PartitionOn(1, "day")}}).error().kind, ErrorKind::kInvalidArgument);
  EXPECT_EQ(PartitionFanout::Make(schema, {1, {PartitionOn(3, "identity")}}).error().kind, ErrorKind::kInvalidArgument);
}

}  // namespace
}  // namespace frazil::ingest
