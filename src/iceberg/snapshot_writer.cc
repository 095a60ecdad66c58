#include "iceberg/snapshot_writer.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "common/failpoint.h"
#include "common/random.h"
#include "iceberg/location_provider.h"
#include "iceberg/plausible.h"
#include "iceberg/row_lineage.h"
#include "iceberg/snapshot_manifests.h"
#include "iceberg/snapshot_summary.h"
#include "io/file_io.h"

namespace frazil::iceberg {
namespace {

// Adds to the complete snapshot and its manifests what the format version demands.
Status FinishForVersion(const TableMetadata& base, Snapshot& snapshot, std::vector<ManifestFile>& manifests) {
  if (base.format_version < 3) return {};
  snapshot.first_row_id = base.next_row_id.value_or(0);
  FRAZIL_ASSIGN_OR_RETURN(snapshot.added_rows, AssignRowIds(*snapshot.first_row_id, manifests));
  return {};
}

}  // namespace

SnapshotWriter::SnapshotWriter(std::string ref, FileChangePtr change, std::map<std::string, std::string> summary)
    : ref_(std::move(ref)),
      change_(std::move(change)),
      summary_(std::move(summary)),
      uuid_(RandomUuid()),
      snapshot_id_(RandomSnapshotId()) {}

Result<SnapshotWriter::Attempt> SnapshotWriter::Prepare(const TableMetadata& base, io::FileIo& io, int64_t now_ms,
                                                        const MakeNotes& notes) {
  if (base.format_version != 2 && base.format_version != 3) {
    return Fail(ErrorKind::kUnsupported, "table {}: format version {} can not be written, only 2 and 3", base.location,
                base.format_version);
  }
  const auto ref = base.refs.find(ref_);
  if (ref != base.refs.end() && !ref->second.is_branch) {
    return Fail(ErrorKind::kInvalidArgument, "\"{}\" is a tag: only branches can be appended to", ref_);
  }
  const Snapshot* parent = base.RefHead(ref == base.refs.end() ? kMainBranch : std::string_view(ref_));
  if (!manifests_) {
    while (base.snapshots.Contains(snapshot_id_)) snapshot_id_ = RandomSnapshotId();
    manifests_.emplace(snapshot_id_, uuid_);
  }
  ++attempts_;

  std::vector<ManifestFile> older;
  if (parent != nullptr) {
    FRAZIL_ASSIGN_OR_RETURN(older, ManifestsOf(*parent, io));
  }
  FRAZIL_ASSIGN_OR_RETURN(const FileDelta* const delta, change_->On({base, parent, older, io}));
  FRAZIL_ASSIGN_OR_RETURN(CommitManifests::Changed changed,
                          manifests_->Apply(base, *delta, std::move(older), ref_, io));
  FRAZIL_FAILPOINT("after-manifest-put");

  Attempt attempt;
  Snapshot& snapshot = attempt.snapshot;
  snapshot.snapshot_id = snapshot_id_;
  if (parent != nullptr) snapshot.parent_snapshot_id = parent->snapshot_id;
  snapshot.sequence_number = base.last_sequence_number + 1;
  FRAZIL_RETURN_IF_ERROR(CheckPlausible("the next sequence number", snapshot.sequence_number, kLargestSequenceNumber));
  Notes said = notes ? notes(snapshot) : Notes();
  // Time travel uses these timestamps, so each snapshot must be newer than everything before it.
  snapshot.timestamp_ms = std::max({now_ms, base.last_updated_ms + 1, base.snapshots.newest_timestamp_ms() + 1});
  FRAZIL_RETURN_IF_ERROR(CheckPlausible("the next snapshot's timestamp-ms", snapshot.timestamp_ms, kLargestMillis));
  snapshot.schema_id = base.current_schema_id;
  snapshot.summary = SummaryOfFiles(*delta, changed.gone, parent);
  snapshot.summary.insert({"engine-name", "frazil"});
  snapshot.summary.insert(delta->summary.begin(), delta->summary.end());
  for (const auto& [key, value] : summary_) snapshot.summary.insert_or_assign(key, value);
  snapshot.summary.merge(said.summary);
  said.manifest_list.insert(list_notes_.begin(), list_notes_.end());
  snapshot.manifest_list =
      LocationProvider(base).MetadataFile(fmt::format("snap-{}-{}-{}.avro", snapshot_id_, attempts_, uuid_));
  FRAZIL_RETURN_IF_ERROR(FinishForVersion(base, snapshot, changed.manifests));
  const ManifestListContext context{.format_version = base.format_version,
                                    .snapshot_id = snapshot_id_,
                                    .parent_snapshot_id = snapshot.parent_snapshot_id,
                                    .sequence_number = snapshot.sequence_number,
                                    .codec = ManifestCodecOf(base),
                                    .notes = std::move(said.manifest_list)};
  FRAZIL_ASSIGN_OR_RETURN(const auto bytes, WriteManifestList(context, changed.manifests));
  lists_.push_back(snapshot.manifest_list);
  FRAZIL_RETURN_IF_ERROR(io.WriteAll(snapshot.manifest_list, bytes));
  FRAZIL_RETURN_IF_ERROR(CheckStored(io, *delta, snapshot.manifest_list, bytes.size(), changed.manifests));
  FRAZIL_FAILPOINT("after-list-put");

  SnapshotRef head = ref == base.refs.end() ? SnapshotRef{} : ref->second;  // keeps its retention settings
  head.snapshot_id = snapshot_id_;
  attempt.updates = {AddSnapshot{snapshot}, SetSnapshotRef{ref_, head}};
  attempt.requirements = RequirementsFor(base, attempt.updates);
  return attempt;
}

Status SnapshotWriter::CheckStored(io::FileIo& io, const FileDelta& delta, const std::string& list, size_t list_bytes,
                                   const std::vector<ManifestFile>& manifests) const {
  for (const DataFile& file : delta.added) {
    FRAZIL_RETURN_IF_ERROR(io.CheckStored(file.file_path, file.file_size_in_bytes));
  }
  const std::vector<std::string>& written = manifests_->written();
  for (const ManifestFile& manifest : manifests) {
    if (std::find(written.begin(), written.end(), manifest.manifest_path) == written.end()) continue;
    FRAZIL_RETURN_IF_ERROR(io.CheckStored(manifest.manifest_path, manifest.manifest_length));
  }
  return io.CheckStored(list, static_cast<int64_t>(list_bytes));
}

std::vector<std::string> SnapshotWriter::Written() const {
  std::vector<std::string> written = lists_;
  if (manifests_) written.insert(written.end(), manifests_->written().begin(), manifests_->written().end());
  return written;
}

std::vector<std::string> SnapshotWriter::Unused(const Snapshot* committed,
                                                const std::vector<ManifestFile>& in_use) const {
  std::vector<std::string> unused = Written();
  if (committed == nullptr) return unused;
  std::set<std::string> used{committed->manifest_list};
  for (const auto& manifest : in_use) used.insert(manifest.manifest_path);
  std::erase_if(unused, [&](const std::string& path) { return used.contains(path); });
  return unused;
}

}  // namespace frazil::iceberg
