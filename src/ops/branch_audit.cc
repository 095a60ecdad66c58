#include "ops/branch_audit.h"

#include <arrow/memory_pool.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "common/text/ascii_case.h"
#include "iceberg/file_change.h"
#include "iceberg/manifest_packing.h"
#include "ops/delete_files.h"
#include "ops/file_audit.h"
#include "ops/offset_census.h"
#include "ops/origin_audit.h"
#include "ops/statistics_audit.h"
#include "table/branch_history.h"
#include "table/offset_history.h"

namespace frazil::ops {
namespace {

// The memory that reading the pages of one file usually takes.
constexpr int64_t kBytesOfOneFile = 24 << 20;

class BranchAuditor {
 public:
  BranchAuditor(const catalog::LoadedTable& table, const ManifestAudit& manifests, const VerifyOptions& options,
                table::BranchHistory history, VerifyReport& report)
      : table_(table), manifests_(manifests), options_(options), history_(std::move(history)), report_(report) {}

  Status Run(const std::vector<table::StoredState>& states) {
    accounts_ = table::MakeAccounts(history_, states, *table_.metadata);
    for (const table::OffsetAccount& account : accounts_.list) {
      report_.findings.insert(report_.findings.end(), account.findings.begin(), account.findings.end());
    }
    for (const table::Commit& commit : history_.commits) Check(commit);
    CheckTotals();
    FRAZIL_RETURN_IF_ERROR(CheckFiles());
    return Conclude();
  }

 private:
  const SnapshotFiles* FilesOf(const iceberg::Snapshot& snapshot) const {
    const auto found = manifests_.snapshots.find(snapshot.snapshot_id);
    return found == manifests_.snapshots.end() ? nullptr : &found->second;
  }
  void Report(table::FindingKind kind, const iceberg::Snapshot& snapshot, std::string what, std::string advice) {
    report_.findings.push_back(
        {kind, fmt::format("snapshot {}", snapshot.snapshot_id), std::move(what), std::move(advice)});
  }

  // --- Commits

  void Check(const table::Commit& commit) {
    const iceberg::Snapshot& snapshot = *commit.snapshot;
    const SnapshotFiles* files = FilesOf(snapshot);
    if (files == nullptr) {
      readable_ = false;
      return;
    }
    CheckJoinsParent(snapshot, *files);
    if (commit.pipeline.empty()) return CheckOthers(snapshot, *files);
    CheckReplaced(snapshot, *files);
    const int64_t rows = commit.rows();
    if (!commit.readable || rows == files->added_rows) return;
    Report(
        table::FindingKind::kWrongCount, snapshot,
        fmt::format("it says that {} rows came from the offsets it moved, its files hold {}", rows, files->added_rows),
        "its counts or its files were changed by hand: the older metadata files of the table tell which");
  }

  // A commit that replaced rows says in its summary how many. Checks that number.
  void CheckReplaced(const iceberg::Snapshot& snapshot, const SnapshotFiles& files) {
    const auto said = snapshot.summary.find(std::string(iceberg::kSummaryReplaced));
    const int64_t replaced = iceberg::ParseTotal(snapshot.summary, std::string(iceberg::kSummaryReplaced)).value_or(0);
    replaced_ += files.removed_rows;
    removed_ += files.removed_rows;
    const bool told = said == snapshot.summary.end() ? files.removed_rows == 0 : replaced == files.removed_rows;
    if (told) return;
    Report(table::FindingKind::kWrongCount, snapshot,
           fmt::format("it says that it replaced {} rows, its manifests took {} out", replaced, files.removed_rows),
           "its summary or its manifests were changed by hand: roll back to before it");
  }

  // Checks that a snapshot's files are its parent's files plus its own changes.
  void CheckJoinsParent(const iceberg::Snapshot& snapshot, const SnapshotFiles& files) {
    SnapshotFiles before;  // empty for the first snapshot
    if (snapshot.parent_snapshot_id) {
      const auto parent = manifests_.snapshots.find(*snapshot.parent_snapshot_id);
      if (parent == manifests_.snapshots.end()) return;
      before = parent->second;
    } else if (!history_.complete) {
      return;
    }
    const int64_t expected = before.files + files.added_files - files.removed_files;
    const int64_t expected_rows = before.rows + files.added_rows - files.removed_rows;
    if (files.files == expected && files.rows == expected_rows) return;
    if (snapshot.summary.contains(std::string(table::kSummaryRepaired)) && files.rows <= expected_rows) {
      others_added_ -= expected_rows - files.rows;  // the repair removed files that were listed twice
      return;
    }
    Report(
        table::FindingKind::kManifestDisagrees, snapshot,
        fmt::format("its manifests hold {} data files with {} rows; its parent's and its own changes make {} with {}",
                    files.files, files.rows, expected, expected_rows),
        "a manifest was left out or put in by hand: roll back to its parent");
  }

