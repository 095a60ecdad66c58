#include "iceberg/manifest.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "avro/container.h"
#include "iceberg/manifest_schema.h"

namespace frazil::iceberg {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int64_t kSnapshot = 8744736658442914487;

struct Column {
  TypePtr type;
  Literal low;
  Literal high;
};

// Every type a partition value can have; two of the same fixed and decimal, whose name Avro lets one define only once.
std::vector<Column> EveryColumn() {
  const auto primitive = Type::Primitive;
  const Int128 big = (Int128{1} << 120) + 7;
  return {
      {primitive(TypeKind::kBoolean), false, true},
      {primitive(TypeKind::kInt), int32_t{-5}, std::numeric_limits<int32_t>::max()},
      {primitive(TypeKind::kLong), std::numeric_limits<int64_t>::min(), int64_t{1}},
      {primitive(TypeKind::kFloat), -1.5F, std::numeric_limits<float>::infinity()},
      {primitive(TypeKind::kDouble), -0.0, 0.0},
      {Type::Decimal(9, 2), Int128{-1}, Int128{999999999}},
      {Type::Decimal(38, 10), -big, big},
      {Type::Decimal(9, 2), Int128{-128}, Int128{127}},
      {primitive(TypeKind::kDate), int32_t{-1}, int32_t{20000}},
      {primitive(TypeKind::kTime), int64_t{0}, int64_t{86399999999}},
      {primitive(TypeKind::kTimestamp), int64_t{-1}, int64_t{1767830400000000}},
      {primitive(TypeKind::kTimestampTz), int64_t{5}, int64_t{6}},
      {primitive(TypeKind::kTimestampNs), int64_t{5}, int64_t{6}},
      {primitive(TypeKind::kTimestampTzNs), int64_t{5}, int64_t{6}},
      {primitive(TypeKind::kString), std::string("Zürich"), std::string("东京")},
      {primitive(TypeKind::kUuid), std::string(16, '\x01'), std::string(16, '\xfe')},
      {primitive(TypeKind::kUuid), std::string(16, '\x02'), std::string(16, '\xfd')},
      {Type::Fixed(3), std::string("\0\0\0", 3), std::string("\xff\xff\xff")},
      {Type::Fixed(3), std::string("aaa"), std::string("zzz")},
      {primitive(TypeKind::kBinary), std::string("\0", 1), std::string("\xff")},
  };
}

ManifestContext EveryTypeContext() {
  std::vector<Field> fields;
  PartitionSpec spec;
  spec.spec_id = 3;
  const auto columns = EveryColumn();
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto id = static_cast<int32_t>(i + 1);
    fields.push_back({.id = id, .name = "c" + std::to_string(id), .type = columns[i].type});
    spec.fields.push_back({id, 1000 + id, "p." + std::to_string(id), Transform{}});
  }
  ManifestContext context;
  context.schema = std::make_shared<const Schema>(7, fields);
  context.spec = std::make_shared<const PartitionSpec>(spec);
  context.snapshot_id = kSnapshot;
  return context;
}

ManifestContext UnpartitionedContext() {
  ManifestContext context;
  context.schema = std::make_shared<const Schema>(
      0, std::vector<Field>{{.id = 1, .name = "a", .type = Type::Primitive(TypeKind::kInt)}});
  context.spec = std::make_shared<const PartitionSpec>();
  context.snapshot_id = kSnapshot;
  return context;
}

ManifestEntry Added(const ManifestContext& context, const std::string& path, std::vector<Literal> partition = {}) {
  ManifestEntry entry;
  entry.data_file.spec_id = context.spec->spec_id;
  entry.data_file.file_path = path;
  entry.data_file.partition = std::move(partition);
  entry.data_file.record_count = 10;
  entry.data_file.file_size_in_bytes = 1000;
  return entry;
}

