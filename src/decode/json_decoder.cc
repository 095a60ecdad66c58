// The JSON decoder: judges each record as if it came alone, after all good records before it.
//
// A batch whose fields all have columns becomes rows in one pass. When a good record brings a field without a column,
// the column joins the tree in hand and judging goes on, so that later records of the batch are held against it; at the
// end the rows are dropped, for the table has no such column yet, and the caller gets the additions.
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <limits>
#include <new>
#include <optional>
#include <stdexcept>
#include <utility>

#include "common/out_of_memory.h"
#include "common/shown.h"
#include "decode/column.h"
#include "decode/decoder.h"
#include "decode/json_growth.h"
#include "decode/json_input.h"
#include "decode/json_reason.h"
#include "decode/json_rows.h"
#include "decode/metadata_columns.h"
#include "parquet/schema_bridge.h"

namespace frazil::decode {
namespace {

using record::RecordBatch;
using record::RecordView;

// It may repeat names of the record and of the table's types, and goes into a log, a header or a row.
constexpr size_t kLongestReason = 4 << 10;

// How a table's columns are filled.
struct Layout {
  std::shared_ptr<arrow::Schema> schema;
  std::vector<std::optional<MetadataColumn>> sources;  // one a column; empty: the next field of `payload`
  iceberg::Field payload;                              // a struct of all columns that come from the JSON object
  std::vector<MetadataColumn> missing;                 // asked for, and not in the table yet
  std::vector<std::string> reserved;                   // names of metadata columns
  int64_t columns = 0;                                 // plain ones, the missing ones included
};

class JsonDecoder : public Decoder {
 public:
  JsonDecoder(Layout layout, const DecoderOptions& options)
      : layout_(std::move(layout)),
        check_headers_(std::count(options.metadata.begin(), options.metadata.end(), MetadataColumn::kHeaders) > 0),
        max_columns_(options.max_columns),
        rows_({options.add_columns, layout_.reserved}),
        growth_(options.infer_time, layout_.reserved) {
    Restart();
  }

  Result<Decoded> Decode(const RecordBatch& batch) override {
    // Arrow's offsets of strings and lists are 32 bits wide.
    if (batch.byte_count > static_cast<size_t>(std::numeric_limits<int32_t>::max())) {
      return Fail(
          ErrorKind::kInvalidArgument,
          "records {} to {} of {}-{} are {} bytes, too many to decode at once: 2 GiB is the most; fetch less at "
          "a time",
          batch.first, batch.next, batch.source.topic, batch.source.partition, batch.byte_count);
    }
    try {
      if (root_ == nullptr) Restart();
      auto decoded = DecodeBatch(batch);
      // Nothing that is left of a batch may meet the next one.
      if (!decoded || !decoded->rows) Restart();
      return decoded;
    } catch (const std::bad_alloc&) {
      root_.reset();  // its memory first: there is none to make another beside it
      return OutOfMemory(Doing(batch));
    } catch (const std::logic_error& error) {
      root_.reset();
      return Fail(ErrorKind::kInternal, "{}: {}", Doing(batch), error.what());
    }
  }

 private:
  static std::string Doing(const RecordBatch& batch) {
    return fmt::format("decoding {} bytes of topic '{}', partition {}, offsets {} to {}", batch.byte_count,
                       batch.source.topic, batch.source.partition, batch.first, batch.next - 1);
  }

  void Restart() { root_ = std::make_unique<Column>(layout_.payload, nullptr); }

  Result<Decoded> DecodeBatch(const RecordBatch& batch) {
    Decoded decoded;
    std::vector<Column*> added;
    columns_ = layout_.columns;
    good_.clear();
    good_.reserve(batch.records.size());
    root_->ReserveRows(static_cast<int64_t>(batch.records.size()), static_cast<int64_t>(batch.byte_count));
    for (size_t i = 0; i < batch.records.size(); ++i) {
      const RecordView& record = batch.records[i];
      if (!record.value.data()) {
        if (const record::LeftOut* left_out = batch.FindLeftOut(record.offset)) {
          decoded.bad.push_back({record.offset, TooLong(*left_out)});
        } else {
          ++decoded.tombstones;
        }
        continue;
      }
      FRAZIL_ASSIGN_OR_RETURN(const bool good, Append(batch, record, added));
      if (good) [[likely]] {
        good_.push_back(static_cast<uint32_t>(i));
        continue;
      }
      root_->Truncate(static_cast<int64_t>(good_.size()));
      decoded.bad.push_back({record.offset, Shown(reason_, kLongestReason)});
    }
    if (!good_.empty()) {
      for (const MetadataColumn column : layout_.missing) decoded.new_columns.push_back({{}, MetadataField(column)});
    }
    for (auto& addition : ToAdditions(added)) decoded.new_columns.push_back(std::move(addition));
    if (decoded.new_columns.empty()) {
      FRAZIL_ASSIGN_OR_RETURN(decoded.rows, Finish(batch));
    }
    return decoded;
  }

