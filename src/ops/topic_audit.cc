#include "ops/topic_audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "record/record_batch.h"

namespace frazil::ops {
namespace {

using record::TopicPartition;
using source::Positions;

// Compares one partition while it is read, range by range of the account since the last rewind.
class PartitionAudit {
 public:
  PartitionAudit(const table::PartitionAccount& account, const OffsetSet* rows, int64_t low, int64_t high,
                 bool compacted, int64_t removed)
      : account_(account),
        rows_(rows),
        low_(low),
        high_(high),
        compacted_(compacted),
        removed_(removed),
        at_(account.counted_from) {}

  void Add(const record::RecordBatch& batch) {
    for (const auto& record : batch.records) {
      if (record.offset < low_ || record.offset >= high_) continue;
      while (at_ < account_.stretches.size() && record.offset >= account_.stretches[at_].next) Finish();
      ++records_;
      ++visible_;
      if (rows_ != nullptr && rows_->Contains(record.offset)) ++visible_rows_;
    }
  }

  // Call it after the last batch. Reports all differences of the partition as one finding.
  int64_t Close(const std::string& where, table::Findings& findings) {
    while (at_ < account_.stretches.size()) Finish();
    if (differing_ > 0) {
      if (differing_ > 1) first_ += fmt::format("; {} more commits differ", differing_ - 1);
      findings.push_back({table::FindingKind::kTopicDiffers, where, first_,
                          "look at these offsets in the topic and in the table before anything is mended: one of them "
                          "is not what it was when they were committed"});
    }
    return records_;
  }

 private:
  // Compares a range that was read to its end.
  void Finish() {
    const table::Stretch& stretch = account_.stretches[at_++];
    const int64_t first = std::max(stretch.first, low_);
    const int64_t next = std::min(stretch.next, high_);
    const int64_t visible = std::exchange(visible_, 0);
    const int64_t visible_rows = std::exchange(visible_rows_, 0);
    if (first >= next) return;
    const record::OffsetCounts& counts = stretch.counts;
    const int64_t accounted = counts.total() - counts.gaps;
    if (first == stretch.first && next == stretch.next) {
      if (visible > accounted || (visible < accounted && !compacted_)) {
        Differs(first, next,
                fmt::format("the topic has {} records, {} were accounted for when they were committed "
                            "({} rows)",
                            visible, accounted, counts.rows));
        return;
      }
    }
    if (rows_ == nullptr) return;
    if (const int64_t rows = rows_->CountIn(first, next); visible_rows < rows && !compacted_) {
      Differs(first, next,
              fmt::format("{} rows of the table have offsets that are no records of the topic (aborted, or "
                          "of another topic)",
                          rows - visible_rows));
    } else if (const int64_t lost = visible - visible_rows - (accounted - counts.rows); lost > removed_) {
      Differs(first, next, fmt::format("{} records of the topic are neither rows nor counted as anything else", lost));
    }
  }

  void Differs(int64_t first, int64_t next, const std::string& how) {
    if (differing_++ == 0) first_ = fmt::format("offsets {} to {}: {}", first, next - 1, how);
  }

  const table::PartitionAccount& account_;
  const OffsetSet* rows_;
  const int64_t low_;
  const int64_t high_;
  const bool compacted_;
  const int64_t removed_;
  size_t at_;  // the range that is being read
  int64_t visible_ = 0;
  int64_t visible_rows_ = 0;
  int64_t records_ = 0;
  int64_t differing_ = 0;
  std::string first_;
};

// True if this is the topic, in the cluster, that the table was fed from. Otherwise reports a finding.
Result<bool> IsTheSame(source::Log& log, source::Topics& topics, const table::OffsetAccount& account,
                       table::Findings& findings) {
  if (!account.stored) return true;
  const table::OffsetState& state = account.stored->state;
  FRAZIL_ASSIGN_OR_RETURN(const std::string cluster, log.ClusterId());
  FRAZIL_ASSIGN_OR_RETURN(const std::string topic, topics.TopicId(account.topic));
  std::string what;
  if (cluster != state.cluster_id) {
    what = fmt::format("the table was fed from Kafka cluster '{}', this is cluster '{}'", state.cluster_id, cluster);
  } else if (!topic.empty() && !state.topic_id.empty() && topic != state.topic_id) {
    what = fmt::format("the table was fed from a topic of id {}; this one, of id {}, was made anew", state.topic_id,
                       topic);
  }
  if (what.empty()) return true;
  findings.push_back({table::FindingKind::kTopicDiffers, fmt::format("topic {}", account.topic), what,
                      "their offsets mean nothing to each other: point at the right brokers, or leave out "
                      "--against-topic"});
  return false;
}

}  // namespace

Result<TopicAudit> AuditTopic(source::Log& log, source::Topics& topics, const table::OffsetAccount& account,
                              const OffsetCensus* census, int64_t removed, table::Findings& findings) {
  TopicAudit audit;
  FRAZIL_ASSIGN_OR_RETURN(const bool same, IsTheSame(log, topics, account, findings));
  if (!same) return audit;
  FRAZIL_ASSIGN_OR_RETURN(audit.compacted, topics.IsCompacted(account.topic));
  std::vector<TopicPartition> sources;
  for (const auto& [id, partition] : account.partitions) sources.push_back({account.topic, id});
  FRAZIL_ASSIGN_OR_RETURN(Positions lows, log.ResolveStart(sources, {source::StartAt::Kind::kEarliest}));
  FRAZIL_ASSIGN_OR_RETURN(Positions highs, log.EndOffsets(sources));

  const OffsetSet none;
  std::map<TopicPartition, PartitionAudit> partitions;
  Positions from;
  Positions until;
  for (const auto& [id, partition] : account.partitions) {
    const TopicPartition which{account.topic, id};
    if (partition.counted_from == partition.stretches.size() || !partition.joins) continue;
    const int64_t first = partition.first(partition.counted_from);
    const int64_t low = std::max(lows[which], first);
    const int64_t end = partition.stands_at.value_or(0);
    const int64_t high = std::min(highs[which], end);
    if (highs[which] < end) {
      findings.push_back({table::FindingKind::kTopicDiffers, fmt::format("topic {}, partition {}", account.topic, id),
                          fmt::format("it ends at offset {}, the table has records up to {}", highs[which], end - 1),
                          "the broker lost records that the table has, or the topic was made anew"});
    }
    audit.unreached += std::clamp<int64_t>(lows[which] - first, 0, end - first);
    if (low >= high) continue;
    audit.offsets += high - low;
    from[which] = low;
    until[which] = high;
    const OffsetSet* rows = census == nullptr ? nullptr : census->Find(account, id);
    if (census != nullptr && rows == nullptr) rows = &none;
    partitions.try_emplace(which, partition, rows, low, high, audit.compacted, removed);
  }
  FRAZIL_RETURN_IF_ERROR(log.ReadBetween(from, until, [&](const record::RecordBatch& batch) -> Status {
    partitions.at(batch.source).Add(batch);
    return {};
  }));
  for (auto& [which, partition] : partitions) {
    audit.records += partition.Close(fmt::format("topic {}, partition {}", account.topic, which.partition), findings);
  }
  return audit;
}

}  // namespace frazil::ops