ManifestEntry Full(const ManifestContext& context) {
  ManifestEntry entry = Added(context, "s3://bucket/full.parquet");
  entry.status = EntryStatus::kExisting;
  entry.snapshot_id = 5;
  entry.sequence_number = 3;
  entry.file_sequence_number = 4;
  DataFile& file = entry.data_file;
  file.file_format = "ORC";
  file.column_sizes = {{1, 100}, {2, 200}};
  file.value_counts = {{1, 10}};
  file.null_value_counts = {{1, 0}};
  file.nan_value_counts = {{2, 1}};
  file.lower_bounds = {{1, std::string("\0\0\0\0", 4)}, {2, "a"}};
  file.upper_bounds = {{1, "\xff\xff\xff\x7f"}, {2, "b"}};
  file.key_metadata = std::string("\0key", 4);
  file.split_offsets = {4, 134217732};
  file.sort_order_id = 0;
  return entry;
}

void ExpectSameFile(const DataFile& a, const DataFile& b) {
  EXPECT_EQ(a.content, b.content);
  EXPECT_EQ(a.file_path, b.file_path);
  EXPECT_EQ(a.file_format, b.file_format);
  EXPECT_EQ(a.spec_id, b.spec_id);
  EXPECT_TRUE(a.partition == b.partition);
  EXPECT_EQ(a.record_count, b.record_count);
  EXPECT_EQ(a.file_size_in_bytes, b.file_size_in_bytes);
  EXPECT_EQ(a.column_sizes, b.column_sizes);
  EXPECT_EQ(a.value_counts, b.value_counts);
  EXPECT_EQ(a.null_value_counts, b.null_value_counts);
  EXPECT_EQ(a.nan_value_counts, b.nan_value_counts);
  EXPECT_EQ(a.lower_bounds, b.lower_bounds);
  EXPECT_EQ(a.upper_bounds, b.upper_bounds);
  EXPECT_EQ(a.key_metadata, b.key_metadata);
  EXPECT_EQ(a.split_offsets, b.split_offsets);
  EXPECT_EQ(a.equality_ids, b.equality_ids);
  EXPECT_EQ(a.sort_order_id, b.sort_order_id);
  EXPECT_EQ(a.first_row_id, b.first_row_id);
  EXPECT_EQ(a.referenced_data_file, b.referenced_data_file);
  EXPECT_EQ(a.content_offset, b.content_offset);
  EXPECT_EQ(a.content_size_in_bytes, b.content_size_in_bytes);
}

std::vector<ManifestEntry> ReadBack(const WrittenManifest& written) {
  auto entries = ReadManifest(written.bytes, written.file);
  EXPECT_TRUE(entries.has_value()) << (entries ? "" : entries.error().message);
  return std::move(entries).value_or(std::vector<ManifestEntry>());
}

std::string ErrorOf(const Result<WrittenManifest>& written) { return written ? "written" : written.error().message; }

TEST(Manifest, EveryFieldComesBackUnderEveryCodec) {
  for (const char* codec : {"gzip", "zstd", "snappy", "uncompressed"}) {
    ManifestContext context = UnpartitionedContext();
    context.codec = codec;
    const ManifestEntry full = Full(context);
    const auto written = WriteManifest(context, {full, Added(context, "s3://bucket/bare.parquet")});
    ASSERT_TRUE(written.has_value()) << written.error().message;
    EXPECT_EQ(written->file.manifest_length, static_cast<int64_t>(written->bytes.size()));
    const auto entries = ReadBack(*written);
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[0].status, EntryStatus::kExisting);
    EXPECT_EQ(entries[0].snapshot_id, 5);
    EXPECT_EQ(entries[0].sequence_number, 3);
    EXPECT_EQ(entries[0].file_sequence_number, 4);
    ExpectSameFile(entries[0].data_file, full.data_file);
    EXPECT_EQ(entries[1].status, EntryStatus::kAdded);
    EXPECT_EQ(entries[1].snapshot_id, kSnapshot);
    EXPECT_EQ(entries[1].sequence_number, std::nullopt) << "the commit has not given it one yet";
    ExpectSameFile(entries[1].data_file, Added(context, "s3://bucket/bare.parquet").data_file);
  }
}

