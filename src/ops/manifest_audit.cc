#include "ops/manifest_audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <unordered_set>
#include <utility>

#include "common/system/parallel.h"
#include "iceberg/manifest.h"
#include "iceberg/manifest_packing.h"
#include "iceberg/snapshot_manifests.h"
#include "ops/manifest_partitions.h"

namespace frazil::ops {
namespace {

using iceberg::EntryStatus;
using iceberg::FileContent;
using iceberg::ManifestContent;
using iceberg::ManifestEntry;
using iceberg::ManifestFile;
using iceberg::Snapshot;
using Manifests = std::vector<ManifestFile>;

constexpr size_t kTogether = 16;  // lists or manifests at a time; reading mostly waits for the storage

constexpr std::string_view kMendMetadata =
    "roll back to a snapshot that agrees; an older metadata file of the table tells what was changed";

struct Sum {
  int64_t files = 0;
  int64_t rows = 0;
  void Add(const ManifestEntry& entry) {
    ++files;
    rows += entry.data_file.record_count;
  }
};

// The sums over the entries of one manifest.
struct Tally {
  Sum added, existing, deleted;
  bool has_deletes = false;  // it lists delete files

  void Add(const ManifestEntry& entry) {
    has_deletes |= entry.data_file.content != FileContent::kData;
    Sum& sum = entry.status == EntryStatus::kAdded      ? added
               : entry.status == EntryStatus::kExisting ? existing
                                                        : deleted;
    sum.Add(entry);
  }
};

// The parts of a manifest that are checked.
struct Contents {
  int64_t size = 0;  // the size of the manifest file
  Tally tally;
  std::vector<LiveFile> live;
  std::vector<std::string> disagreements;  // between its partitions and the table or the list
};

Result<Contents> ReadContents(const ManifestFile& manifest, const iceberg::TableMetadata& metadata, io::FileIo& io) {
  FRAZIL_ASSIGN_OR_RETURN(const std::string bytes, io.ReadAll(manifest.manifest_path));
  FRAZIL_ASSIGN_OR_RETURN(auto entries, iceberg::ReadManifest(bytes, manifest));
  Contents contents;
  FRAZIL_ASSIGN_OR_RETURN(contents.disagreements, PartitionDisagreements(manifest, bytes, entries, metadata));
  contents.size = static_cast<int64_t>(bytes.size());
  for (ManifestEntry& entry : entries) {
    contents.tally.Add(entry);
    if (entry.status == EntryStatus::kDeleted) continue;
    const int64_t sequence_number = entry.sequence_number.value_or(manifest.sequence_number);
    const auto kept = std::make_shared<const iceberg::DataFile>(std::move(entry.data_file));
    const iceberg::DataFile& file = *kept;
    contents.live.push_back({file.file_path, file.file_size_in_bytes, file.record_count, file.content, file.file_format,
                             file.spec_id, file.partition, sequence_number, kept});
  }
  return contents;
}

// True for errors in the bytes, false for errors of the storage.
bool IsDamage(const Error& error) {
  return error.kind == ErrorKind::kNotFound || error.kind == ErrorKind::kCorrupt ||
         error.kind == ErrorKind::kInvalidArgument || error.kind == ErrorKind::kUnsupported;
}

class Auditor {
 public:
  Auditor(const iceberg::TableMetadata& metadata, const std::set<int64_t>& heads, io::FileIo& io,
          table::Findings& findings)
      : metadata_(metadata), heads_(heads), io_(io), findings_(findings) {}

  Result<ManifestAudit> Run() {
    CheckMetadata();
    // Heads come first, so that their files are not listed in `history` as well.
    std::vector<const Snapshot*> order;
    for (const Snapshot& snapshot : metadata_.snapshots) order.push_back(&snapshot);
    std::stable_partition(order.begin(), order.end(),
                          [&](const Snapshot* snapshot) { return heads_.contains(snapshot->snapshot_id); });
    for (size_t begin = 0; begin < order.size(); begin += kTogether) {
      const size_t count = std::min(kTogether, order.size() - begin);
      FRAZIL_RETURN_IF_ERROR(Check(std::span(order).subspan(begin, count)));
    }
    audit_.manifests = static_cast<int64_t>(tallies_.size());
    return std::move(audit_);
  }

 private:
  void Disagree(std::string where, std::string what) {
    findings_.push_back(
        {table::FindingKind::kManifestDisagrees, std::move(where), std::move(what), std::string(kMendMetadata)});
  }
  static std::string Where(const Snapshot& snapshot) { return fmt::format("snapshot {}", snapshot.snapshot_id); }

  void Damaged(const std::string& location, const Snapshot& snapshot, const Error& error) {
    const bool missing = error.kind == ErrorKind::kNotFound;
    findings_.push_back({missing ? table::FindingKind::kMissingFile : table::FindingKind::kUnreadableFile, location,
                         fmt::format("snapshot {} needs it: {}", snapshot.snapshot_id, error.message),
                         "restore it from a backup, or roll back to a snapshot without it"});
  }