  void CheckOthers(const iceberg::Snapshot& snapshot, const SnapshotFiles& files) {
    // In an errors table, a replay rewrites the same rows with marks.
    const bool marks = snapshot.summary.contains(std::string(table::kSummaryMarked));
    const bool rewrite = marks || snapshot.operation() == "replace";
    Note(snapshot, files, rewrite);
    const bool ours = marks || snapshot.summary.contains(std::string(table::kSummaryRepaired));
    if (options_.exclusive && !ours) {
      Report(table::FindingKind::kForeignCommit, snapshot,
             fmt::format("{} made it ({}): {} rows added, {} removed", table::WriterOf(snapshot), snapshot.operation(),
                         files.added_rows, files.removed_rows),
             "--exclusive says that nobody else writes to this table: leave it out, or roll back to before that");
    }
    if (!rewrite) {
      removed_ += files.removed_rows;
      return;
    }
    rewritten_ |= !marks;
    const int64_t lost = files.removed_rows - files.added_rows;
    removed_ += std::max<int64_t>(lost, 0);
    // The rewrite may have applied delete files, which removes rows.
    const auto parent = manifests_.snapshots.find(snapshot.parent_snapshot_id.value_or(-1));
    const bool applied = parent == manifests_.snapshots.end() || parent->second.delete_files > 0;
    if (lost == 0 || (lost > 0 && applied)) return;
    Report(table::FindingKind::kWrongCount, snapshot,
           fmt::format("{} rewrote {} rows and {} came out of it", table::WriterOf(snapshot), files.removed_rows,
                       files.added_rows),
           "compaction must keep every row: roll back to before it and tell its maker");
  }

  void Note(const iceberg::Snapshot& snapshot, const SnapshotFiles& files, bool rewrite) {
    others_added_ += files.added_rows - files.removed_rows;
    if (history_.ref != iceberg::kMainBranch) return;
    const std::string name = table::WriterOf(snapshot);
    const auto [place, is_new] = places_.try_emplace(name, report_.others.size());
    if (is_new) report_.others.push_back(WriterReport{name});
    WriterReport* const writer = &report_.others[place->second];
    ++writer->commits;
    writer->rewrites += rewrite ? 1 : 0;
    writer->added_rows += rewrite ? 0 : files.added_rows;
    writer->removed_rows += rewrite ? 0 : files.removed_rows;
  }

  // --- Totals

  // Rows that pipelines committed: before the kept history, and in total.
  std::pair<int64_t, int64_t> CommittedRows() const {
    int64_t before = 0;
    int64_t all = 0;
    for (const table::OffsetAccount& account : accounts_.list) {
      for (const auto& [id, partition] : account.partitions) {
        for (const table::Stretch& stretch : partition.stretches) {
          all += stretch.counts.rows;
          if (stretch.snapshot == nullptr) before += stretch.counts.rows - stretch.replayed;
        }
      }
    }
    return {before, all};
  }

  void CheckTotals() {
    const bool known =
        std::all_of(accounts_.list.begin(), accounts_.list.end(),
                    [](const table::OffsetAccount& account) { return account.joins() && account.whole(); });
    if (!known || !readable_ || history_.commits.empty()) return;
    const auto [before, all] = CommittedRows();
    if (history_.complete) return CheckTotal(all + accounts_.forgotten_rows + others_added_ - replaced_);
    const iceberg::Snapshot& oldest = *history_.commits.front().snapshot;
    const SnapshotFiles* files = FilesOf(oldest);
    if (files == nullptr) return;
    // Rows of unknown origin from before the oldest kept commit.
    unknown_before_ = files->rows - files->added_rows + files->removed_rows - before;
    if (unknown_before_ >= 0) return;
    const std::string what = fmt::format(
        "{} rows that were committed before it are not there any more: deleted by others before history was expired, "
        "or lost",
        -unknown_before_);
    if (options_.exclusive) {
      Report(table::FindingKind::kMissingOffset, oldest, what,
             "compare with the topic (--against-topic), and read them again into a table of their own");
    } else {
      report_.unproved.push_back(
          fmt::format("snapshot {}: {} (--exclusive makes this a failure)", oldest.snapshot_id, what));
    }
  }

