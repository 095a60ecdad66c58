#include "table/branch_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "table/offset_history.h"

namespace frazil::table {
namespace {

using iceberg::Snapshot;

// The sequence number of a table's first snapshot (0 in format v1).
constexpr int64_t kFirstSequence = 1;

std::string Summary(const Snapshot& snapshot, std::string_view key) {
  const auto found = snapshot.summary.find(std::string(key));
  return found == snapshot.summary.end() ? std::string() : found->second;
}

// Stores a part of a commit, or notes that it cannot be read.
template <class T>
Status Take(Result<T> told, T& into, const Snapshot& snapshot, const std::string& file, Commit& commit,
            Findings& findings) {
  if (told) {
    into = *std::move(told);
    return {};
  }
  commit.readable = false;
  if (told.error().kind == ErrorKind::kCorrupt) {
    findings.push_back({FindingKind::kWrongCount, fmt::format("snapshot {}", snapshot.snapshot_id),
                        "what it says of the offsets it moved cannot be: " + told.error().message,
                        "the counts of this commit cannot be proved; those of the whole still can"});
  } else if (told.error().kind == ErrorKind::kNotFound) {
    findings.push_back({FindingKind::kMissingFile, file,
                        fmt::format("snapshot {} says that the offsets it moved stand there", snapshot.snapshot_id),
                        "restore it; a clean-up of orphan files must leave the table's metadata folder alone"});
  } else {
    return tl::unexpected<Error>(told.error());
  }
  return {};
}

Result<Commit> ReadCommit(const Snapshot& snapshot, io::FileIo& io, Findings& findings) {
  Commit commit;
  commit.snapshot = &snapshot;
  commit.pipeline = Summary(snapshot, kSummaryPipeline);
  commit.forgotten = Summary(snapshot, kSummaryForgotten);
  FRAZIL_RETURN_IF_ERROR(
      Take(RangesOf(snapshot, io), commit.ranges, snapshot, Summary(snapshot, kSummaryRangesFile), commit, findings));
  FRAZIL_RETURN_IF_ERROR(
      Take(ReplayedBy(snapshot, io), commit.replayed, snapshot, snapshot.manifest_list, commit, findings));
  return commit;
}

}  // namespace

int64_t Commit::rows() const {
  int64_t sum = 0;
  for (const auto& range : ranges) sum += range.counts.rows;
  for (const auto& run : replayed.list()) sum += run.rows;
  return sum;
}

Result<BranchHistory> ReadBranchHistory(const iceberg::TableMetadata& metadata, const std::string& ref, io::FileIo& io,
                                        Findings& findings) {
  BranchHistory history;
  history.ref = ref;
  std::set<int64_t> inside;
  const Snapshot* snapshot = metadata.RefHead(ref);
  while (snapshot != nullptr && inside.insert(snapshot->snapshot_id).second) {
    FRAZIL_ASSIGN_OR_RETURN(history.commits.emplace_back(), ReadCommit(*snapshot, io, findings));
    // A missing parent id does not prove that there was no parent: PyIceberg's expiry removes the id, and Nessie hides
    // parents.
    history.complete = !snapshot->parent_snapshot_id && snapshot->sequence_number <= kFirstSequence;
    snapshot = metadata.ParentOf(*snapshot);
  }
  std::reverse(history.commits.begin(), history.commits.end());
  for (const Snapshot& other : metadata.snapshots) {
    if (inside.contains(other.snapshot_id) || Summary(other, kSummaryPipeline).empty()) continue;
    Findings passed_over;  // of what is not in the branch
    FRAZIL_ASSIGN_OR_RETURN(history.outside.emplace_back(), ReadCommit(other, io, passed_over));
  }
  return history;
}

std::string WriterOf(const Snapshot& snapshot) {
  const std::string engine = Summary(snapshot, "engine-name");
  const std::string version = Summary(snapshot, "engine-version");
  if (!engine.empty()) return version.empty() ? engine : engine + " " + version;
  if (!Summary(snapshot, "trino_query_id").empty()) return "trino";
  if (!Summary(snapshot, "flink.job-id").empty()) return "flink";
  return "another writer";
}

}  // namespace frazil::table
