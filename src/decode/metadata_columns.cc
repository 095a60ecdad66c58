#include "decode/metadata_columns.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/util/checked_cast.h>

#include <array>
#include <span>
#include <string_view>

#include "common/text/nearest_word.h"
#include "parquet/arrow_error.h"

namespace frazil::decode {
namespace {

using iceberg::Type;
using iceberg::TypeKind;
using record::RecordBatch;
using record::RecordView;

constexpr std::array<std::string_view, 6> kNames = {"topic", "partition", "offset", "timestamp", "key", "headers"};

template <class Builder, class Append>
arrow::Status Fill(arrow::ArrayBuilder& builder, const RecordBatch& batch, const std::vector<uint32_t>& rows,
                   Append append) {
  ARROW_RETURN_NOT_OK(builder.Reserve(static_cast<int64_t>(rows.size())));
  auto& typed = arrow::internal::checked_cast<Builder&>(builder);
  for (const uint32_t row : rows) ARROW_RETURN_NOT_OK(append(typed, batch.records[row]));
  return arrow::Status::OK();
}

arrow::Status AppendHeaders(arrow::MapBuilder& builder, std::span<const record::HeaderView> headers) {
  ARROW_RETURN_NOT_OK(builder.Append());
  auto& keys = arrow::internal::checked_cast<arrow::StringBuilder&>(*builder.key_builder());
  auto& values = arrow::internal::checked_cast<arrow::BinaryBuilder&>(*builder.item_builder());
  for (size_t i = 0; i < headers.size(); ++i) {
    bool later = false;
    for (size_t j = i + 1; j < headers.size() && !later; ++j) later = headers[j].key == headers[i].key;
    if (later) continue;
    ARROW_RETURN_NOT_OK(keys.Append(headers[i].key));
    const std::string_view value = headers[i].value;
    ARROW_RETURN_NOT_OK(value.data() ? values.Append(value) : values.AppendNull());
  }
  return arrow::Status::OK();
}

arrow::Status Build(MetadataColumn column, const RecordBatch& batch, const std::vector<uint32_t>& rows,
                    arrow::ArrayBuilder& builder) {
  switch (column) {
    case MetadataColumn::kTopic:
      return Fill<arrow::StringBuilder>(builder, batch, rows,
                                        [&](auto& to, const RecordView&) { return to.Append(batch.source.topic); });
    case MetadataColumn::kPartition:
      return Fill<arrow::Int32Builder>(builder, batch, rows,
                                       [&](auto& to, const RecordView&) { return to.Append(batch.source.partition); });
    case MetadataColumn::kOffset:
      return Fill<arrow::Int64Builder>(builder, batch, rows,
                                       [](auto& to, const RecordView& record) { return to.Append(record.offset); });
    case MetadataColumn::kTimestamp:
      return Fill<arrow::TimestampBuilder>(builder, batch, rows, [](auto& to, const RecordView& record) {
        constexpr int64_t kMicrosPerMilli = 1000;
        int64_t micros = 0;
        const bool none =
            record.timestamp_ms < 0 || __builtin_mul_overflow(record.timestamp_ms, kMicrosPerMilli, &micros);
        return none ? to.AppendNull() : to.Append(micros);
      });
    case MetadataColumn::kKey:
      return Fill<arrow::BinaryBuilder>(builder, batch, rows, [](auto& to, const RecordView& record) {
        return record.key.data() ? to.Append(record.key) : to.AppendNull();
      });
    case MetadataColumn::kHeaders:
      break;
  }
  return Fill<arrow::MapBuilder>(builder, batch, rows, [&](auto& to, const RecordView& record) {
    return AppendHeaders(to, std::span(batch.headers).subspan(record.first_header, record.header_count));
  });
}

}  // namespace

iceberg::Field MetadataField(MetadataColumn column) {
  iceberg::Field field;
  field.name = "_kafka_" + std::string(kNames[static_cast<size_t>(column)]);
  switch (column) {
    case MetadataColumn::kTopic:
      field.type = Type::Primitive(TypeKind::kString);
      break;
    case MetadataColumn::kPartition:
      field.type = Type::Primitive(TypeKind::kInt);
      break;
    case MetadataColumn::kOffset:
      field.type = Type::Primitive(TypeKind::kLong);
      break;
    case MetadataColumn::kTimestamp:
      field.type = Type::Primitive(TypeKind::kTimestampTz);
      break;
    case MetadataColumn::kKey:
      field.type = Type::Primitive(TypeKind::kBinary);
      break;
    case MetadataColumn::kHeaders:
      field.type = Type::Map(0, Type::Primitive(TypeKind::kString), 0, Type::Primitive(TypeKind::kBinary),
                             /*value_required=*/false);
      break;
  }
  return field;
}

std::vector<iceberg::Field> FilledFields(const DecoderOptions& options) {
  std::vector<iceberg::Field> fields;
  for (const MetadataColumn column : options.metadata) fields.push_back(MetadataField(column));
  if (options.on_unknown_field == OnUnknownField::kColumn) {
    iceberg::Field rest;
    rest.name = options.unknown_fields_column;
    rest.type = iceberg::Type::Primitive(iceberg::TypeKind::kString);
    fields.push_back(std::move(rest));
  }
  return fields;
}

Result<MetadataColumn> ParseMetadataColumn(const std::string& name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (name == kNames[i]) return static_cast<MetadataColumn>(i);
  }
  return Fail(ErrorKind::kInvalidArgument,
              "metadata column '{}' is not known: topic, partition, offset, timestamp, key and headers are{}", name,
              DidYouMean(name, kNames));
}

Result<std::shared_ptr<arrow::ArrayData>> BuildMetadataColumn(MetadataColumn column, const RecordBatch& batch,
                                                              const std::vector<uint32_t>& rows,
                                                              const std::shared_ptr<arrow::DataType>& type) {
  std::unique_ptr<arrow::ArrayBuilder> builder;
  std::shared_ptr<arrow::Array> array;
  arrow::Status status = arrow::MakeBuilder(arrow::default_memory_pool(), type, &builder);
  if (status.ok()) status = Build(column, batch, rows, *builder);
  if (status.ok()) status = builder->Finish(&array);
  if (!status.ok()) {
    return parquet::ArrowError(status, fmt::format("making column {}", MetadataField(column).name));
  }
  return array->data();
}

}  // namespace frazil::decode
