#include "parquet/data_file_writer.h"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>

#include "iceberg/literal.h"
#include "parquet/schema_bridge.h"
#include "storage/storage.h"

namespace frazil::parquet {
namespace {

using iceberg::Field;
using iceberg::Literal;
using iceberg::Schema;
using iceberg::SchemaPtr;
using iceberg::Type;
using iceberg::TypeKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;
using testing::Pair;
using testing::UnorderedElementsAre;
namespace pq = ::parquet;

class DataFileWriterTest : public testing::Test {
 protected:
  DataFileWriterTest() {
    directory_ = std::filesystem::temp_directory_path() / ("frazil_parquet_" + std::to_string(getpid()));
    std::filesystem::create_directories(directory_);
    path_ = directory_ / "f.parquet";
    io_ = *storage::MakeFileIo({});
  }
  ~DataFileWriterTest() override { std::filesystem::remove_all(directory_); }

  iceberg::DataFile WriteFile(const SchemaPtr& schema, const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
                              const DataFileOptions& options = {}) {
    auto writer = OpenDataFile(*io_, path_, schema, 0, {}, options);
    EXPECT_TRUE(writer) << writer.error().message;
    for (const auto& batch : batches) {
      const Status status = (*writer)->Write(*batch);
      EXPECT_TRUE(status) << status.error().message;
    }
    auto file = (*writer)->Close({{"frazil.test", "yes"}});
    EXPECT_TRUE(file) << file.error().message;
    return *file;
  }

  std::unique_ptr<pq::ParquetFileReader> Reader() { return pq::ParquetFileReader::OpenFile(path_); }

  std::shared_ptr<arrow::Table> ReadTable() {
    std::shared_ptr<arrow::Table> table;
    auto reader = *pq::arrow::OpenFile(*arrow::io::ReadableFile::Open(path_), arrow::default_memory_pool());
    return *reader->ReadTable();
  }