  void CheckTotal(int64_t expected) {
    const iceberg::Snapshot& head = *history_.commits.back().snapshot;
    const SnapshotFiles* files = FilesOf(head);
    if (files == nullptr || files->rows == expected) return;
    Report(table::FindingKind::kWrongCount, head,
           fmt::format("the table has {} rows, all commits together make {}", files->rows, expected),
           "the commits that do not fit are named beside this");
  }

  // --- Files and rows

  Status CheckFiles() {
    if (history_.commits.empty()) return {};
    const auto live = manifests_.live.find(history_.commits.back().snapshot->snapshot_id);
    if (live == manifests_.live.end()) return {};
    std::vector<LiveFile> all;  // each file once; but one file may hold many deletion vectors, and each is kept
    std::unordered_set<std::string> seen;
    for (const LiveFile& file : live->second) {
      if (file.content != iceberg::FileContent::kData || seen.insert(file.path).second) all.push_back(file);
    }
    table::Findings damage;
    DeleteFiles deletes;
    FRAZIL_RETURN_IF_ERROR(deletes.Read(all, *table_.metadata, *table_.io, damage));
    std::vector<LiveFile> files;
    std::copy_if(all.begin(), all.end(), std::back_inserter(files),
                 [](const LiveFile& file) { return file.content == iceberg::FileContent::kData; });
    OpenCensus(deletes);
    FRAZIL_ASSIGN_OR_RETURN(const auto footers, AuditData(files, deletes, damage));
    readable_ &= damage.empty();
    report_.findings.insert(report_.findings.end(), damage.begin(), damage.end());
    NoteOtherFormats(files);
    NoteDeletes(deletes);
    NoteStrangers(files, footers);
    // If others may have removed or rewritten rows, rows that seem to be missing are no finding.
    const bool kept = readable_ && history_.complete && removed_ == 0 && !rewritten_;
    origins_ = AuditOrigins(files, footers, accounts_, kept, report_.findings);
    return {};
  }

  // Reads the data files. Files that cannot be read are added to `damage`, and wrong contents to the report.
  Result<std::vector<std::optional<FileFooter>>> AuditData(const std::vector<LiveFile>& files, DeleteFiles& deletes,
                                                           table::Findings& damage) {
    const StatisticsAudit statistics(*table_.metadata, options_.deep);
    Visits visits;
    std::optional<arrow::CappedMemoryPool> pool;
    if (options_.deep && options_.page_memory) {
      const int64_t bytes = options_.page_memory();
      pool.emplace(arrow::default_memory_pool(), arrow::default_memory_pool()->bytes_allocated() + bytes);
      // If the memory is not enough for several files at a time, a file is read again alone, with all of it.
      visits = {static_cast<size_t>(std::clamp<int64_t>(bytes / kBytesOfOneFile, 1, 16)), /*again_alone=*/true};
    }
    std::mutex mutex;
    const Look look = [&](const LiveFile& file, const FileFooter& footer, parquet::DataFileReader& reader) -> Status {
      FRAZIL_ASSIGN_OR_RETURN(const table::Findings found, statistics.Check(file, footer, reader));
      FRAZIL_ASSIGN_OR_RETURN(const OffsetSet* deleted, deletes.DeletedIn(file, options_.deep ? &reader : nullptr));
      {
        std::lock_guard lock(mutex);
        report_.findings.insert(report_.findings.end(), found.begin(), found.end());
        deleted_ += deleted == nullptr ? 0 : deleted->CountIn(0, file.rows);
      }
      if (!census_) return {};
      Status counted = census_->Add(file, footer, reader, deleted);
      // Part of the file was counted, so it must not be read again.
      if (!counted && counted.error().kind == ErrorKind::kUnavailable) counted.error().kind = ErrorKind::kIo;
      return counted;
    };
    auto footers = AuditFiles(files, *table_.io, look, damage, visits, pool ? &*pool : nullptr);
    if (!footers && pool && footers.error().kind == ErrorKind::kUnavailable) {
      return Wrap(
          footers.error(),
          "a page does not fit into what --deep may take: raise --memory-limit-mb, or memory_limit_mb of the pipeline");
    }
    return footers;
  }

  void OpenCensus(const DeleteFiles& deletes) {
    if (accounts_.list.empty()) return;
    const auto columns = FindPositionColumns(*table_.metadata->schema());
    if (!columns) {
      Unproved(
          "the table has no columns _kafka_partition and _kafka_offset ('metadata: [partition, offset]'): proved by "
          "count");
      return;
    }
    if (deletes.any_equality() && !options_.deep) return;
    census_.emplace(*columns, accounts_);
  }

