#include "decode/metadata_columns.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decode/json_test_support.h"

namespace frazil::decode {
namespace {

using iceberg::Type;
using iceberg::TypeKind;
using testing::HasSubstr;

constexpr MetadataColumn kAll[] = {MetadataColumn::kTopic,     MetadataColumn::kPartition, MetadataColumn::kOffset,
                                   MetadataColumn::kTimestamp, MetadataColumn::kKey,       MetadataColumn::kHeaders};

DecoderOptions AllMetadata() {
  DecoderOptions options;
  options.metadata.assign(std::begin(kAll), std::end(kAll));
  return options;
}

record::RecordBatch Batch() {
  auto batch = JsonBatch({R"({"v":1})", std::nullopt, "bad", R"({"v":2})"}, 7);
  batch.headers = {{"a", "1"}, {"b", {}}, {"a", "2"}};
  batch.records[0].key = "k";
  batch.records[0].first_header = 0;
  batch.records[0].header_count = 3;
  batch.records[3].timestamp_ms = -1;
  return batch;
}

DecoderOptions With(std::vector<MetadataColumn> metadata, bool add_columns = true) {
  DecoderOptions options;
  options.add_columns = add_columns;
  options.metadata = std::move(metadata);
  return options;
}

TEST(MetadataColumnsTest, FillsTheRowsOfGoodRecords) {
  std::vector<iceberg::Field> fields = {Optional("v", Type::Primitive(TypeKind::kLong))};
  for (const MetadataColumn column : kAll) fields.insert(fields.end() - 1, MetadataField(column));
  auto decoder = MakeJsonDecoder({MakeSchema(fields)}, AllMetadata());
  ASSERT_TRUE(decoder) << decoder.error().message;
  const auto decoded = (*decoder)->Decode(Batch());
  ASSERT_TRUE(decoded && decoded->rows);
  ASSERT_TRUE(decoded->rows->ValidateFull().ok());
  const auto at = [&](int column, int64_t row) {
    return decoded->rows->column(column)->GetScalar(row).ValueOrDie()->ToString();
  };
  ASSERT_EQ(decoded->rows->num_rows(), 2);
  EXPECT_EQ(at(0, 0), "t");
  EXPECT_EQ(at(1, 1), "3");
  EXPECT_EQ(at(2, 0), "7");
  EXPECT_EQ(at(2, 1), "10");
  EXPECT_EQ(at(3, 0), "2023-11-14 22:13:20.007000Z");
  EXPECT_EQ(at(3, 1), "null");
  EXPECT_EQ(at(4, 0), "k");
  EXPECT_EQ(at(4, 1), "null");
  EXPECT_EQ(at(6, 1), "2");
  const auto& headers = static_cast<const arrow::MapArray&>(*decoded->rows->column(5));
  EXPECT_EQ(headers.value_length(0), 2);
  EXPECT_EQ(headers.value_length(1), 0);
  EXPECT_EQ(static_cast<const arrow::StringArray&>(*headers.keys()).GetView(1), "a");
  EXPECT_EQ(static_cast<const arrow::BinaryArray&>(*headers.items()).GetView(1), "2");
  EXPECT_TRUE(headers.items()->IsNull(0));
}

TEST(MetadataColumnsTest, AreAskedForBeforeThePayloadsColumns) {
  auto decoder = MakeJsonDecoder({MakeSchema({})}, AllMetadata());
  ASSERT_TRUE(decoder);
  const auto decoded = (*decoder)->Decode(Batch());
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->growth.additions.size(), 7u);
  EXPECT_EQ(decoded->growth.additions[0].field.name, "_kafka_topic");
  EXPECT_EQ(decoded->growth.additions[6].field.name, "v");
}

TEST(MetadataColumnsTest, AreNoFieldsOfThePayload) {
  auto decoder =
      MakeJsonDecoder({MakeSchema({MetadataField(MetadataColumn::kOffset)})}, With({MetadataColumn::kOffset}));
  const auto decoded = (*decoder)->Decode(JsonBatch({R"({"_kafka_offset":5})", R"({"_kafka_offset":null})"}));
  ASSERT_EQ(decoded->bad.size(), 1u);
  EXPECT_THAT(decoded->bad[0].reason, HasSubstr("metadata column"));
  EXPECT_EQ(decoded->rows->num_rows(), 1);
}

TEST(MetadataColumnsTest, MustFitTheTable) {
  const std::vector<MetadataColumn> offset = {MetadataColumn::kOffset};
  const auto text = MakeSchema({Optional("_kafka_offset", Type::Primitive(TypeKind::kString))});
  EXPECT_THAT(MakeJsonDecoder({text}, With(offset)).error().message, HasSubstr("is string"));
  EXPECT_THAT(MakeJsonDecoder({MakeSchema({})}, With(offset, false)).error().message, HasSubstr("strict mode"));
}

TEST(MetadataColumnsTest, ReadsTheirNames) {
  EXPECT_EQ(ParseMetadataColumn("headers").value(), MetadataColumn::kHeaders);
  EXPECT_THAT(ParseMetadataColumn("ofset").error().message, HasSubstr("offset"));
}

TEST(MetadataColumnsTest, WantTextAsHeaderKeys) {
  auto decoder =
      MakeJsonDecoder({MakeSchema({MetadataField(MetadataColumn::kHeaders)})}, With({MetadataColumn::kHeaders}));
  auto batch = JsonBatch({"{}"});
  batch.headers = {{"\xff", "1"}};
  batch.records[0].header_count = 1;
  const auto decoded = (*decoder)->Decode(batch);
  ASSERT_EQ(decoded->bad.size(), 1u);
  EXPECT_THAT(decoded->bad[0].reason, HasSubstr("UTF-8"));
}

}  // namespace
}  // namespace frazil::decode
