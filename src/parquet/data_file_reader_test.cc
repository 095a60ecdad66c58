#include "parquet/data_file_reader.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/memory_file_io.h"
#include "parquet/data_file_writer.h"
#include "parquet/schema_bridge.h"

namespace frazil::parquet {
namespace {

using iceberg::Field;
using iceberg::Type;
using iceberg::TypeKind;

constexpr char kPath[] = "f.parquet";
constexpr int64_t kRows = 100000;  // more than are read at a time

iceberg::SchemaPtr SomeSchema() {
  std::vector<Field> fields = {
      {7, "offset", Type::Primitive(TypeKind::kLong), false, "", {}, {}},
      {8, "pair", Type::Struct({{9, "x", Type::Primitive(TypeKind::kInt), false, "", {}, {}}}), false, "", {}, {}},
      {3, "partition", Type::Primitive(TypeKind::kInt), false, "", {}, {}}};
  return std::make_shared<const iceberg::Schema>(0, std::move(fields));
}

class DataFileReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto schema = SomeSchema();
    auto writer = OpenDataFile(io_, kPath, schema, 0, {}, {});
    ASSERT_TRUE(writer.has_value()) << writer.error().message;
    arrow::Int64Builder offsets;
    arrow::Int32Builder partitions;
    arrow::Int32Builder nested;
    for (int64_t i = 0; i < kRows; ++i) {
      ASSERT_TRUE(offsets.Append(i).ok() && nested.Append(0).ok());
      ASSERT_TRUE((i % 2 == 0 ? partitions.Append(static_cast<int32_t>(i % 7)) : partitions.AppendNull()).ok());
    }
    const auto arrow_schema = *ToArrowSchema(*schema);
    const auto pair = arrow::StructArray::Make({*nested.Finish()}, arrow_schema->field(1)->type()->fields());
    const auto rows = arrow::RecordBatch::Make(arrow_schema, kRows, {*offsets.Finish(), *pair, *partitions.Finish()});
    ASSERT_TRUE((*writer)->Write(*rows).has_value());
    ASSERT_TRUE((*writer)->Close({{"key", "text"}}).has_value());
  }

  std::string Bytes() { return *io_.ReadAll(kPath); }
  Result<std::unique_ptr<DataFileReader>> Open() { return OpenDataFileReader(*io_.Open(kPath), kPath); }

  io::MemoryFileIo io_;
};

TEST_F(DataFileReaderTest, TellsWhatTheFooterSays) {
  const auto reader = Open();
  ASSERT_TRUE(reader.has_value()) << reader.error().message;
  EXPECT_EQ((*reader)->rows(), kRows);
  EXPECT_EQ((*reader)->FooterText("key"), "text");
  EXPECT_EQ((*reader)->FooterText("other"), std::nullopt);
  EXPECT_TRUE((*reader)->HasColumn(3));
  EXPECT_FALSE((*reader)->HasColumn(8)) << "a struct";
  EXPECT_FALSE((*reader)->HasColumn(9)) << "inside one";
}

TEST_F(DataFileReaderTest, ReadsColumnsInTheOrderAskedFor) {
  const auto reader = Open();
  ASSERT_TRUE(reader.has_value());
  int64_t seen = 0;
  int batches = 0;
  const Status done = (*reader)->ReadColumns({3, 7}, [&](const arrow::RecordBatch& rows) -> Status {
    const auto& partitions = static_cast<const arrow::Int32Array&>(*rows.column(0));
    const auto& offsets = static_cast<const arrow::Int64Array&>(*rows.column(1));
    for (int64_t i = 0; i < rows.num_rows(); ++i, ++seen) {
      EXPECT_EQ(offsets.Value(i), seen);
      EXPECT_EQ(partitions.IsNull(i), seen % 2 != 0);
      if (seen % 2 == 0) {
        EXPECT_EQ(partitions.Value(i), seen % 7);
      }
    }
    ++batches;
    return {};
  });
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(seen, kRows);
  EXPECT_GT(batches, 1);
  EXPECT_FALSE((*reader)->ReadColumns({9}, [](const auto&) { return Status(); }).has_value());
}

TEST_F(DataFileReaderTest, ReadsWholeRows) {
  const auto reader = Open();
  ASSERT_TRUE(reader.has_value());
  const auto fields = (*reader)->Fields();
  ASSERT_TRUE(fields.has_value()) << fields.error().message;
  EXPECT_EQ(*fields, SomeSchema()->fields());
  int64_t seen = 0;
  const Status done = (*reader)->ReadRows([&](const arrow::RecordBatch& rows) -> Status {
    EXPECT_TRUE(rows.schema()->Equals(**ToArrowSchema(*SomeSchema()), /*check_metadata=*/false));
    const auto& offsets = static_cast<const arrow::Int64Array&>(*rows.column(0));
    for (int64_t i = 0; i < rows.num_rows(); ++i, ++seen) EXPECT_EQ(offsets.Value(i), seen);
    return {};
  });
  ASSERT_TRUE(done.has_value()) << done.error().message;
  EXPECT_EQ(seen, kRows);
}

TEST(FromArrowSchema, GivesBackWhatToArrowSchemaTook) {
  int32_t id = 0;
  const auto field = [&](std::string name, iceberg::TypePtr type, bool required = false) {
    return Field{++id, std::move(name), std::move(type), required, "", {}, {}};
  };
  std::vector<Field> fields;
  for (const TypeKind kind :
       {TypeKind::kBoolean, TypeKind::kInt, TypeKind::kLong, TypeKind::kFloat, TypeKind::kDouble, TypeKind::kDate,
        TypeKind::kTime, TypeKind::kTimestamp, TypeKind::kTimestampTz, TypeKind::kString, TypeKind::kBinary}) {
    fields.push_back(field(std::to_string(static_cast<int>(kind)), Type::Primitive(kind), id % 2 == 0));
  }
  fields.push_back(field("decimal", Type::Decimal(20, 3)));
  fields.push_back(field("fixed", Type::Fixed(7)));
  const auto inside = Type::Struct({field("in", Type::Primitive(TypeKind::kInt))});
  fields.push_back(field("list", Type::List(100, inside, true)));
  fields.push_back(field("map", Type::Map(101, Type::Primitive(TypeKind::kString), 102, Type::Fixed(2), false)));
  const auto again = FromArrowSchema(**ToArrowSchema(iceberg::Schema(0, fields)));
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(*again, fields);
  EXPECT_EQ(FromArrowSchema(arrow::Schema({arrow::field("x", arrow::int32())})).error().kind, ErrorKind::kUnsupported);
}

TEST_F(DataFileReaderTest, SaysWhatIsWrongWithAFile) {
  const std::string bytes = Bytes();
  for (const size_t keep : {size_t{0}, size_t{3}, bytes.size() / 2, bytes.size() - 1}) {
    ASSERT_TRUE(io_.Replace(kPath, bytes.substr(0, keep)).has_value());
    const auto reader = Open();
    ASSERT_FALSE(reader.has_value()) << keep;
    EXPECT_EQ(reader.error().kind, ErrorKind::kCorrupt);
    EXPECT_THAT(reader.error().message, testing::HasSubstr(kPath));
  }
}

}  // namespace
}  // namespace frazil::parquet
