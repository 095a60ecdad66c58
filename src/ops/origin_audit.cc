#include "ops/origin_audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "iceberg/partition_spec.h"

namespace frazil::ops {
namespace {

using record::RowOrigin;

// A range of offsets of one Kafka partition in one file.
struct Piece {
  const LiveFile* file;
  int64_t first;
  int64_t next;
};

class Auditor {
 public:
  Auditor(const table::OffsetAccounts& accounts, bool kept, table::Findings& findings)
      : accounts_(accounts), kept_(kept), findings_(findings) {}

  void Add(const LiveFile& file, const FileFooter& footer) {
    ++audit_.files;
    int64_t rows = 0;
    for (const RowOrigin& origin : footer.origins->list()) {
      rows += origin.rows;
      const table::OffsetAccount* account = accounts_.Find(footer.pipeline, origin.source.topic);
      if (account == nullptr) continue;  // the pipeline is at_least_once, or its offsets are reported as lost
      rows_[{account, origin.source.partition}] += origin.rows;
      CheckAccounted(file, origin, *account);
      if (footer.replayed) continue;
      pieces_[{account, origin.source.partition, iceberg::PartitionKey(file.spec_id, file.partition)}].push_back(
          {&file, origin.first, origin.next});
    }
    if (rows == file.rows) return;
    findings_.push_back(
        {table::FindingKind::kWrongCount, file.path,
         fmt::format("its footer says where {} rows came from, its manifest says it has {}", rows, file.rows),
         "one of them was changed by hand"});
  }

  // Adds a file of an older version, without origins. Rows that seem to be missing may be in it.
  void AddSilent(const FileFooter& footer) { silent_.insert(footer.pipeline); }

  OriginAudit Finish() {
    for (auto& [place, pieces] : pieces_) CheckDisjoint(*std::get<0>(place), std::get<1>(place), pieces);
    for (const table::OffsetAccount& account : accounts_.list) {
      if (account.joins() && account.whole() && CheckRows(account)) audit_.proved.insert(&account);
    }
    return std::move(audit_);
  }

 private:
  static std::string Where(const table::OffsetAccount& account, int32_t partition) {
    return fmt::format("topic {}, partition {}", account.topic, partition);
  }

  void CheckAccounted(const LiveFile& file, const RowOrigin& origin, const table::OffsetAccount& account) {
    const auto found = account.partitions.find(origin.source.partition);
    const int64_t end = found == account.partitions.end() ? 0 : found->second.end();
    if (origin.next <= end) return;
    findings_.push_back({table::FindingKind::kWrongCount, file.path,
                         fmt::format("it holds rows of {}, offsets {} to {}, of which the branch accounts only for "
                                     "those below {}",
                                     Where(account, origin.source.partition), origin.first, origin.next - 1, end),
                         "if the file was added by hand, roll back to before that"});
  }

  // Checks that no two files of one table partition hold the same offsets: all rows of a fetched batch that belong to
  // one table partition are in one file.
  void CheckDisjoint(const table::OffsetAccount& account, int32_t partition, std::vector<Piece>& pieces) {
    std::sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) {
      return std::tie(a.first, a.next, a.file->path) < std::tie(b.first, b.next, b.file->path);
    });
    for (size_t i = 1; i < pieces.size(); ++i) {
      const Piece& one = pieces[i - 1];
      Piece& other = pieces[i];
      const auto accounted = account.partitions.find(partition);
      const bool rewound = accounted != account.partitions.end() && accounted->second.WasRewound(other.first);
      if (other.first < one.next && !rewound) {
        findings_.push_back(
            {table::FindingKind::kOverlap, Where(account, partition),
             fmt::format("rows of offsets {} to {} are in two files of one table partition: {} and {}", other.first,
                         std::min(one.next, other.next) - 1, one.file->path, other.file->path),
             "one of them is there twice: have an engine delete the rows of the one that no commit of "
             "the pipeline added"});
      }
      if (one.next > other.next) other = one;  // the next range is compared with the one that reaches farther
    }
  }

  // True if, in every Kafka partition, the files hold as many rows as were committed.
  bool CheckRows(const table::OffsetAccount& account) {
    bool all = true;
    for (const auto& [id, partition] : account.partitions) {
      const auto found = rows_.find({&account, id});
      const int64_t there = found == rows_.end() ? 0 : found->second;
      const int64_t counted = partition.counts().rows;
      if (there == counted) continue;
      all = false;
      if (there < counted && (!kept_ || silent_.contains(account.pipeline))) continue;
      findings_.push_back({there < counted ? table::FindingKind::kMissingOffset : table::FindingKind::kWrongCount,
                           Where(account, id), fmt::format("{} rows were committed, the files hold {}", counted, there),
                           there < counted ? "roll back to before files went, and say 'on_rollback: reingest'"
                                           : "some files came in by hand, or counts were changed"});
    }
    return all;
  }

  using Place = std::tuple<const table::OffsetAccount*, int32_t, std::string>;

  const table::OffsetAccounts& accounts_;
  const bool kept_;
  table::Findings& findings_;
  OriginAudit audit_;
  std::map<std::pair<const table::OffsetAccount*, int32_t>, int64_t> rows_;  // per Kafka partition
  std::map<Place, std::vector<Piece>> pieces_;                               // per Kafka partition and table partition
  std::set<std::string> silent_;                                             // pipelines with files without origins
};

}  // namespace

OriginAudit AuditOrigins(const std::vector<LiveFile>& files, const std::vector<std::optional<FileFooter>>& footers,
                         const table::OffsetAccounts& accounts, bool kept, table::Findings& findings) {
  Auditor auditor(accounts, kept, findings);
  for (size_t i = 0; i < files.size(); ++i) {
    if (!footers[i]) continue;
    if (footers[i]->origins) {
      auditor.Add(files[i], *footers[i]);
    } else if (!footers[i]->pipeline.empty()) {
      auditor.AddSilent(*footers[i]);
    }
  }
  return auditor.Finish();
}

}  // namespace frazil::ops