TEST(Manifest, PartitionValuesOfEveryTypeComeBackWithTheirBounds) {
  const ManifestContext context = EveryTypeContext();
  std::vector<Literal> low;
  std::vector<Literal> high;
  const std::vector<Column> columns = EveryColumn();
  for (const Column& column : columns) {
    low.push_back(column.low);
    high.push_back(column.high);
  }
  const std::vector<Literal> nulls(low.size());
  const auto written =
      WriteManifest(context, {Added(context, "high", high), Added(context, "null", nulls), Added(context, "low", low)});
  ASSERT_TRUE(written.has_value()) << written.error().message;
  const auto entries = ReadBack(*written);
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_TRUE(entries[0].data_file.partition == high);
  EXPECT_TRUE(entries[1].data_file.partition == nulls);
  EXPECT_TRUE(entries[2].data_file.partition == low);
  ASSERT_EQ(written->file.partitions.size(), low.size());
  for (size_t i = 0; i < low.size(); ++i) {
    const FieldSummary& summary = written->file.partitions[i];
    const Type& type = *columns[i].type;
    EXPECT_TRUE(summary.contains_null);
    EXPECT_EQ(summary.lower_bound, ToBytes(type, low[i])) << type.ToString();
    EXPECT_EQ(summary.upper_bound, ToBytes(type, high[i])) << type.ToString();
    const bool floating = type.kind() == TypeKind::kFloat || type.kind() == TypeKind::kDouble;
    EXPECT_EQ(summary.contains_nan, floating ? std::optional(false) : std::nullopt) << type.ToString();
  }
}

TEST(Manifest, NanIsCountedAndNeverABound) {
  ManifestContext context = UnpartitionedContext();
  context.schema = std::make_shared<const Schema>(
      0, std::vector<Field>{{.id = 1, .name = "a", .type = Type::Primitive(TypeKind::kDouble)}});
  context.spec = std::make_shared<const PartitionSpec>(PartitionSpec{0, {{1, 1000, "a", Transform{}}}});
  const auto only_nan = WriteManifest(context, {Added(context, "f", {std::nan("")})});
  ASSERT_TRUE(only_nan.has_value());
  EXPECT_EQ(only_nan->file.partitions[0].contains_nan, true);
  EXPECT_FALSE(only_nan->file.partitions[0].contains_null);
  EXPECT_EQ(only_nan->file.partitions[0].lower_bound, std::nullopt);
  EXPECT_TRUE(std::isnan(std::get<double>(ReadBack(*only_nan)[0].data_file.partition[0])));
  const auto mixed = WriteManifest(context, {Added(context, "f", {std::nan("")}), Added(context, "g", {2.0})});
  EXPECT_EQ(mixed->file.partitions[0].lower_bound, ToBytes(*Type::Primitive(TypeKind::kDouble), 2.0));
  EXPECT_EQ(mixed->file.partitions[0].upper_bound, ToBytes(*Type::Primitive(TypeKind::kDouble), 2.0));
}

TEST(Manifest, CountsAndSmallestSequenceNumber) {
  const ManifestContext context = UnpartitionedContext();
  ManifestEntry existing = Full(context);
  ManifestEntry deleted = Full(context);
  deleted.status = EntryStatus::kDeleted;
  deleted.sequence_number = 1;
  deleted.data_file.record_count = 7;
  const auto mixed = WriteManifest(context, {Added(context, "a"), Added(context, "b"), existing, deleted});
  ASSERT_TRUE(mixed.has_value()) << mixed.error().message;
  EXPECT_EQ(mixed->file.added_files_count, 2);
  EXPECT_EQ(mixed->file.added_rows_count, 20);
  EXPECT_EQ(mixed->file.existing_files_count, 1);
  EXPECT_EQ(mixed->file.existing_rows_count, 10);
  EXPECT_EQ(mixed->file.deleted_files_count, 1);
  EXPECT_EQ(mixed->file.deleted_rows_count, 7);
  EXPECT_EQ(mixed->file.sequence_number, kUnassignedSequence);
  EXPECT_EQ(mixed->file.min_sequence_number, 3) << "the deleted entry's 1 does not count";
  EXPECT_EQ(mixed->file.added_snapshot_id, kSnapshot);
  const auto fresh = WriteManifest(context, {Added(context, "a")});
  EXPECT_EQ(fresh->file.min_sequence_number, kUnassignedSequence);
}