  // Notes rows that delete files remove. A pipeline never writes delete files.
  void NoteDeletes(const DeleteFiles& deletes) {
    if (deletes.files() == 0) return;
    removed_ += deleted_;
    if (history_.ref == iceberg::kMainBranch) report_.deleted_rows = deleted_;
    const bool untold = deletes.any_equality() && !options_.deep;
    if (untold) {
      Unproved(fmt::format(
          "{} equality-delete files with {} keys take rows out when the table is read; which, only the rows "
          "tell (--deep reads them): proved by count",
          deletes.equality_files(), deletes.equality_keys()));
    }
    if (!options_.exclusive || (deleted_ == 0 && !untold)) return;
    Report(table::FindingKind::kDeletedRows, *history_.commits.back().snapshot,
           fmt::format("{} delete files take {} rows out when the table is read{}", deletes.files(), deleted_,
                       untold ? ", and those of equality deletes" : ""),
           "--exclusive says that nobody else writes to this table: leave it out, or roll back to before them");
  }

  void NoteOtherFormats(const std::vector<LiveFile>& files) {
    std::map<std::string, int64_t> others;
    for (const LiveFile& file : files) {
      if (!EqualsIgnoringCase(file.format, "parquet")) ++others[Lower(file.format)];
    }
    for (const auto& [format, count] : others) {
      Unproved(fmt::format("{} data files are of format {}: that they are there is all that is known of them", count,
                           format));
    }
  }

  // Notes files of pipelines whose offsets the table does not keep.
  void NoteStrangers(const std::vector<LiveFile>& files, const std::vector<std::optional<FileFooter>>& footers) {
    std::map<std::string, int64_t> strangers;
    for (size_t i = 0; i < files.size(); ++i) {
      if (!footers[i] || footers[i]->pipeline.empty()) continue;
      const std::string& pipeline = footers[i]->pipeline;
      const bool known = std::any_of(
          accounts_.list.begin(), accounts_.list.end(),
          [&](const table::OffsetAccount& account) { return accounts_.Find(pipeline, account.topic) == &account; });
      if (!known) ++strangers[pipeline];
    }
    for (const auto& [pipeline, count] : strangers) {
      Unproved(
          fmt::format("{} files are of pipeline '{}', of which the table keeps no offsets: delivered at least once, "
                      "or its offsets were removed",
                      count, pipeline));
    }
  }

  // --- What is proved

  void Unproved(std::string what) { report_.unproved.push_back(std::move(what)); }

  Status Conclude() {
    if (history_.ref == iceberg::kMainBranch && !history_.complete && !history_.commits.empty()) {
      report_.history_from_ms = history_.commits.front().snapshot->timestamp_ms;
    }
    bool by_offset = !accounts_.list.empty();
    bool by_files = !accounts_.list.empty();
    for (const table::OffsetAccount& account : accounts_.list) {
      AccountReport proved{history_.ref, account, 0, Proof::kNone, std::nullopt};
      proved.commits =
          std::count_if(history_.commits.begin(), history_.commits.end(), [&](const table::Commit& commit) {
            return std::any_of(commit.ranges.begin(), commit.ranges.end(), [&](const auto& range) {
              return accounts_.Find(commit.pipeline, range.source.topic) == &account;
            });
          });
      proved.proof = Prove(account);
      if (options_.open_topic) {
        FRAZIL_ASSIGN_OR_RETURN(proved.topic, ReadTopic(account));
      }
      by_offset &= proved.proof == Proof::kByOffset;
      by_files &= origins_.proved.contains(&account);
      report_.accounts.push_back(std::move(proved));
    }
    if (unknown_before_ > 0 && !by_offset && !by_files && !accounts_.list.empty()) {
      Unproved(
          fmt::format("{} rows came before the history that is kept and are not counted by a pipeline: others wrote "
                      "them, or they are there twice",
                      unknown_before_));
    }
    return {};
  }