  std::filesystem::path directory_;
  std::string path_;
  std::shared_ptr<io::FileIo> io_;
};

SchemaPtr MakeSchema(std::vector<Field> fields) { return std::make_shared<const Schema>(0, std::move(fields)); }

Field Column(int32_t id, std::string name, iceberg::TypePtr type, bool required = false) {
  Field field;
  field.id = id;
  field.name = std::move(name);
  field.type = std::move(type);
  field.required = required;
  return field;
}

std::shared_ptr<arrow::RecordBatch> MakeBatch(const SchemaPtr& schema, arrow::ArrayVector columns) {
  const int64_t rows = columns[0]->length();
  return arrow::RecordBatch::Make(*ToArrowSchema(*schema), rows, std::move(columns));
}

template <class Builder, class T>
std::shared_ptr<arrow::Array> MakeArray(const std::vector<std::optional<T>>& values,
                                        std::shared_ptr<arrow::DataType> type = nullptr) {
  std::unique_ptr<arrow::ArrayBuilder> base;
  if (!type) type = arrow::TypeTraits<typename Builder::TypeClass>::type_singleton();
  EXPECT_TRUE(arrow::MakeBuilder(arrow::default_memory_pool(), type, &base).ok());
  auto& builder = static_cast<Builder&>(*base);
  for (const auto& value : values) {
    EXPECT_TRUE((value ? builder.Append(*value) : builder.AppendNull()).ok());
  }
  return *base->Finish();
}

std::shared_ptr<arrow::Array> Doubles(const std::vector<std::optional<double>>& values) {
  return MakeArray<arrow::DoubleBuilder>(values);
}
std::shared_ptr<arrow::Array> Strings(const std::vector<std::optional<std::string>>& values) {
  return MakeArray<arrow::StringBuilder>(values);
}
std::shared_ptr<arrow::Array> Longs(const std::vector<std::optional<int64_t>>& values) {
  return MakeArray<arrow::Int64Builder>(values);
}

template <class T>
std::string Bytes(iceberg::TypeKind kind, T value) {
  return iceberg::ToBytes(*Type::Primitive(kind), Literal(value));
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST_F(DataFileWriterTest, ParquetSchemaFollowsAppendixA) {
  const SchemaPtr schema = MakeSchema({
      Column(1, "id", Type::Primitive(TypeKind::kLong), true),
      Column(2, "d9", Type::Decimal(9, 2)),
      Column(3, "d18", Type::Decimal(18, 2)),
      Column(4, "d19", Type::Decimal(19, 2)),
      Column(5, "d38", Type::Decimal(38, 2)),
      Column(6, "time", Type::Primitive(TypeKind::kTime)),
      Column(7, "ts", Type::Primitive(TypeKind::kTimestamp)),
      Column(8, "tstz", Type::Primitive(TypeKind::kTimestampTz)),
      Column(9, "uuid", Type::Primitive(TypeKind::kUuid)),
      Column(10, "fixed", Type::Fixed(5)),
      Column(11, "a name. with dots", Type::Primitive(TypeKind::kString)),
      Column(12, "list", Type::List(13, Type::Struct({Column(14, "x", Type::Primitive(TypeKind::kInt))}), true)),
      Column(15, "map", Type::Map(16, Type::Primitive(TypeKind::kString), 17, Type::Primitive(TypeKind::kDate), false)),
      Column(18, "ns", Type::Primitive(TypeKind::kTimestampTzNs)),
  });
  auto writer = OpenDataFile(*io_, path_, schema, 0, {}, {});
  ASSERT_TRUE(writer) << writer.error().message;
  ASSERT_TRUE((*writer)->Close({}));
  EXPECT_EQ(Reader()->metadata()->schema()->ToString(), R"(required group field_id=-1 table {
  required int64 field_id=1 id;
  optional int32 field_id=2 d9 (Decimal(precision=9, scale=2));
  optional int64 field_id=3 d18 (Decimal(precision=18, scale=2));
  optional fixed_len_byte_array(9) field_id=4 d19 (Decimal(precision=19, scale=2));
  optional fixed_len_byte_array(16) field_id=5 d38 (Decimal(precision=38, scale=2));
  optional int64 field_id=6 time (Time(isAdjustedToUTC=false, timeUnit=microseconds));
  optional int64 field_id=7 ts (Timestamp(isAdjustedToUTC=false, timeUnit=microseconds, is_from_converted_type=false, force_set_converted_type=false));
  optional int64 field_id=8 tstz (Timestamp(isAdjustedToUTC=true, timeUnit=microseconds, is_from_converted_type=false, force_set_converted_type=false));
  optional fixed_len_byte_array(16) field_id=9 uuid (UUID);
  optional fixed_len_byte_array(5) field_id=10 fixed;
  optional binary field_id=11 a name. with dots (String);
  optional group field_id=12 list (List) {
    repeated group field_id=-1 list {
      required group field_id=13 element {
        optional int32 field_id=14 x;
      }
    }
  }
  optional group field_id=15 map (Map) {
    repeated group field_id=-1 key_value {
      required binary field_id=16 key (String);
      optional int32 field_id=17 value (Date);
    }
  }
  optional int64 field_id=18 ns (Timestamp(isAdjustedToUTC=true, timeUnit=nanoseconds, is_from_converted_type=false, force_set_converted_type=false));
}
)");
}

TEST_F(DataFileWriterTest, DescribesTheFile) {
  const SchemaPtr schema = MakeSchema({Column(1, "id", Type::Primitive(TypeKind::kLong), true),
                                       Column(2, "name", Type::Primitive(TypeKind::kString)),
                                       Column(3, "reading", Type::Primitive(TypeKind::kDouble))});
  const auto batch = MakeBatch(schema, {Longs({3, 1, 2}), Strings({"b", std::nullopt, "a"}), Doubles({1.5, kNan, -2})});
  auto writer = OpenDataFile(*io_, path_, schema, 7, {Literal(int32_t{5})}, {});
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->Write(*batch));
  EXPECT_EQ((*writer)->rows(), 3);
  EXPECT_GT((*writer)->BufferedBytes(), 0);
  EXPECT_GE((*writer)->EstimatedBytes(), (*writer)->BufferedBytes());
  const auto file = (*writer)->Close({{"frazil.test", "yes"}});
  ASSERT_TRUE(file) << file.error().message;

