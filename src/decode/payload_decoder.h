// The common part of all decoders. Each record is judged as if it came alone, after all good records before it.
//
// A batch whose fields all have columns becomes rows in one pass. When a good record brings a field without a column,
// the column joins the tree in hand and judging goes on, so that later records of the batch are held against it; at the
// end the rows are dropped, for the table has no such column yet, and the caller gets the additions. So it is with a
// column that is too narrow for a value, or required where a record has none.
#pragma once

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/core.h>
#include <simdjson.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/system/out_of_memory.h"
#include "common/text/shown.h"
#include "decode/column.h"
#include "decode/column_growth.h"
#include "decode/column_reason.h"
#include "decode/column_rules.h"
#include "decode/decoder.h"
#include "decode/layout.h"
#include "decode/metadata_columns.h"
#include "decode/payload_outcome.h"

namespace frazil::decode {

// The longest reason, in bytes. A reason may repeat names from the record, and is put into the log, a header or a row.
constexpr size_t kLongestReason = 4 << 10;

// `Reader` belongs to a format. Its constructor gets the options, the names of the metadata columns, and the format's
// own arguments. It has these functions:
//   Status Prepare(const record::RecordBatch& batch);
//       Called before each batch. An error does not concern its records.
//   PayloadOutcome Append(std::string_view value, Column& root);
//       `value` is followed by record::kSpareBytes readable bytes. On any outcome but kRow the columns hold a part of
//       the row, and reason() says why.
//   bool Grow(std::string_view value, Column& root, ColumnGrowth& growth);
//       after kGrows, with the columns even: changes them as this record needs it, wholly or the first thing of it, and
//       notes that. False, with the tree as it was, if the record is bad.
//   const std::string& reason() const;
//   void Forget();
//       The columns have been replaced.
//   void Tell(Decoded& decoded);
//       what it did with fields since Prepare: counts, remarks.
//   std::string AboutTimes(EpochUnit unit) const;
//       What to add to a message about times after the year 9999.
// A template, so that there is no virtual call for each record.
template <class Reader>
class PayloadDecoder final : public Decoder {
 public:
  // `more` is passed to the reader's constructor.
  template <class... More>
  PayloadDecoder(Layout layout, const DecoderOptions& options, const RefusedColumns* refused, More&&... more)
      : layout_(std::move(layout)),
        options_(options),
        fills_timestamp_(std::count(options.metadata.begin(), options.metadata.end(), MetadataColumn::kTimestamp) > 0),
        check_headers_(std::count(options.metadata.begin(), options.metadata.end(), MetadataColumn::kHeaders) > 0),
        max_columns_(options.max_columns),
        max_nested_lists_(options.max_nested_lists),
        time_unit_(options.time_unit),
        refused_(refused),
        reader_(options, layout_.reserved, std::forward<More>(more)...) {
    Restart();
  }

  Result<Decoded> Decode(const record::RecordBatch& batch) override {
    // Arrow's offsets of strings and lists have 32 bits.
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
      // Nothing of this batch may remain for the next one.
      if (!decoded || !decoded->rows) Restart();
      return decoded;
    } catch (const std::bad_alloc&) {
      root_.reset();  // frees this memory before new memory is needed
      return OutOfMemory(Doing(batch));
    } catch (const std::logic_error& error) {
      root_.reset();
      return Fail(ErrorKind::kInternal, "{}: {}", Doing(batch), error.what());
    }
  }

 private:
  static std::string Doing(const record::RecordBatch& batch) {
    return fmt::format("decoding {} bytes of topic '{}', partition {}, offsets {} to {}", batch.byte_count,
                       batch.source.topic, batch.source.partition, batch.first, batch.next - 1);
  }

  void Restart() {
    root_ = std::make_unique<Column>(layout_.payload, nullptr, time_unit_);
    ApplyRules(options_, *root_);
    names_ = layout_.names;
    reader_.Forget();
  }