TEST(Manifest, HeaderIsWhatTheSpecAsks) {
  ManifestContext context = EveryTypeContext();
  context.content = ManifestContent::kDeletes;
  const auto written = WriteManifest(context, {});
  ASSERT_TRUE(written.has_value()) << written.error().message;
  const auto file = avro::ContainerReader::Open(written->bytes);
  ASSERT_TRUE(file.has_value());
  const auto& metadata = file->metadata();
  EXPECT_EQ(metadata.at("avro.codec"), "deflate");
  EXPECT_EQ(metadata.at("content"), "deletes");
  EXPECT_EQ(metadata.at("format-version"), "2");
  EXPECT_EQ(metadata.at("schema-id"), "7");
  EXPECT_EQ(metadata.at("partition-spec-id"), "3");
  EXPECT_EQ(json::parse(metadata.at("schema"))["schema-id"], 7);
  EXPECT_EQ(json::parse(metadata.at("partition-spec")), FieldsToJson(*context.spec));

  const json schema = json::parse(metadata.at("avro.schema"));
  EXPECT_EQ(schema["name"], "manifest_entry");
  std::vector<int> entry_ids;
  for (const json& field : schema["fields"]) entry_ids.push_back(field["field-id"]);
  EXPECT_THAT(entry_ids, ElementsAre(0, 1, 3, 4, 2));
  const json& data_file = schema["fields"][4]["type"];
  EXPECT_EQ(data_file["name"], "r2");
  std::vector<int> file_ids;
  for (const json& field : data_file["fields"]) file_ids.push_back(field["field-id"]);
  EXPECT_THAT(file_ids,
              ElementsAre(134, 100, 101, 102, 103, 104, 108, 109, 110, 137, 125, 128, 131, 132, 135, 140, 143));
  EXPECT_EQ(data_file["fields"][6], json::parse(R"({"name": "column_sizes", "default": null, "field-id": 108,
    "type": ["null", {"type": "array", "logicalType": "map", "items": {"type": "record", "name": "k117_v118", "fields": [
      {"name": "key", "type": "int", "field-id": 117}, {"name": "value", "type": "long", "field-id": 118}]}}]})"));
  EXPECT_EQ(data_file["fields"][13], json::parse(R"({"name": "split_offsets", "default": null, "field-id": 132,
    "type": ["null", {"type": "array", "items": "long", "element-id": 133}]})"));
  const json& partition = data_file["fields"][3]["type"];
  EXPECT_EQ(partition["name"], "r102");
  const auto expect_field = [&](int column, const char* type) {
    json expected = json::parse(R"({"default": null})");
    expected["name"] = "p_x2E" + std::to_string(column);
    expected["iceberg-field-name"] = "p." + std::to_string(column);
    expected["field-id"] = 1000 + column;
    expected["type"] = {"null", json::parse(type)};
    EXPECT_EQ(partition["fields"][column - 1], expected);
  };
  expect_field(6, R"({"type": "fixed", "name": "decimal_9_2", "size": 4, "logicalType": "decimal", "precision": 9,
                      "scale": 2})");
  expect_field(7, R"({"type": "fixed", "name": "decimal_38_10", "size": 16, "logicalType": "decimal", "precision": 38,
                      "scale": 10})");
  expect_field(8, R"({"type": "fixed", "name": "decimal_9_2_1008", "size": 4, "logicalType": "decimal", "precision": 9,
                      "scale": 2})");
  expect_field(9, R"({"type": "int", "logicalType": "date"})");
  expect_field(10, R"({"type": "long", "logicalType": "time-micros"})");
  expect_field(11, R"({"type": "long", "logicalType": "timestamp-micros", "adjust-to-utc": false})");
  expect_field(12, R"({"type": "long", "logicalType": "timestamp-micros", "adjust-to-utc": true})");
  expect_field(14, R"({"type": "long", "logicalType": "timestamp-nanos", "adjust-to-utc": true})");
  expect_field(16, R"({"type": "fixed", "name": "uuid_fixed", "size": 16, "logicalType": "uuid"})");
  expect_field(17, R"({"type": "fixed", "name": "uuid_fixed_1017", "size": 16, "logicalType": "uuid"})");
  expect_field(18, R"({"type": "fixed", "name": "fixed_3", "size": 3})");
  expect_field(19, R"({"type": "fixed", "name": "fixed_3_1019", "size": 3})");
}