  // False if the record is bad: reason_ says why, and the columns may hold a part of the row.
  Result<bool> Append(const RecordBatch& batch, const RecordView& record, std::vector<Column*>& added) {
    if (check_headers_ && !HeadersAreText(batch, record)) {
      reason_ = "the key of a header is not valid UTF-8, so column _kafka_headers cannot hold it";
      return false;
    }
    JsonRows::Outcome outcome = rows_.Append(record.value, *root_);
    if (outcome == JsonRows::Outcome::kRow) [[likely]]
      return true;
    if (outcome == JsonRows::Outcome::kGrows) {
      const int64_t rows = root_->length();
      const size_t kept = added.size();
      root_->Truncate(rows);
      if (!growth_.Grow(record.value, *root_, added)) {
        reason_ = growth_.reason();
        return false;
      }
      int64_t columns = columns_;
      for (size_t i = kept; i < added.size(); ++i) columns += iceberg::PlainColumns(added[i]->type());
      if (added.size() > kept && columns > max_columns_) {
        reason_ = TooManyColumns(*added[kept], max_columns_);
        RemoveColumns(added, kept);
        return false;
      }
      outcome = rows_.Append(record.value, *root_);
      if (outcome == JsonRows::Outcome::kRow) {
        columns_ = columns;
        return true;
      }
      // A bad record adds nothing.
      root_->Truncate(rows);
      RemoveColumns(added, kept);
    }
    if (outcome == JsonRows::Outcome::kGrows) {
      return Fail(ErrorKind::kInternal, "record {} of {}-{}: its fields have no columns even after they were added",
                  record.offset, batch.source.topic, batch.source.partition);
    }
    reason_ = rows_.reason();
    return false;
  }

  static bool HeadersAreText(const RecordBatch& batch, const RecordView& record) {
    const auto first = batch.headers.begin() + record.first_header;
    return std::all_of(first, first + record.header_count, [](const auto& header) {
      return simdjson::validate_utf8(header.key.data(), header.key.size());
    });
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Finish(const RecordBatch& batch) {
    std::vector<std::shared_ptr<arrow::ArrayData>> columns;
    columns.reserve(layout_.sources.size());
    size_t next = 0;
    for (const auto& source : layout_.sources) {
      const auto& type = layout_.schema->field(static_cast<int>(columns.size()))->type();
      if (!source) {
        columns.push_back(root_->child(next++).Finish(type));
        continue;
      }
      FRAZIL_ASSIGN_OR_RETURN(auto column, BuildMetadataColumn(*source, batch, good_, type));
      columns.push_back(std::move(column));
    }
    root_->Truncate(0);
    return arrow::RecordBatch::Make(layout_.schema, static_cast<int64_t>(good_.size()), std::move(columns));
  }

  const Layout layout_;
  const bool check_headers_;
  const int64_t max_columns_;
  int64_t columns_ = 0;  // plain ones, with those that the batch has added so far
  JsonRows rows_;
  JsonGrowth growth_;
  std::unique_ptr<Column> root_;
  std::vector<uint32_t> good_;  // indices of the batch's records that are rows
  std::string reason_;
};

Result<Layout> MakeLayout(const iceberg::Schema& schema, const DecoderOptions& options) {
  Layout layout;
  FRAZIL_ASSIGN_OR_RETURN(layout.schema, parquet::ToArrowSchema(schema));
  layout.missing = options.metadata;
  for (const MetadataColumn column : options.metadata) layout.reserved.push_back(MetadataField(column).name);
  std::vector<iceberg::Field> payload;
  for (const iceberg::Field& field : schema.fields()) {
    const auto asked = std::find_if(layout.missing.begin(), layout.missing.end(),
                                    [&](MetadataColumn column) { return MetadataField(column).name == field.name; });
    if (asked == layout.missing.end()) {
      layout.sources.emplace_back();
      payload.push_back(field);
      continue;
    }
    const iceberg::Field wanted = MetadataField(*asked);
    if (!SameShape(*wanted.type, *field.type)) {
      return Fail(ErrorKind::kInvalidArgument,
                  "the table's column {} is {}, but metadata fills it with {}; rename the column, or take it out of "
                  "`metadata:`",
                  field.name, field.type->ToString(), wanted.type->ToString());
    }
    if (field.required && (*asked == MetadataColumn::kKey || *asked == MetadataColumn::kTimestamp)) {
      return Fail(ErrorKind::kInvalidArgument,
                  "the table's column {} is required, but a record may have none; make the column optional",
                  field.name);
    }
    layout.sources.emplace_back(*asked);
    layout.missing.erase(asked);
  }
  if (!layout.missing.empty() && !options.add_columns) {
    return Fail(
        ErrorKind::kInvalidArgument,
        "Schema evolution not allowed in strict mode: the table has no column {}, which `metadata:` asks for; set "
        "`schema_evolution: add_columns`, or add the column to the table",
        MetadataField(layout.missing[0]).name);
  }
  for (const iceberg::Field& field : schema.fields()) layout.columns += iceberg::PlainColumns(*field.type);
  for (const MetadataColumn column : layout.missing) {
    layout.columns += iceberg::PlainColumns(*MetadataField(column).type);
  }
  layout.payload.type = iceberg::Type::Struct(std::move(payload));
  layout.payload.required = true;
  return layout;
}

}  // namespace

Result<std::unique_ptr<Decoder>> MakeJsonDecoder(const iceberg::SchemaPtr& schema, const DecoderOptions& options) {
  FRAZIL_ASSIGN_OR_RETURN(auto layout, MakeLayout(*schema, options));
  return std::make_unique<JsonDecoder>(std::move(layout), options);
}

}  // namespace frazil::decode
