#include "iceberg/snapshot_producer.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <set>

#include "common/failpoint.h"
#include "common/random.h"
#include "common/warn_once.h"
#include "iceberg/location_provider.h"
#include "iceberg/manifest_avro.h"
#include "iceberg/manifest_packing.h"
#include "iceberg/plausible.h"
#include "iceberg/snapshot_manifests.h"
#include "io/file_io.h"

namespace frazil::iceberg {
namespace {

// The schema that knows all source columns of `spec`, newest first: partition types come from the sources, and an old
// spec may partition by a column that is gone from the current schema.
SchemaPtr SchemaFor(const TableMetadata& base, const PartitionSpec& spec) {
  const auto knows_all = [&](const SchemaPtr& schema) {
    return std::all_of(spec.fields.begin(), spec.fields.end(),
                       [&](const PartitionField& field) { return schema->FindById(field.source_id) != nullptr; });
  };
  if (knows_all(base.schema())) return base.schema();
  const auto found = std::find_if(base.schemas.rbegin(), base.schemas.rend(), knows_all);
  return found == base.schemas.rend() ? base.schema() : *found;
}

// Iceberg's property for Avro files, of which manifests are some. Other writers may know codecs for theirs that
// manifests are not written in here: no reason to commit nothing.
std::string CodecFor(const TableMetadata& table) {
  constexpr std::string_view kKey = "write.avro.compression-codec", kDefault = "gzip";
  std::string codec = table.Property(kKey, kDefault);
  if (ManifestCodec(codec)) return codec;
  log::WarnOnce(
      fmt::format("table property {} is '{}', by which no manifest is packed here (gzip, zstd, snappy, "
                  "uncompressed); {} is used",
                  kKey, codec, kDefault));
  return std::string(kDefault);
}

Result<PartitionSpecPtr> FindSpec(const TableMetadata& base, int32_t spec_id) {
  auto spec = base.FindSpec(spec_id);
  if (spec == nullptr) {
    return Fail(ErrorKind::kInvalidArgument, "table {} has no partition spec {}", base.location, spec_id);
  }
  return spec;
}

// Such a manifest is only history that its own snapshot still tells. A count that is not known (v1) is not 0.
bool OnlyDeleted(const ManifestFile& manifest) {
  return manifest.deleted_files_count > 0 && manifest.added_files_count == 0 && manifest.existing_files_count == 0;
}

// An entry of a committed manifest as it goes into a merged one: what was added by an older snapshot is existing now,
// and partition values of a source that was widened since take its new type.
ManifestEntry AsExisting(const Type& partition_type, ManifestEntry entry) {
  entry.status = EntryStatus::kExisting;
  auto& partition = entry.data_file.partition;
  for (size_t i = 0; i < partition.size() && i < partition_type.fields().size(); ++i) {
    partition[i] = Widen(*partition_type.fields()[i].type, std::move(partition[i]));
  }
  return entry;
}

// The entries of a committed manifest as they go into another. What an older snapshot deleted is history that its own
// manifests still tell.
Result<std::vector<ManifestEntry>> LiveEntriesOf(const TableMetadata& base, const ManifestFile& manifest,
                                                 io::FileIo& io) {
  FRAZIL_ASSIGN_OR_RETURN(const auto spec, FindSpec(base, manifest.partition_spec_id));
  FRAZIL_ASSIGN_OR_RETURN(const auto partition_type, spec->PartitionType(*SchemaFor(base, *spec)));
  FRAZIL_ASSIGN_OR_RETURN(const auto bytes, io.ReadAll(manifest.manifest_path));
  auto entries = ReadManifest(bytes, manifest);
  if (!entries) return Wrap(entries.error(), manifest.manifest_path);
  std::erase_if(*entries, [](const ManifestEntry& entry) { return entry.status == EntryStatus::kDeleted; });
  for (ManifestEntry& entry : *entries) entry = AsExisting(*partition_type, std::move(entry));
  return entries;
}

// Tells partition tuples apart, null from the text "null" too.
std::string PartitionKey(const PartitionSpec& spec, const Schema& schema, const DataFile& file) {
  std::string key = fmt::format("{}:", spec.spec_id);
  for (const auto& value : file.partition) key += IsNull(value) ? '0' : '1';
  return key + spec.PartitionPath(schema, file.partition);
}

}  // namespace

SnapshotProducer::SnapshotProducer(std::string ref, std::vector<DataFile> files,
                                   std::map<std::string, std::string> summary, Removed removed)
    : ref_(std::move(ref)),
      snapshot_id_(RandomSnapshotId()),
      uuid_(RandomUuid()),
      files_(std::move(files)),
      summary_(std::move(summary)),
      removed_(std::move(removed)) {}

Result<SnapshotProducer::Attempt> SnapshotProducer::Prepare(const TableMetadata& base, io::FileIo& io, int64_t now_ms,
                                                            const MakeNotes& notes) {
  if (base.format_version != 2) {
    return Fail(ErrorKind::kUnsupported, "table {}: format version {} can not be written, only 2", base.location,
                base.format_version);
  }
  const auto ref = base.refs.find(ref_);
  if (ref != base.refs.end() && !ref->second.is_branch) {
    return Fail(ErrorKind::kInvalidArgument, "\"{}\" is a tag: only branches can be appended to", ref_);
  }
  const Snapshot* parent = base.RefHead(ref == base.refs.end() ? kMainBranch : std::string_view(ref_));
  if (attempts_ == 0) {
    while (base.snapshots.Contains(snapshot_id_)) snapshot_id_ = RandomSnapshotId();
  }
  ++attempts_;

  FRAZIL_RETURN_IF_ERROR(WriteOwnManifests(base, io));
  Manifests manifests;
  for (const auto& [spec_id, manifest] : own_manifests_) manifests.push_back(manifest);
  Manifests older;
  if (parent != nullptr) {
    FRAZIL_ASSIGN_OR_RETURN(older, ManifestsOf(*parent, io));
  }
  std::erase_if(older, OnlyDeleted);
  FRAZIL_ASSIGN_OR_RETURN(Parted parted, TakeOut(base, std::move(older), io));
  std::move(parted.kept.begin(), parted.kept.end(), std::back_inserter(manifests));
  FRAZIL_ASSIGN_OR_RETURN(manifests, Merge(base, std::move(manifests), io));
  std::move(parted.changed.begin(), parted.changed.end(), std::back_inserter(manifests));
  FRAZIL_FAILPOINT("after-manifest-put");

  Attempt attempt;
  Snapshot& snapshot = attempt.snapshot;
  snapshot.snapshot_id = snapshot_id_;
  if (parent != nullptr) snapshot.parent_snapshot_id = parent->snapshot_id;
  snapshot.sequence_number = base.last_sequence_number + 1;
  FRAZIL_RETURN_IF_ERROR(CheckPlausible("the next sequence number", snapshot.sequence_number, kLargestSequenceNumber));
  Notes said = notes ? notes(snapshot) : Notes();
  // Readers travel in time by these: no snapshot may be older than what was there before it.
  snapshot.timestamp_ms = std::max({now_ms, base.last_updated_ms + 1, base.snapshots.newest_timestamp_ms() + 1});
  FRAZIL_RETURN_IF_ERROR(CheckPlausible("the next snapshot's timestamp-ms", snapshot.timestamp_ms, kLargestMillis));
  snapshot.schema_id = base.current_schema_id;
  snapshot.summary = Summary(base, parent, parted.gone);
  snapshot.summary.merge(said.summary);
  said.manifest_list.insert(list_notes_.begin(), list_notes_.end());
  snapshot.manifest_list =
      LocationProvider(base).MetadataFile(fmt::format("snap-{}-{}-{}.avro", snapshot_id_, attempts_, uuid_));
  const ManifestListContext context{.format_version = base.format_version,
                                    .snapshot_id = snapshot_id_,
                                    .parent_snapshot_id = snapshot.parent_snapshot_id,
                                    .sequence_number = snapshot.sequence_number,
                                    .codec = CodecFor(base),
                                    .notes = std::move(said.manifest_list)};
  FRAZIL_ASSIGN_OR_RETURN(const auto bytes, WriteManifestList(context, manifests));
  written_.push_back(snapshot.manifest_list);
  FRAZIL_RETURN_IF_ERROR(io.WriteAll(snapshot.manifest_list, bytes));
  FRAZIL_RETURN_IF_ERROR(CheckStored(io, snapshot.manifest_list, bytes.size(), manifests));
  FRAZIL_FAILPOINT("after-list-put");

  SnapshotRef head = ref == base.refs.end() ? SnapshotRef{} : ref->second;  // its retention settings stay
  head.snapshot_id = snapshot_id_;
  attempt.updates = {AddSnapshot{snapshot}, SetSnapshotRef{ref_, head}};
  attempt.requirements = RequirementsFor(base, attempt.updates);
  return attempt;
}

Status SnapshotProducer::CheckStored(io::FileIo& io, const std::string& list, size_t list_bytes,
                                     const Manifests& manifests) const {
  for (const DataFile& file : files_) {
    FRAZIL_RETURN_IF_ERROR(io.CheckStored(file.file_path, file.file_size_in_bytes));
  }
  for (const ManifestFile& manifest : manifests) {
    if (std::find(written_.begin(), written_.end(), manifest.manifest_path) == written_.end()) continue;
    FRAZIL_RETURN_IF_ERROR(io.CheckStored(manifest.manifest_path, manifest.manifest_length));
  }
  return io.CheckStored(list, static_cast<int64_t>(list_bytes));
}

Result<SnapshotProducer::Parted> SnapshotProducer::TakeOut(const TableMetadata& base, Manifests older, io::FileIo& io) {
  Parted parted;
  if (removed_.empty()) {
    parted.kept = std::move(older);
    return parted;
  }
  std::set<std::string> met;
  for (ManifestFile& manifest : older) {
    const bool deletes = manifest.content == ManifestContent::kDeletes;
    if (deletes && !removed_.files.empty() && !files_.empty()) {
      return Fail(ErrorKind::kFenced, "another writer has put delete files into {}, which may be of files that go",
                  ref_);
    }
    FRAZIL_ASSIGN_OR_RETURN(const auto remainder, TakeOutOf(base, manifest, io, met));
    if (remainder) {
      parted.changed.push_back(remainder->manifest);
      parted.gone.insert(parted.gone.end(), remainder->removed.begin(), remainder->removed.end());
    } else {
      parted.kept.push_back(std::move(manifest));
    }
  }
  std::set<std::string> missing = removed_.files;
  missing.insert(removed_.surplus.begin(), removed_.surplus.end());
  for (const DataFile& file : parted.gone) missing.erase(file.file_path);
  if (!missing.empty()) {
    return Fail(ErrorKind::kFenced, "data file {} is not in {} any more, or not twice: another writer was there",
                *missing.begin(), ref_);
  }
  return parted;
}

Result<std::optional<SnapshotProducer::Remainder>> SnapshotProducer::TakeOutOf(const TableMetadata& base,
                                                                               const ManifestFile& manifest,
                                                                               io::FileIo& io,
                                                                               std::set<std::string>& met) {
  if (manifest.content != ManifestContent::kData) return std::nullopt;
  // What is surplus in it depends on the others.
  const bool alone = removed_.surplus.empty();
  if (const auto known = remainders_.find(manifest.manifest_path); alone && known != remainders_.end()) {
    return known->second;
  }
  FRAZIL_ASSIGN_OR_RETURN(std::vector<ManifestEntry> entries, LiveEntriesOf(base, manifest, io));
  Remainder remainder;
  std::vector<ManifestEntry> left;
  for (ManifestEntry& entry : entries) {
    const std::string& path = entry.data_file.file_path;
    const bool surplus = removed_.surplus.contains(path) && !met.insert(path).second;
    const bool goes = removed_.files.contains(path);
    if (surplus || goes) remainder.removed.push_back(entry.data_file);
    if (goes) {
      entry.status = EntryStatus::kDeleted;
      entry.snapshot_id = snapshot_id_;
    }
    if (!surplus) left.push_back(std::move(entry));
  }
  std::optional<Remainder> result;
  if (!remainder.removed.empty()) {
    FRAZIL_ASSIGN_OR_RETURN(remainder.manifest, Write(base, manifest.partition_spec_id, left, io));
    result = std::move(remainder);
  }
  if (alone) remainders_[manifest.manifest_path] = result;
  return result;
}

Status SnapshotProducer::WriteOwnManifests(const TableMetadata& base, io::FileIo& io) {
  for (const auto& file : files_) {
    if (own_manifests_.contains(file.spec_id)) continue;
    FRAZIL_ASSIGN_OR_RETURN(auto manifest, Write(base, file.spec_id, OwnEntries(file.spec_id), io));
    own_manifests_.emplace(file.spec_id, std::move(manifest));
  }
  return {};
}

std::vector<ManifestEntry> SnapshotProducer::OwnEntries(int32_t spec_id) const {
  std::vector<ManifestEntry> entries;
  for (const auto& file : files_) {
    if (file.spec_id != spec_id) continue;
    auto& entry = entries.emplace_back();
    entry.status = EntryStatus::kAdded;
    entry.snapshot_id = snapshot_id_;
    entry.data_file = file;
  }
  return entries;
}

Result<ManifestFile> SnapshotProducer::Write(const TableMetadata& base, int32_t spec_id,
                                             const std::vector<ManifestEntry>& entries, io::FileIo& io) {
  FRAZIL_ASSIGN_OR_RETURN(const auto spec, FindSpec(base, spec_id));
  const ManifestContext context{.format_version = base.format_version,
                                .schema = SchemaFor(base, *spec),
                                .spec = spec,
                                .content = ManifestContent::kData,
                                .snapshot_id = snapshot_id_,
                                .codec = CodecFor(base)};
  FRAZIL_ASSIGN_OR_RETURN(auto written, WriteManifest(context, entries));
  written.file.manifest_path =
      LocationProvider(base).MetadataFile(fmt::format("{}-m{}.avro", uuid_, manifest_count_++));
  // Noted before it is put: a put that fails may still leave a file.
  written_.push_back(written.file.manifest_path);
  FRAZIL_RETURN_IF_ERROR(io.WriteAll(written.file.manifest_path, written.bytes));
  return std::move(written.file);
}

Result<std::vector<ManifestFile>> SnapshotProducer::Merge(const TableMetadata& base, Manifests manifests,
                                                          io::FileIo& io) {
  const auto settings = MergeSettings::From(base);
  if (!settings.enabled || manifests.empty()) return manifests;
  const std::string newest = manifests.front().manifest_path;
  Manifests merged;
  for (auto& bin : PackManifests(std::move(manifests), settings.target_bytes)) {
    const bool has_newest = std::any_of(bin.begin(), bin.end(),
                                        [&](const ManifestFile& manifest) { return manifest.manifest_path == newest; });
    const bool mergeable = bin.front().content == ManifestContent::kData && bin.size() > 1 &&
                           (!has_newest || bin.size() >= settings.min_count);
    if (mergeable) {
      FRAZIL_ASSIGN_OR_RETURN(merged.emplace_back(), MergeBin(base, bin, io));
    } else {
      std::move(bin.begin(), bin.end(), std::back_inserter(merged));
    }
  }
  return merged;
}

Result<ManifestFile> SnapshotProducer::MergeBin(const TableMetadata& base, const Manifests& bin, io::FileIo& io) {
  std::vector<std::string> inputs;
  for (const auto& manifest : bin) inputs.push_back(manifest.manifest_path);
  if (const auto found = merged_.find(inputs); found != merged_.end()) return found->second;

  const int32_t spec_id = bin.front().partition_spec_id;
  std::vector<ManifestEntry> entries;
  for (const auto& manifest : bin) {
    if (manifest.added_snapshot_id == snapshot_id_) {
      auto own = OwnEntries(spec_id);
      std::move(own.begin(), own.end(), std::back_inserter(entries));
      continue;
    }
    FRAZIL_ASSIGN_OR_RETURN(auto older, LiveEntriesOf(base, manifest, io));
    std::move(older.begin(), older.end(), std::back_inserter(entries));
  }
  FRAZIL_ASSIGN_OR_RETURN(auto manifest, Write(base, spec_id, entries, io));
  merged_.emplace(std::move(inputs), manifest);
  return manifest;
}

// Key names are those of the reference (SnapshotSummary).
std::map<std::string, std::string> SnapshotProducer::Summary(const TableMetadata& base, const Snapshot* parent,
                                                             const std::vector<DataFile>& gone) const {
  struct Sum {
    int64_t files = 0;
    int64_t records = 0;
    int64_t bytes = 0;
  };
  std::set<std::string> partitions;
  const auto sum_of = [&](const std::vector<DataFile>& files) {
    Sum sum;
    for (const DataFile& file : files) {
      ++sum.files;
      sum.records += file.record_count;
      sum.bytes += file.file_size_in_bytes;
      const auto spec = base.FindSpec(file.spec_id);
      partitions.insert(PartitionKey(*spec, *SchemaFor(base, *spec), file));
    }
    return sum;
  };
  const Sum added = sum_of(files_);
  const Sum removed = sum_of(gone);
  auto summary = summary_;
  summary["operation"] = removed_.empty() ? "append" : removed_.files.empty() ? "replace" : "overwrite";
  summary.emplace("engine-name", "frazil");
  summary["changed-partition-count"] = std::to_string(partitions.size());
  struct Count {
    const char* added;  // nullptr: never changed here; so is `removed`
    const char* removed;
    const char* total;
    int64_t Sum::*value;
  };
  const std::array<Count, 6> counts = {{{"added-data-files", "deleted-data-files", "total-data-files", &Sum::files},
                                        {"added-records", "deleted-records", "total-records", &Sum::records},
                                        {"added-files-size", "removed-files-size", "total-files-size", &Sum::bytes},
                                        {nullptr, nullptr, "total-delete-files", nullptr},
                                        {nullptr, nullptr, "total-position-deletes", nullptr},
                                        {nullptr, nullptr, "total-equality-deletes", nullptr}}};
  for (const auto& count : counts) {
    const int64_t plus = count.value == nullptr ? 0 : added.*count.value;
    const int64_t minus = count.value == nullptr ? 0 : removed.*count.value;
    if (plus > 0) summary[count.added] = std::to_string(plus);
    if (minus > 0 && removed_.surplus.empty()) summary[count.removed] = std::to_string(minus);
    // Only a total that the parent knew can be carried on.
    const auto before = parent == nullptr ? std::optional<int64_t>(0) : ParseTotal(parent->summary, count.total);
    if (before) summary[count.total] = std::to_string(std::max<int64_t>(*before + plus - minus, 0));
  }
  return summary;
}

std::vector<std::string> SnapshotProducer::Unused(const Snapshot* committed,
                                                  const std::vector<ManifestFile>& in_use) const {
  if (committed == nullptr) return written_;
  std::set<std::string> used{committed->manifest_list};
  for (const auto& manifest : in_use) used.insert(manifest.manifest_path);
  std::vector<std::string> unused;
  std::copy_if(written_.begin(), written_.end(), std::back_inserter(unused),
               [&](const std::string& path) { return !used.contains(path); });
  return unused;
}

}  // namespace frazil::iceberg