TEST(Manifest, NamesBecomeAvroNames) {
  EXPECT_EQ(AvroName("city_2"), "city_2");
  EXPECT_EQ(AvroName("a.b-c"), "a_x2Eb_x2Dc");
  EXPECT_EQ(AvroName("9lives"), "_9lives");
  EXPECT_EQ(AvroName("größe"), "gr_xF6_xDFe");
  EXPECT_EQ(AvroName("☃"), "_x2603");
  EXPECT_EQ(AvroName("😎"), "_x1F60E");
  EXPECT_EQ(AvroName("\xff"), "_x7");
  EXPECT_EQ(AvroName(""), "_");
}

TEST(Manifest, NamesThatCollideStayApart) {
  ManifestContext context = UnpartitionedContext();
  context.spec = std::make_shared<const PartitionSpec>(
      PartitionSpec{0, {{1, 1000, "a.b", Transform{}}, {1, 1001, "a_x2Eb", Transform{}}}});
  const auto written = WriteManifest(context, {Added(context, "f", {int32_t{1}, int32_t{2}})});
  ASSERT_TRUE(written.has_value()) << written.error().message;
  EXPECT_TRUE(ReadBack(*written)[0].data_file.partition == (std::vector<Literal>{int32_t{1}, int32_t{2}}));
}

TEST(Manifest, ASourceThatIsGoneTakesOnlyNull) {
  ManifestContext context = UnpartitionedContext();
  context.spec = std::make_shared<const PartitionSpec>(
      PartitionSpec{0, {{99, 1000, "gone", Transform::Parse("void")}, {1, 1001, "a", Transform{}}}});
  const auto written = WriteManifest(context, {Added(context, "f", {Literal(), int32_t{2}})});
  ASSERT_TRUE(written.has_value()) << written.error().message;
  EXPECT_TRUE(ReadBack(*written)[0].data_file.partition == (std::vector<Literal>{Literal(), int32_t{2}}));
  EXPECT_THAT(ErrorOf(WriteManifest(context, {Added(context, "f", {int32_t{1}, int32_t{2}})})),
              HasSubstr("manifest entry of f: partition field \"gone\": the value is not of type unknown"));
}

TEST(Manifest, ValuesGrowWithTheColumnsPromotion) {
  ManifestContext context = UnpartitionedContext();
  context.schema = std::make_shared<const Schema>(
      1, std::vector<Field>{{.id = 1, .name = "a", .type = Type::Primitive(TypeKind::kLong)},
                            {.id = 2, .name = "b", .type = Type::Primitive(TypeKind::kDouble)}});
  context.spec = std::make_shared<const PartitionSpec>(
      PartitionSpec{0, {{1, 1000, "a", Transform{}}, {2, 1001, "b", Transform{}}}});
  const auto written = WriteManifest(context, {Added(context, "f", {int32_t{-7}, 1.5F})});
  ASSERT_TRUE(written.has_value()) << written.error().message;
  EXPECT_TRUE(ReadBack(*written)[0].data_file.partition == (std::vector<Literal>{int64_t{-7}, 1.5}));
}