  Result<Decoded> DecodeBatch(const record::RecordBatch& batch) {
    Decoded decoded;
    ColumnGrowth growth;
    columns_ = layout_.columns;
    first_growth_ = {};
    good_.clear();
    good_.reserve(batch.records.size());
    FRAZIL_RETURN_IF_ERROR(reader_.Prepare(batch));
    root_->ReserveRows(static_cast<int64_t>(batch.records.size()), static_cast<int64_t>(batch.byte_count));
    for (size_t i = 0; i < batch.records.size(); ++i) {
      const record::RecordView& record = batch.records[i];
      if (!record.value.data()) {
        if (const record::LeftOut* left_out = batch.FindLeftOut(record.offset)) {
          decoded.bad.push_back({record.offset, TooLong(*left_out)});
        } else {
          ++decoded.tombstones;
        }
        continue;
      }
      FRAZIL_ASSIGN_OR_RETURN(const bool good, Append(batch, record, growth));
      if (good) [[likely]] {
        good_.push_back(static_cast<uint32_t>(i));
        continue;
      }
      root_->Truncate(static_cast<int64_t>(good_.size()));
      decoded.bad.push_back({record.offset, Shown(reason_, kLongestReason)});
    }
    decoded.growth = ToSchemaChange(growth.added, growth.changed);
    if (!good_.empty()) {
      auto& additions = decoded.growth.additions;
      std::vector<iceberg::ColumnAddition> all;
      for (const iceberg::Field& field : layout_.missing) all.push_back({0, field});
      std::move(additions.begin(), additions.end(), std::back_inserter(all));
      additions = std::move(all);
    }
    if (!first_growth_.empty()) decoded.first_growth_offset = first_growth_offset_;
    decoded.first_growth = std::move(first_growth_);
    if (decoded.growth.empty()) {
      FRAZIL_ASSIGN_OR_RETURN(decoded.rows, Finish(batch));
      Remark(batch, decoded.remarks);
      reader_.Tell(decoded);
    }
    return decoded;
  }

  // False if the record is bad: reason_ says why, and the columns may hold a part of the row.
  Result<bool> Append(const record::RecordBatch& batch, const record::RecordView& record, ColumnGrowth& growth) {
    if (check_headers_ && !HeadersAreText(batch, record)) {
      reason_ = "the key of a header is not valid UTF-8, so column _kafka_headers cannot hold it";
      return false;
    }
    const PayloadOutcome outcome = reader_.Append(record.value, *root_);
    if (outcome == PayloadOutcome::kRow) [[likely]]
      return true;
    if (outcome == PayloadOutcome::kGrows) return AppendChanging(batch, record, growth);
    reason_ = reader_.reason();
    return false;
  }

  // The same for a record that needs other columns. Apart, so that the usual way stays short.
  [[gnu::noinline]] Result<bool> AppendChanging(const record::RecordBatch& batch, const record::RecordView& record,
                                                ColumnGrowth& growth) {
    PayloadOutcome outcome = PayloadOutcome::kGrows;
    const int64_t rows = root_->length();
    const size_t added = growth.added.size();
    const size_t changed = growth.changed.size();
    const int64_t columns = columns_;
    const auto progress = [&] { return growth.added.size() + growth.changed.size(); };
    size_t before = 0;
    do {
      root_->Truncate(rows);
      before = progress();
      if (!Grow(record, growth)) {
        outcome = PayloadOutcome::kBad;
        break;
      }
      outcome = reader_.Append(record.value, *root_);
      if (outcome == PayloadOutcome::kBad) reason_ = reader_.reason();
    } while (outcome == PayloadOutcome::kGrows && progress() > before);
    if (outcome == PayloadOutcome::kRow) {
      if (first_growth_.empty()) {
        first_growth_ = ToSchemaChange(growth.added, growth.changed);
        first_growth_offset_ = record.offset;
      }
      return true;
    }
    // A bad record changes nothing.
    root_->Truncate(rows);
    UndoChanges(growth.changed, changed);
    TakeBack(growth.added, added);
    columns_ = columns;
    if (outcome == PayloadOutcome::kBad) return false;
    return Fail(ErrorKind::kInternal, "record {} of {}-{}: its fields have no columns even after they were added",
                record.offset, batch.source.topic, batch.source.partition);
  }