  EXPECT_EQ(file->file_path, path_);
  EXPECT_EQ(file->spec_id, 7);
  EXPECT_THAT(file->partition, ElementsAre(Literal(int32_t{5})));
  EXPECT_EQ(file->record_count, 3);
  EXPECT_EQ(file->file_size_in_bytes, static_cast<int64_t>(std::filesystem::file_size(path_)));
  EXPECT_THAT(file->split_offsets, ElementsAre(4));
  EXPECT_THAT(file->column_sizes, ElementsAre(Key(1), Key(2), Key(3)));
  EXPECT_THAT(file->value_counts, ElementsAre(Pair(1, 3), Pair(2, 3), Pair(3, 3)));
  EXPECT_THAT(file->null_value_counts, ElementsAre(Pair(1, 0), Pair(2, 1), Pair(3, 0)));
  EXPECT_THAT(file->nan_value_counts, ElementsAre(Pair(3, 1)));
  EXPECT_THAT(file->lower_bounds, ElementsAre(Pair(1, Bytes(TypeKind::kLong, int64_t{1})), Pair(2, "a"),
                                              Pair(3, Bytes(TypeKind::kDouble, -2.0))));
  EXPECT_THAT(file->upper_bounds, ElementsAre(Pair(1, Bytes(TypeKind::kLong, int64_t{3})), Pair(2, "b"),
                                              Pair(3, Bytes(TypeKind::kDouble, 1.5))));