  void CheckMetadata() {
    const auto current = metadata_.current_snapshot_id;
    if (current && metadata_.FindSnapshot(*current) == nullptr) {
      Disagree("metadata", fmt::format("the current snapshot {} is not among the snapshots", *current));
    }
    for (const auto& [name, ref] : metadata_.refs) {
      if (metadata_.FindSnapshot(ref.snapshot_id) != nullptr) continue;
      Disagree("metadata", fmt::format("'{}' points to snapshot {}, which is not there", name, ref.snapshot_id));
    }
    const Snapshot* main = metadata_.RefHead(iceberg::kMainBranch);
    if (main != nullptr && current && main->snapshot_id != *current) {
      Disagree("metadata", fmt::format("the current snapshot is {}, but main is at {}", *current, main->snapshot_id));
    }
    for (const Snapshot& snapshot : metadata_.snapshots) {
      if (snapshot.sequence_number > metadata_.last_sequence_number) {
        Disagree(Where(snapshot), fmt::format("its sequence number {} is above the table's last, {}",
                                              snapshot.sequence_number, metadata_.last_sequence_number));
      }
      const auto parent_id = snapshot.parent_snapshot_id;
      const Snapshot* parent = parent_id ? metadata_.FindSnapshot(*parent_id) : nullptr;
      if (parent != nullptr && !ComesAfter(snapshot, *parent)) {
        Disagree(Where(snapshot), fmt::format("its sequence number {} is not above its parent's, {}",
                                              snapshot.sequence_number, parent->sequence_number));
      }
    }
  }

  // Checks some snapshots. Their lists and manifests are read in parallel.
  Status Check(std::span<const Snapshot* const> snapshots) {
    std::vector<Result<Manifests>> lists(snapshots.size());
    FRAZIL_RETURN_IF_ERROR(ForEachInParallel(lists.size(), kTogether, [&](size_t i) -> Status {
      lists[i] = iceberg::ManifestsOf(*snapshots[i], io_);
      return lists[i] || IsDamage(lists[i].error()) ? Status() : tl::unexpected<Error>(lists[i].error());
    }));
    for (size_t i = 0; i < lists.size(); ++i) {
      const Snapshot& snapshot = *snapshots[i];
      if (lists[i]) continue;
      Damaged(snapshot.manifest_list.empty() ? Where(snapshot) : snapshot.manifest_list, snapshot, lists[i].error());
    }
    FRAZIL_RETURN_IF_ERROR(ReadManifests(snapshots, lists));
    for (size_t i = 0; i < lists.size(); ++i) {
      if (lists[i]) Check(*snapshots[i], *lists[i]);
    }
    return {};
  }

  // Reads the manifests that were not read yet. For a head it reads all, because their live files are needed.
  Status ReadManifests(std::span<const Snapshot* const> snapshots, const std::vector<Result<Manifests>>& lists) {
    std::vector<std::pair<const ManifestFile*, const Snapshot*>> wanted;
    std::set<std::string> paths;
    for (size_t i = 0; i < lists.size(); ++i) {
      if (!lists[i]) continue;
      const bool head = heads_.contains(snapshots[i]->snapshot_id);
      for (const ManifestFile& manifest : *lists[i]) {
        const bool is_new = !tallies_.contains(manifest.manifest_path) && paths.insert(manifest.manifest_path).second;
        if (is_new || head) wanted.emplace_back(&manifest, snapshots[i]);
      }
    }
    std::vector<Result<Contents>> contents(wanted.size());
    FRAZIL_RETURN_IF_ERROR(ForEachInParallel(wanted.size(), kTogether, [&](size_t i) -> Status {
      contents[i] = ReadContents(*wanted[i].first, metadata_, io_);
      return contents[i] || IsDamage(contents[i].error()) ? Status() : tl::unexpected<Error>(contents[i].error());
    }));
    for (size_t i = 0; i < wanted.size(); ++i) Take(*wanted[i].first, *wanted[i].second, std::move(contents[i]));
    return {};
  }

  void Take(const ManifestFile& manifest, const Snapshot& snapshot, Result<Contents> contents) {
    const auto [known, is_new] = tallies_.try_emplace(manifest.manifest_path);
    if (!contents) {
      if (is_new) Damaged(manifest.manifest_path, snapshot, contents.error());
      return;
    }
    if (is_new && contents->size != manifest.manifest_length) {
      Disagree(manifest.manifest_path, fmt::format("it has {} bytes, the manifest list of snapshot {} says {}",
                                                   contents->size, snapshot.snapshot_id, manifest.manifest_length));
    }
    for (std::string& each : contents->disagreements) {
      if (told_.insert(manifest.manifest_path + each).second) Disagree(manifest.manifest_path, std::move(each));
    }
    known->second = contents->tally;
    const bool head = heads_.contains(snapshot.snapshot_id);
    for (LiveFile& file : contents->live) {
      if (head) {
        AddLive(snapshot, std::move(file));
      } else if (!live_paths_.contains(file.path)) {
        audit_.history.emplace(std::move(file.path), file.size);
      }
    }
  }

