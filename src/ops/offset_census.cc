#include "ops/offset_census.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>

#include "decode/decoder.h"

namespace frazil::ops {
namespace {

std::string NameOf(decode::MetadataColumn column) { return decode::MetadataField(column).name; }

std::optional<int32_t> FieldId(const iceberg::Schema& schema, decode::MetadataColumn column) {
  const std::string name = NameOf(column);
  for (const auto& field : schema.fields()) {
    if (field.name == name && field.type->kind() == decode::MetadataField(column).type->kind()) return field.id;
  }
  return std::nullopt;
}

// The integer in a row; nullopt for null.
std::optional<int64_t> Integer(const arrow::Array& array, int64_t row) {
  if (array.IsNull(row)) return std::nullopt;
  if (array.type_id() == arrow::Type::INT32) return static_cast<const arrow::Int32Array&>(array).Value(row);
  if (array.type_id() == arrow::Type::INT64) return static_cast<const arrow::Int64Array&>(array).Value(row);
  return std::nullopt;
}

std::optional<std::string> Text(const arrow::Array& array, int64_t row) {
  if (array.IsNull(row) || array.type_id() != arrow::Type::STRING) return std::nullopt;
  return static_cast<const arrow::StringArray&>(array).GetString(row);
}

}  // namespace

std::optional<ingest::OffsetColumns> FindPositionColumns(const iceberg::Schema& schema) {
  const auto partition = FieldId(schema, decode::MetadataColumn::kPartition);
  const auto offset = FieldId(schema, decode::MetadataColumn::kOffset);
  if (!partition || !offset) return std::nullopt;
  return ingest::OffsetColumns{*partition, *offset, FieldId(schema, decode::MetadataColumn::kTopic)};
}

// The account that a row belongs to. A file of Frazil names its pipeline. For a file that another engine wrote or
// rewrote, it is the only account of the topic, or the only account at all. Null if that is not unique.
const table::OffsetAccount* OffsetCensus::AccountOf(const FileFooter& footer,
                                                    const std::optional<std::string>& topic) const {
  const table::OffsetAccount* only = nullptr;
  for (const table::OffsetAccount& account : accounts_.list) {
    if (topic && account.topic != *topic) continue;
    if (!footer.pipeline.empty() && accounts_.Find(footer.pipeline, account.topic) != &account) continue;
    if (only != nullptr) return nullptr;
    only = &account;
  }
  return only;
}

Status OffsetCensus::Add(const LiveFile& file, const FileFooter& footer, parquet::DataFileReader& reader,
                         const OffsetSet* deleted) {
  const bool ours = !footer.pipeline.empty();
  if (!reader.HasColumn(columns_.partition) || !reader.HasColumn(columns_.offset)) {
    std::lock_guard lock(mutex_);
    if (ours) unplaced_ += file.rows;
    return {};
  }
  std::vector<int32_t> ids = {columns_.partition, columns_.offset};
  const bool with_topic = columns_.topic && reader.HasColumn(*columns_.topic);
  if (with_topic) ids.push_back(*columns_.topic);
  int64_t position = 0;
  return reader.ReadColumns(ids, [&](const arrow::RecordBatch& rows) -> Status {
    std::lock_guard lock(mutex_);
    std::optional<std::string> topic;
    const table::OffsetAccount* account = with_topic ? nullptr : AccountOf(footer, std::nullopt);
    std::optional<int64_t> last;
    Partition* into = nullptr;  // the partition of `account` and `last`
    for (int64_t row = 0; row < rows.num_rows(); ++row, ++position) {
      if (deleted != nullptr && deleted->Contains(position)) continue;
      if (with_topic) {
        auto its = Text(*rows.column(2), row);
        if (its != topic) {
          topic = std::move(its);
          account = topic ? AccountOf(footer, topic) : nullptr;
          into = nullptr;
        }
      }
      const auto partition = Integer(*rows.column(0), row);
      const auto offset = Integer(*rows.column(1), row);
      if (account == nullptr || !partition || !offset) {
        const bool others_own = !ours && !partition && !offset;
        unplaced_ += others_own ? 0 : 1;
        continue;
      }
      if (into == nullptr || partition != last) {
        last = partition;
        into = &PartitionOf(*account, static_cast<int32_t>(*partition));
      }
      Count(*into, *offset);
    }
    return {};
  });
}

OffsetCensus::Partition& OffsetCensus::PartitionOf(const table::OffsetAccount& account, int32_t partition) {
  const auto [at, is_new] = partitions_.try_emplace({&account, partition});
  const auto known = account.partitions.find(partition);
  if (is_new && known != account.partitions.end()) {
    at->second.account = &known->second;
    at->second.first = known->second.first();
    at->second.next = known->second.end();
  }
  return at->second;
}

void OffsetCensus::Count(Partition& partition, int64_t offset) {
  if (offset < partition.first || offset >= partition.next) {
    if (partition.beyond++ == 0 || offset < partition.least_beyond) partition.least_beyond = offset;
  } else if (partition.offsets.Insert(offset)) {
    return;
  } else if (partition.account->WasRewound(offset)) {
    ++partition.again;
  } else {
    if (partition.doubled++ == 0 || offset < partition.least_doubled) partition.least_doubled = offset;
  }
}

int64_t OffsetCensus::Again(const table::OffsetAccount& account) const {
  int64_t again = 0;
  for (const auto& [key, partition] : partitions_) again += key.first == &account ? partition.again : 0;
  return again;
}

const OffsetSet* OffsetCensus::Find(const table::OffsetAccount& account, int32_t partition) const {
  const auto found = partitions_.find({&account, partition});
  return found == partitions_.end() ? nullptr : &found->second.offsets;
}

OffsetCensus::Verdict OffsetCensus::Judge(const table::OffsetAccount& account, const Removed& removed,
                                          table::Findings& findings) const {
  Verdict verdict;
  verdict.proved = unplaced_ == 0 && account.joins() && account.whole();
  const size_t findings_before = findings.size();
  for (const auto& [key, partition] : partitions_) {
    if (key.first == &account) JudgeExtra(account, key.second, partition, findings);
  }
  table::Findings missing;
  table::Findings missing_before;
  for (const auto& [id, partition] : account.partitions) {
    const OffsetSet* offsets = Find(account, id);
    for (const table::Stretch& stretch : partition.stretches) {
      const int64_t there = offsets == nullptr ? 0 : offsets->CountIn(stretch.first, stretch.next);
      if (!partition.joins || there == stretch.counts.rows) continue;
      verdict.proved = false;
      // A record that was read twice may have become a row only the second time.
      if (partition.WasRewound(stretch.first) || partition.WasRewound(stretch.next - 1)) continue;
      const bool before = stretch.snapshot == nullptr;
      const int64_t fewer = std::max<int64_t>(stretch.counts.rows - there, 0);
      (before ? verdict.missing_before : verdict.missing) += fewer;
      (before ? missing_before : missing).push_back(OfStretch(account, id, stretch, there));
    }
  }
  const auto add = [&](const table::Findings& more) { findings.insert(findings.end(), more.begin(), more.end()); };
  if (unplaced_ == 0 && verdict.missing > removed.kept) add(missing);
  if (unplaced_ == 0 && verdict.missing_before > 0 && !removed.before) add(missing_before);
  verdict.found = findings.size() > findings_before;
  verdict.proved &= !verdict.found;
  return verdict;
}

void OffsetCensus::JudgeExtra(const table::OffsetAccount& account, int32_t id, const Partition& partition,
                              table::Findings& findings) {
  const std::string where = fmt::format("topic {}, partition {}", account.topic, id);
  if (partition.doubled > 0) {
    findings.push_back({table::FindingKind::kDoubledOffset, where,
                        fmt::format("{} rows have an offset that another row has, the least is offset {}",
                                    partition.doubled, partition.least_doubled),
                        "delete one of each two in any engine, by _kafka_partition and _kafka_offset"});
  }
  if (partition.beyond > 0 && account.whole()) {
    findings.push_back({table::FindingKind::kWrongCount, where,
                        fmt::format("{} rows have offsets that the table does not account for, the least is offset {}",
                                    partition.beyond, partition.least_beyond),
                        "no commit of the pipeline wrote them: delete them, or they will come twice"});
  }
}

table::Finding OffsetCensus::OfStretch(const table::OffsetAccount& account, int32_t id, const table::Stretch& stretch,
                                       int64_t there) {
  const bool fewer = there < stretch.counts.rows;
  const std::string by = stretch.snapshot == nullptr ? "before the history that is kept"
                                                     : fmt::format("by snapshot {}", stretch.snapshot->snapshot_id);
  return {fewer ? table::FindingKind::kMissingOffset : table::FindingKind::kWrongCount,
          fmt::format("topic {}, partition {}", account.topic, id),
          fmt::format("offsets {} to {}: {} rows were committed {}, {} are there", stretch.first, stretch.next - 1,
                      stretch.counts.rows, by, there),
          fewer ? "read them again into a table of their own ('independent: true') and append what is missing"
                : "the counts were changed by hand"};
}

}  // namespace frazil::ops
