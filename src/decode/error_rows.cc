#include "decode/error_rows.h"

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/util/checked_cast.h>
#include <simdjson.h>

#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "decode/metadata_columns.h"
#include "parquet/arrow_error.h"
#include "parquet/schema_bridge.h"

namespace frazil::decode {
namespace {

using arrow::internal::checked_cast;
using iceberg::Type;
using iceberg::TypeKind;
using record::RecordBatch;
using record::RecordView;

constexpr MetadataColumn kFromRecord[] = {MetadataColumn::kTopic, MetadataColumn::kPartition, MetadataColumn::kOffset,
                                          MetadataColumn::kTimestamp, MetadataColumn::kKey};
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::string NameOf(MetadataColumn column) {
  return MetadataField(column).name.substr(std::string_view("_kafka_").size());
}

// `bytes` as valid UTF-8: each byte that begins no character becomes U+FFFD.
std::string AsText(std::string_view bytes) {
  if (simdjson::validate_utf8(bytes.data(), bytes.size())) return std::string(bytes);
  std::string text;
  while (!bytes.empty()) {
    size_t length = 1;
    while (length <= 4 && length <= bytes.size() && !simdjson::validate_utf8(bytes.data(), length)) ++length;
    const bool sound = length <= 4 && length <= bytes.size();
    text += sound ? bytes.substr(0, length) : kReplacement;
    bytes.remove_prefix(sound ? length : 1);
  }
  return text;
}

arrow::Status AppendHeaders(arrow::ListBuilder& list, std::span<const record::HeaderView> headers) {
  ARROW_RETURN_NOT_OK(list.Append());
  auto& entry = checked_cast<arrow::StructBuilder&>(*list.value_builder());
  auto& keys = checked_cast<arrow::StringBuilder&>(*entry.field_builder(0));
  auto& values = checked_cast<arrow::BinaryBuilder&>(*entry.field_builder(1));
  for (const record::HeaderView& header : headers) {
    ARROW_RETURN_NOT_OK(entry.Append());
    ARROW_RETURN_NOT_OK(keys.Append(AsText(header.key)));
    ARROW_RETURN_NOT_OK(header.value.data() ? values.Append(header.value) : values.AppendNull());
  }
  return arrow::Status::OK();
}

class ErrorRows {
 public:
  ErrorRows(const RecordBatch& batch, const std::vector<BadRecord>& bad, int64_t first_seen_ms)
      : batch_(batch), bad_(bad), first_seen_ms_(first_seen_ms), rows_(IndicesOf(bad, batch)) {}

  Result<std::shared_ptr<arrow::Array>> Column(const std::string& name, const std::shared_ptr<arrow::DataType>& type) {
    for (const MetadataColumn column : kFromRecord) {
      if (name != NameOf(column)) continue;
      FRAZIL_ASSIGN_OR_RETURN(auto data, BuildMetadataColumn(column, batch_, rows_, type));
      return arrow::MakeArray(data);
    }
    auto built = Build(name, type);
    if (!built.ok()) return parquet::ArrowError(built.status(), fmt::format("making column {} of bad records", name));
    return *std::move(built);
  }

 private:
  arrow::Result<std::shared_ptr<arrow::Array>> Build(const std::string& name,
                                                     const std::shared_ptr<arrow::DataType>& type) {
    std::unique_ptr<arrow::ArrayBuilder> builder;
    ARROW_RETURN_NOT_OK(arrow::MakeBuilder(arrow::default_memory_pool(), type, &builder));
    for (size_t i = 0; i < bad_.size(); ++i) ARROW_RETURN_NOT_OK(Append(name, i, *builder));
    std::shared_ptr<arrow::Array> array;
    ARROW_RETURN_NOT_OK(builder->Finish(&array));
    return array;
  }

  arrow::Status Append(const std::string& name, size_t i, arrow::ArrayBuilder& builder) {
    const RecordView& record = batch_.records[rows_[i]];
    if (name == "headers") {
      return AppendHeaders(checked_cast<arrow::ListBuilder&>(builder),
                           std::span(batch_.headers).subspan(record.first_header, record.header_count));
    }
    if (name == "value") {
      auto& values = checked_cast<arrow::BinaryBuilder&>(builder);
      return record.value.data() ? values.Append(record.value) : values.AppendNull();
    }
    if (name == "reason") return checked_cast<arrow::StringBuilder&>(builder).Append(AsText(bad_[i].reason));
    if (name == "first_seen") return checked_cast<arrow::TimestampBuilder&>(builder).Append(first_seen_ms_ * 1000);
    return builder.AppendNull();
  }

  const RecordBatch& batch_;
  const std::vector<BadRecord>& bad_;
  const int64_t first_seen_ms_;
  const std::vector<uint32_t> rows_;  // of the batch
};

}  // namespace

std::vector<iceberg::Field> ErrorFields() {
  std::vector<iceberg::Field> fields;
  for (const MetadataColumn column : kFromRecord) {
    fields.push_back(MetadataField(column));
    fields.back().name = NameOf(column);
  }
  const auto add = [&](const std::string& name, iceberg::TypePtr type, const std::string& doc) {
    iceberg::Field field;
    field.name = name;
    field.type = std::move(type);
    field.doc = doc;
    fields.push_back(std::move(field));
  };
  iceberg::Field key{.id = 0, .name = "key", .type = Type::Primitive(TypeKind::kString)};
  iceberg::Field value{.id = 0, .name = "value", .type = Type::Primitive(TypeKind::kBinary)};
  add("headers", Type::List(0, Type::Struct({std::move(key), std::move(value)}), /*element_required=*/false), "");
  add("value", Type::Primitive(TypeKind::kBinary), "as it was in the topic");
  add("reason", Type::Primitive(TypeKind::kString), "why it became no row");
  add("schema_id", Type::Primitive(TypeKind::kInt), "in the schema registry");
  add("first_seen", Type::Primitive(TypeKind::kTimestampTz), "when it was read");
  return fields;
}

Status CheckErrorSchema(const iceberg::Schema& schema) {
  for (const iceberg::Field& expected : ErrorFields()) {
    const auto& fields = schema.fields();
    const auto found = std::find_if(fields.begin(), fields.end(),
                                    [&](const iceberg::Field& field) { return field.name == expected.name; });
    if (found == fields.end()) {
      return Fail(ErrorKind::kInvalidArgument, "it has no column '{}'", expected.name);
    }
    if (!iceberg::SameShape(*found->type, *expected.type)) {
      return Fail(ErrorKind::kInvalidArgument, "its column '{}' is {}, expected {}", expected.name,
                  found->type->ToString(), expected.type->ToString());
    }
  }
  return {};
}

Result<std::shared_ptr<arrow::RecordBatch>> BuildErrorRows(const RecordBatch& batch, const std::vector<BadRecord>& bad,
                                                           const iceberg::Schema& schema, int64_t first_seen_ms) {
  FRAZIL_ASSIGN_OR_RETURN(const auto form, parquet::ToArrowSchema(schema));
  ErrorRows rows(batch, bad, first_seen_ms);
  arrow::ArrayVector columns;
  for (const auto& field : form->fields()) {
    FRAZIL_ASSIGN_OR_RETURN(auto column, rows.Column(field->name(), field->type()));
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(form, static_cast<int64_t>(bad.size()), std::move(columns));
}

}  // namespace frazil::decode