  Result<std::optional<TopicAudit>> ReadTopic(const table::OffsetAccount& account) {
    const std::string which = "topic " + account.topic;
    FRAZIL_ASSIGN_OR_RETURN(const auto source, options_.open_topic(account.pipeline, account.topic));
    if (source->topics() == nullptr) {
      Unproved(fmt::format("{}: its source keeps no topic that could be read again", which));
      return std::nullopt;
    }
    const bool rows_are_known = census_ && readable_ && census_->unplaced() == 0;
    auto audit = AuditTopic(*source, *source->topics(), account, rows_are_known ? &*census_ : nullptr, removed_,
                            report_.findings);
    if (!audit && audit.error().kind == ErrorKind::kNotFound) {
      Unproved(fmt::format("{} could not be read again: {}", which, audit.error().message));
      return std::nullopt;
    }
    if (!audit) return Wrap(audit.error(), which);
    if (audit->unreached > 0) {
      Unproved(fmt::format("{}: {} offsets were accounted for that it does not reach back to any more", which,
                           audit->unreached));
    }
    if (audit->compacted) {
      Unproved(which + " is compacted: that it has fewer records now than were committed is as it should be");
    }
    return *audit;
  }

  // True if there was a rewind.
  bool NoteRewinds(const table::OffsetAccount& account) {
    bool any = false;
    for (const auto& [id, partition] : account.partitions) {
      if (!partition.rewound) continue;
      any = true;
      Unproved(
          fmt::format("topic {}, partition {}: a rewind had offsets {} to {} read again, so that each may be there "
                      "twice",
                      account.topic, id, partition.rewound->first, partition.rewound->second - 1));
    }
    if (any && census_)
      Unproved(fmt::format("topic {}: {} rows are there again", account.topic, census_->Again(account)));
    return any;
  }

  Proof Prove(const table::OffsetAccount& account) {
    const bool by_count = account.sound() && account.whole() && readable_;
    const bool rewound = NoteRewinds(account);
    if (account.sound() && !account.whole() && !rewound) {
      Unproved(
          fmt::format("topic {}: the pipeline counts anew since a rollback, and what it had committed before is not "
                      "in the history that is kept",
                      account.topic));
    }
    if (!census_ || !readable_) return by_count ? Proof::kByCount : Proof::kNone;
    OffsetCensus::Removed removed;
    removed.kept = options_.exclusive ? replaced_ : removed_;
    removed.before = !options_.exclusive && !history_.complete;
    const auto verdict = census_->Judge(account, removed, report_.findings);
    if (!account.sound() || verdict.found) return Proof::kNone;
    if (verdict.proved && !rewound) return Proof::kByOffset;
    const int64_t missing = verdict.missing + verdict.missing_before;
    if (census_->unplaced() > 0) {
      Unproved(
          fmt::format("{} rows do not tell which offset of which topic they are (written before the table had the "
                      "columns, or rewritten while it has several topics and no column _kafka_topic): topic {} is "
                      "proved by count, and no offset of the others is there twice",
                      census_->unplaced(), account.topic));
    } else if (missing > 0) {
      Unproved(
          fmt::format("topic {}: {} rows that were committed are not there: {}others removed {} in the history that "
                      "is kept{}",
                      account.topic, missing, replaced_ > 0 ? fmt::format("loads replaced {} rows, ", replaced_) : "",
                      removed_ - replaced_, history_.complete ? "" : ", and may have removed any number before"));
    }
    return by_count ? Proof::kByCount : Proof::kNone;
  }

  const catalog::LoadedTable& table_;
  const ManifestAudit& manifests_;
  const VerifyOptions& options_;
  const table::BranchHistory history_;
  VerifyReport& report_;
  table::OffsetAccounts accounts_;
  std::optional<OffsetCensus> census_;
  OriginAudit origins_;
  std::unordered_map<std::string, size_t> places_;  // in report_.others, by name: a history may have many writers
  int64_t others_added_ = 0;                        // rows, less those they removed
  int64_t deleted_ = 0;                             // rows that delete files take out when the table is read
  int64_t removed_ = 0;                             // rows of ours that others, or loads of ours, may have taken out
  int64_t replaced_ = 0;                            // of them, by loads (commit_mode: overwrite)
  int64_t unknown_before_ = 0;                      // rows before the history that is kept which are not ours
  bool rewritten_ = false;                          // others compacted
  bool readable_ = true;                            // every manifest, and every live file, is as it should be
};

}  // namespace

Status AuditBranch(const catalog::LoadedTable& table, const std::string& ref,
                   const std::vector<table::StoredState>& states, const ManifestAudit& manifests,
                   const VerifyOptions& options, VerifyReport& report) {
  FRAZIL_ASSIGN_OR_RETURN(table::BranchHistory history,
                          table::ReadBranchHistory(*table.metadata, ref, *table.io, report.findings));
  return BranchAuditor(table, manifests, options, std::move(history), report).Run(states);
}

}  // namespace frazil::ops