TEST(Manifest, EntriesThatBreakTheRulesAreRefused) {
  const ManifestContext context = UnpartitionedContext();
  const auto refused = [&](auto change) {
    ManifestEntry entry = Full(context);
    change(entry);
    const auto written = WriteManifest(context, {entry});
    EXPECT_TRUE(!written && written.error().kind == ErrorKind::kInvalidArgument);
    return ErrorOf(written);
  };
  EXPECT_THAT(refused([](auto& e) { e.data_file.spec_id = 1; }), HasSubstr("spec 1"));
  EXPECT_THAT(refused([](auto& e) { e.data_file.content = FileContent::kEqualityDeletes; }), HasSubstr("share"));
  EXPECT_THAT(refused([](auto& e) { e.data_file.first_row_id = 1; }), HasSubstr("version 3"));
  EXPECT_THAT(refused([](auto& e) { e.data_file.partition = {int32_t{1}}; }), HasSubstr("1 partition values"));
  EXPECT_THAT(refused([](auto& e) { e.sequence_number.reset(); }), HasSubstr("both of its sequence numbers"));
  EXPECT_THAT(refused([](auto& e) { e.file_sequence_number.reset(); }), HasSubstr("both of its sequence numbers"));
  EXPECT_THAT(refused([](auto& e) { e.snapshot_id.reset(); }), HasSubstr("snapshot id"));
  EXPECT_THAT(refused([](auto& e) { e.status = EntryStatus::kAdded; }), HasSubstr("another commit"));

  const ManifestContext typed = EveryTypeContext();
  for (size_t i = 0; i < typed.spec->fields.size(); ++i) {
    std::vector<Literal> values(typed.spec->fields.size());
    values[i] = i == 0 ? Literal(std::string("x")) : Literal(true);
    EXPECT_THAT(ErrorOf(WriteManifest(typed, {Added(typed, "f", values)})), HasSubstr("the value is not of type"));
  }
  ManifestContext wrong = context;
  wrong.format_version = 1;
  EXPECT_THAT(ErrorOf(WriteManifest(wrong, {})), HasSubstr("not 1"));
  wrong = context;
  wrong.codec = "lz4";
  EXPECT_THAT(ErrorOf(WriteManifest(wrong, {})), HasSubstr("lz4"));
}

TEST(Manifest, NumbersAreInheritedFromTheList) {
  const ManifestContext context = UnpartitionedContext();
  const auto written = WriteManifest(context, {Added(context, "a"), Full(context)});
  ManifestFile file = written->file;
  file.sequence_number = 9;
  auto entries = *ReadManifest(written->bytes, file);
  EXPECT_EQ(entries[0].sequence_number, 9);
  EXPECT_EQ(entries[0].file_sequence_number, 9);
  EXPECT_EQ(entries[1].sequence_number, 3);
  EXPECT_EQ(entries[1].file_sequence_number, 4);
}

TEST(Manifest, RowIdsOfVersion3AreInheritedInOrder) {
  ManifestContext context = UnpartitionedContext();
  context.format_version = 3;
  ManifestEntry kept = Full(context);
  kept.data_file.first_row_id = 17;
  ManifestEntry gone = Full(context);
  gone.status = EntryStatus::kDeleted;
  const auto written = WriteManifest(context, {Added(context, "a"), kept, gone, Added(context, "b")});
  ASSERT_TRUE(written.has_value()) << written.error().message;
  ManifestFile file = written->file;
  file.first_row_id = 1000;
  const auto entries = *ReadManifest(written->bytes, file);
  EXPECT_EQ(entries[0].data_file.first_row_id, 1000);
  EXPECT_EQ(entries[1].data_file.first_row_id, 17);
  EXPECT_EQ(entries[2].data_file.first_row_id, std::nullopt);
  EXPECT_EQ(entries[3].data_file.first_row_id, 1010);
  file.first_row_id = std::numeric_limits<int64_t>::max();
  const auto overflow = ReadManifest(written->bytes, file);
  ASSERT_FALSE(overflow.has_value());
  EXPECT_THAT(overflow.error().message, HasSubstr("row ids do not fit"));
}

TEST(Manifest, DeletionVectorsOfVersion3ComeBack) {
  ManifestContext context = UnpartitionedContext();
  context.format_version = 3;
  context.content = ManifestContent::kDeletes;
  ManifestEntry entry = Added(context, "dv.puffin");
  entry.data_file.content = FileContent::kPositionDeletes;
  entry.data_file.file_format = "PUFFIN";
  entry.data_file.referenced_data_file = "data.parquet";
  entry.data_file.content_offset = 4;
  entry.data_file.content_size_in_bytes = 40;
  const auto written = WriteManifest(context, {entry});
  ASSERT_TRUE(written.has_value()) << written.error().message;
  ExpectSameFile(ReadBack(*written)[0].data_file, entry.data_file);
}