  // Changes the tree as the record needs it. False, with reason_ and the tree as it was, if the table cannot have that.
  bool Grow(const record::RecordView& record, ColumnGrowth& growth) {
    const size_t kept = growth.added.size();
    const size_t changed = growth.changed.size();
    if (!reader_.Grow(record.value, *root_, growth)) {
      reason_ = reader_.reason();
      return false;
    }
    reader_.Forget();
    const std::span<Column* const> wanted = std::span(growth.added).subspan(kept);
    int64_t columns = columns_;
    size_t named = 0;
    for (; named < wanted.size(); ++named) {
      const Column& column = *wanted[named];
      columns += iceberg::PlainColumns(column.type());
      if (columns > max_columns_) {
        reason_ = TooManyColumns(*wanted[0], max_columns_);
        break;
      }
      if (NestedLists(column) > max_nested_lists_) {
        reason_ = TooManyLists(column, max_nested_lists_);
        break;
      }
      if (const auto clash = names_.TakeNew(column.parent()->FullName(), column.ToField())) {
        reason_ = CannotHave(*clash);
        break;
      }
    }
    if (named == wanted.size()) {
      const auto changes = std::span<const ColumnGrowth::Changed>(growth.changed).subspan(changed);
      const std::string* const refused = FindRefused(wanted, changes);
      if (refused == nullptr) {
        columns_ = columns;
        return true;
      }
      reason_ = changes.empty() ? Refused(*wanted[0], *refused) : CannotBecome(*changes[0].column, *refused);
    }
    UndoChanges(growth.changed, changed);
    TakeBack(growth.added, kept, named);
    return false;
  }

  const std::string* FindRefused(std::span<Column* const> added, std::span<const ColumnGrowth::Changed> changed) const {
    if (refused_ == nullptr || refused_->empty()) return nullptr;
    // A struct that is new itself in this batch has no id to tell it by. It has when the batch is decoded again.
    const bool told = std::all_of(added.begin(), added.end(), [](const Column* column) {
      return column->parent()->parent() == nullptr || column->parent()->id() != 0;
    });
    return told ? refused_->Find(ToSchemaChange(added, changed)) : nullptr;
  }

  // Removes the last columns of `added` from the tree, until `keep` are left. The names of the first `named` of them
  // are given back, too.
  void TakeBack(std::vector<Column*>& added, size_t keep, size_t named = SIZE_MAX) {
    for (size_t i = keep; i < added.size() && i - keep < named; ++i) {
      names_.GiveBack(added[i]->parent()->FullName(), added[i]->ToField());
    }
    RemoveColumns(added, keep);
    reader_.Forget();
  }

  static bool HeadersAreText(const record::RecordBatch& batch, const record::RecordView& record) {
    const auto first = batch.headers.begin() + record.first_header;
    return std::all_of(first, first + record.header_count, [](const auto& header) {
      return simdjson::validate_utf8(header.key.data(), header.key.size());
    });
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Finish(const record::RecordBatch& batch) {
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

  // Adds remarks about the rows just finished.
  void Remark(const record::RecordBatch& batch, std::vector<std::string>& remarks) const {
    RemarkYears(*root_, remarks);
    if (!fills_timestamp_) return;
    constexpr int64_t kMostMillis = std::numeric_limits<int64_t>::max() / 1000;
    constexpr int64_t kYear10000 = 253'402'300'800'000;
    int64_t latest = 0;
    for (const uint32_t row : good_) latest = std::max(latest, batch.records[row].timestamp_ms);
    if (latest < kYear10000) return;
    remarks.push_back(latest > kMostMillis
                          ? "column '_kafka_timestamp': records came with timestamps that no timestamp column holds "
                            "(milliseconds since 1970, beyond the year 294246); they are null there"
                          : OddYears("_kafka_timestamp"));
  }

  void RemarkYears(const Column& column, std::vector<std::string>& remarks) const {
    if (column.odd_years()) {
      remarks.push_back(OddYears(column.FullName()) + reader_.AboutTimes(time_unit_));
    }
    for (size_t i = 0; i < column.child_count(); ++i) RemarkYears(column.child(i), remarks);
  }

  static std::string OddYears(std::string_view column) {
    return fmt::format(
        "column '{}': values outside the years 1 to 9999 came, which PyIceberg and other readers in Python cannot show",
        column);
  }

  const Layout layout_;
  const DecoderOptions options_;
  const bool fills_timestamp_;
  const bool check_headers_;
  const int64_t max_columns_;
  const int max_nested_lists_;
  const EpochUnit time_unit_;
  const RefusedColumns* const refused_;
  int64_t columns_ = 0;         // plain ones, with those that the batch has added so far
  iceberg::ColumnNames names_;  // likewise
  iceberg::SchemaChange first_growth_;
  int64_t first_growth_offset_ = -1;
  Reader reader_;
  std::unique_ptr<Column> root_;
  std::vector<uint32_t> good_;  // indexes of the batch's records that are rows
  std::string reason_;
};

}  // namespace frazil::decode