  void AddLive(const Snapshot& snapshot, LiveFile file) {
    live_paths_.insert(file.path);
    // Several deletion vectors may share one file. A data file must be listed only once.
    if (file.content == FileContent::kData && !head_paths_.emplace(snapshot.snapshot_id, file.path).second) {
      findings_.push_back(
          {table::FindingKind::kDoubledFile, file.path,
           fmt::format("snapshot {} refers to it twice: its {} rows count double", snapshot.snapshot_id, file.rows),
           "roll back to before the commit that added it again, or have an engine rewrite the table "
           "without one of them"});
    }
    audit_.live[snapshot.snapshot_id].push_back(std::move(file));
  }

  void Check(const Snapshot& snapshot, const Manifests& manifests) {
    SnapshotFiles sums;
    for (const ManifestFile& manifest : manifests) {
      const std::optional<Tally>& tally = tallies_.at(manifest.manifest_path);
      if (!tally) return;
      CheckListLine(manifest, *tally, snapshot);
      const int64_t files = tally->added.files + tally->existing.files;
      if (manifest.content == ManifestContent::kDeletes) {
        sums.delete_files += files;
        continue;
      }
      sums.files += files;
      sums.rows += tally->added.rows + tally->existing.rows;
      // A snapshot that writes a manifest carries over only live entries. So what is added or deleted in that manifest
      // was added or deleted by that snapshot.
      if (manifest.added_snapshot_id != snapshot.snapshot_id) continue;
      sums.added_files += tally->added.files;
      sums.added_rows += tally->added.rows;
      sums.removed_files += tally->deleted.files;
      sums.removed_rows += tally->deleted.rows;
    }
    CheckSummary(snapshot, sums);
    audit_.snapshots.emplace(snapshot.snapshot_id, sums);
  }

  void CheckListLine(const ManifestFile& manifest, const Tally& tally, const Snapshot& snapshot) {
    const struct {
      const char* what;
      int64_t listed;
      int64_t found;
    } counts[] = {{"added files", manifest.added_files_count, tally.added.files},
                  {"existing files", manifest.existing_files_count, tally.existing.files},
                  {"deleted files", manifest.deleted_files_count, tally.deleted.files},
                  {"added rows", manifest.added_rows_count, tally.added.rows},
                  {"existing rows", manifest.existing_rows_count, tally.existing.rows},
                  {"deleted rows", manifest.deleted_rows_count, tally.deleted.rows}};
    for (const auto& [what, listed, found] : counts) {
      if (listed == found || listed == iceberg::kUnknownCount) continue;
      if (!told_.insert(fmt::format("{} {}", manifest.manifest_path, what)).second) continue;
      Disagree(manifest.manifest_path, fmt::format("it holds {} {}, the manifest list of snapshot {} says {}", found,
                                                   what, snapshot.snapshot_id, listed));
    }
    if ((manifest.content == ManifestContent::kDeletes) != tally.has_deletes &&
        tally.added.files + tally.existing.files + tally.deleted.files > 0) {
      Disagree(manifest.manifest_path, "data files and delete files are listed as each other");
    }
    if (manifest.sequence_number > snapshot.sequence_number) {
      Disagree(manifest.manifest_path,
               fmt::format("its sequence number {} is above that of snapshot {}, {}", manifest.sequence_number,
                           snapshot.snapshot_id, snapshot.sequence_number));
    }
  }

  // A missing total is no error: a writer can only carry on totals that the parent snapshot has.
  void CheckSummary(const Snapshot& snapshot, const SnapshotFiles& sums) {
    const struct {
      const char* key;
      int64_t found;
      bool always;  // absent means 0
    } counts[] = {{"total-data-files", sums.files, false},          {"total-records", sums.rows, false},
                  {"total-delete-files", sums.delete_files, false}, {"added-data-files", sums.added_files, true},
                  {"added-records", sums.added_rows, true},         {"deleted-data-files", sums.removed_files, true},
                  {"deleted-records", sums.removed_rows, true}};
    if (snapshot.summary.empty()) return;
    for (const auto& [key, found, always] : counts) {
      const auto text = snapshot.summary.find(key);
      const bool told = text != snapshot.summary.end();
      if (told ? iceberg::ParseTotal(snapshot.summary, key) == found : !always || found == 0) continue;
      Disagree(Where(snapshot), fmt::format("its summary says {} = {}, its manifests hold {}", key,
                                            told ? text->second : "nothing", found));
    }
  }

  const iceberg::TableMetadata& metadata_;
  const std::set<int64_t>& heads_;
  io::FileIo& io_;
  table::Findings& findings_;
  ManifestAudit audit_;
  std::map<std::string, std::optional<Tally>> tallies_;  // by manifest; none for one that cannot be read
  std::unordered_set<std::string> live_paths_;
  std::set<std::pair<int64_t, std::string>> head_paths_;  // data files of each head
  std::set<std::string> told_;
};

}  // namespace

Result<ManifestAudit> AuditManifests(const iceberg::TableMetadata& metadata, const std::set<int64_t>& heads,
                                     io::FileIo& io, table::Findings& findings) {
  return Auditor(metadata, heads, io, findings).Run();
}

}  // namespace frazil::ops