TEST(Manifest, ManyEntriesSpanBlocks) {
  const ManifestContext context = UnpartitionedContext();
  std::vector<ManifestEntry> entries;
  entries.reserve(20000);
  for (int i = 0; i < 20000; ++i) entries.push_back(Added(context, "file-" + std::to_string(i)));
  const auto read = ReadBack(*WriteManifest(context, entries));
  ASSERT_EQ(read.size(), entries.size());
  for (size_t i = 0; i < read.size(); ++i) EXPECT_EQ(read[i].data_file.file_path, entries[i].data_file.file_path);
}

TEST(Manifest, DamageIsHarmlessAndCutsAreFound) {
  ManifestContext context = EveryTypeContext();
  context.codec = "uncompressed";
  std::vector<Literal> values;
  for (const Column& column : EveryColumn()) values.push_back(column.high);
  const auto written = WriteManifest(context, {Added(context, "a", values), Added(context, "b", values)});
  for (size_t at = 0; at < written->bytes.size(); ++at) {
    std::string damaged = written->bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ (at % 3 == 0 ? 0x80 : 0x15));
    (void)ReadManifest(damaged, written->file);
    const auto cut = ReadManifest(std::string_view(written->bytes).substr(0, at), written->file);
    EXPECT_TRUE(!cut || cut->empty()) << "cut at byte " << at;
  }
}

std::string ReadErrorOf(std::string_view schema, const avro::ContainerMetadata& metadata, std::string_view object) {
  avro::ContainerWriter writer(schema, metadata, {});
  EXPECT_TRUE(writer.Append(object).has_value());
  ManifestFile file;
  file.manifest_path = "m.avro";
  const auto read = ReadManifest(*writer.Finish(), file);
  return read ? "read" : read.error().message;
}

TEST(Manifest, ForeignFilesAreNamed) {
  EXPECT_EQ(ReadErrorOf("\"long\"", {}, std::string(1, '\0')),
            "manifest m.avro: the Avro schema's long  lacks the field with id 0");
  EXPECT_THAT(ReadErrorOf("\"long\"", {{"format-version", "4"}}, "?"), HasSubstr("version 4 is newer"));
  EXPECT_THAT(ReadErrorOf("\"long\"", {{"format-version", "x"}}, "?"), HasSubstr("no version"));
  const std::string entry = *ManifestEntryAvroSchema(2, *Type::Struct({}));
  EXPECT_THAT(ReadErrorOf(entry, {}, std::string("\x0a\0\0\0", 4)), HasSubstr("status 5 is unknown at byte 1"));
  EXPECT_THAT(ReadErrorOf(entry, {}, std::string("\x00\0\0\0\x06", 5)), HasSubstr("content 3 is unknown"));
  EXPECT_THAT(ReadErrorOf(entry, {{"partition-spec", "{"}}, "?"), HasSubstr("partition fields"));
  EXPECT_THAT(ReadErrorOf(entry, {{"partition-spec", std::string(100000, '[')}}, "?"), HasSubstr("nested deeper"));
}

TEST(Manifest, NumbersThatWouldNotAddUpAreRefused) {
  const ManifestContext context = UnpartitionedContext();
  const auto read = [&](const ManifestEntry& entry) {
    const auto written = WriteManifest(context, {entry});
    EXPECT_TRUE(written.has_value());
    const auto entries = ReadManifest(written->bytes, written->file);
    return entries ? "read" : entries.error().message;
  };
  ManifestEntry entry = Added(context, "a");
  EXPECT_EQ(read(entry), "read");
  entry.data_file.record_count = std::numeric_limits<int64_t>::max();
  EXPECT_THAT(read(entry), HasSubstr("record_count is 9223372036854775807"));
  entry.data_file.record_count = 1;
  entry.data_file.file_size_in_bytes = std::numeric_limits<int64_t>::max();
  EXPECT_THAT(read(entry), HasSubstr("file_size_in_bytes is 9223372036854775807"));
  entry.data_file.file_size_in_bytes = -1;
  EXPECT_THAT(read(entry), HasSubstr("file_size_in_bytes is -1"));
}

}  // namespace
}  // namespace frazil::iceberg