  const auto metadata = Reader()->metadata();
  EXPECT_THAT(metadata->created_by(), testing::StartsWith("frazil version "));
  EXPECT_EQ(*metadata->key_value_metadata()->Get("frazil.test"), "yes");
  EXPECT_THAT(*metadata->key_value_metadata()->Get("iceberg.schema"), HasSubstr("\"reading\""));
  EXPECT_FALSE(metadata->key_value_metadata()->Contains("ARROW:schema"));
  EXPECT_TRUE(ReadTable()->column(2)->chunk(0)->Equals(batch->column(2), arrow::EqualOptions().nans_equal(true)));
}

TEST_F(DataFileWriterTest, CutsRowGroupsOnBytes) {
  const SchemaPtr schema = MakeSchema({Column(1, "v", Type::Primitive(TypeKind::kDouble))});
  std::vector<std::optional<double>> values;
  for (int i = 0; i < 100000; ++i) values.push_back(i % 1000 == 7 ? kNan : std::sin(i) * 1e9);
  const auto batch = MakeBatch(schema, {Doubles(values)});
  DataFileOptions options;
  options.row_group_bytes = 400000;
  const auto file = WriteFile(schema, {batch, batch, batch}, options);
  EXPECT_EQ(file.record_count, 300000);
  EXPECT_EQ(file.split_offsets.size(), static_cast<size_t>(Reader()->metadata()->num_row_groups()));
  EXPECT_GT(file.split_offsets.size(), 3U);
  EXPECT_TRUE(std::is_sorted(file.split_offsets.begin(), file.split_offsets.end()));
  for (int i = 0; i < Reader()->metadata()->num_row_groups(); ++i) {
    EXPECT_GT(Reader()->metadata()->RowGroup(i)->num_rows(), 0);
  }
  EXPECT_EQ(file.nan_value_counts.at(1), 300);
  EXPECT_EQ(ReadTable()->num_rows(), 300000);
}

TEST_F(DataFileWriterTest, WritesEveryCompression) {
  const SchemaPtr schema = MakeSchema({Column(1, "v", Type::Primitive(TypeKind::kLong))});
  const auto batch = MakeBatch(schema, {Longs(std::vector<std::optional<int64_t>>(1000, 5))});
  const std::pair<const char*, arrow::Compression::type> codecs[] = {
      {"none", arrow::Compression::UNCOMPRESSED}, {"snappy", arrow::Compression::SNAPPY},
      {"gzip", arrow::Compression::GZIP},         {"lz4", arrow::Compression::LZ4},
      {"zstd", arrow::Compression::ZSTD},         {"brotli", arrow::Compression::BROTLI}};
  for (const auto& [name, codec] : codecs) {
    DataFileOptions options;
    options.compression = *ParseCompression(name);
    path_ = directory_ / name;
    WriteFile(schema, {batch}, options);
    EXPECT_EQ(Reader()->metadata()->RowGroup(0)->ColumnChunk(0)->compression(), codec) << name;
    EXPECT_EQ(ReadTable()->num_rows(), 1000) << name;
  }
  EXPECT_EQ(ParseCompression("lzo").error().kind, ErrorKind::kInvalidArgument);
}

TEST_F(DataFileWriterTest, LeavesNothingWithoutClose) {
  const SchemaPtr schema = MakeSchema({Column(1, "v", Type::Primitive(TypeKind::kLong))});
  {
    auto writer = OpenDataFile(*io_, path_, schema, 0, {}, {});
    ASSERT_TRUE(writer);
    ASSERT_TRUE((*writer)->Write(*MakeBatch(schema, {Longs({1, 2})})));
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

TEST_F(DataFileWriterTest, AFileWithoutRows) {
  const SchemaPtr schema = MakeSchema({Column(1, "v", Type::Primitive(TypeKind::kDouble))});
  const auto file = WriteFile(schema, {});
  EXPECT_EQ(file.record_count, 0);
  EXPECT_TRUE(file.split_offsets.empty());
  EXPECT_TRUE(file.lower_bounds.empty());
  EXPECT_EQ(ReadTable()->num_rows(), 0);
}

TEST_F(DataFileWriterTest, RefusesNullsInRequiredColumns) {
  const SchemaPtr schema = MakeSchema({Column(1, "v", Type::Primitive(TypeKind::kLong), true)});
  auto writer = OpenDataFile(*io_, path_, schema, 0, {}, {});
  ASSERT_TRUE(writer);
  const Status status = (*writer)->Write(*MakeBatch(schema, {Longs({1, std::nullopt})}));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::kInvalidArgument);
  EXPECT_THAT(status.error().message, HasSubstr("column v is required, but 1 of 2"));
}

TEST_F(DataFileWriterTest, ColumnsOnlyFormatV3HasAreRefusedByName) {
  const SchemaPtr schema = MakeSchema({Column(1, "v", Type::Primitive(TypeKind::kVariant))});
  const auto writer = OpenDataFile(*io_, path_, schema, 0, {}, {});
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().kind, ErrorKind::kUnsupported);
  EXPECT_THAT(writer.error().message, HasSubstr("v: type variant"));
}

// The file's storage fails: the error keeps its kind and nothing is claimed to be written.
TEST_F(DataFileWriterTest, StorageErrorsKeepTheirKind) {
  class FailingFile : public io::OutputFile {
   public:
    Status Write(std::string_view) override { return Fail(ErrorKind::kUnauthorized, "Access Denied"); }
    Status Close() override { return {}; }
    int64_t position() const override { return 0; }
  };
  class FailingIo : public io::FileIo {
   public:
    Result<std::unique_ptr<io::OutputFile>> Create(const std::string&) override {
      return std::make_unique<FailingFile>();
    }
    Result<std::unique_ptr<io::InputFile>> Open(const std::string&) override { return Fail(ErrorKind::kNotFound, "x"); }
    Result<bool> Exists(const std::string&) override { return false; }
    Status Delete(const std::string&) override { return {}; }
    Status Replace(const std::string&, std::string_view) override { return {}; }
  };
  FailingIo io;
  const SchemaPtr schema = MakeSchema({Column(1, "v", Type::Primitive(TypeKind::kLong))});
  const auto writer = OpenDataFile(io, path_, schema, 0, {}, {});
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->Write(*MakeBatch(schema, {Longs({1})})));
  const auto file = (*writer)->Close({});
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().kind, ErrorKind::kUnauthorized);
}

}  // namespace
}  // namespace frazil::parquet
