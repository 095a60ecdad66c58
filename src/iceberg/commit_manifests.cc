#include "iceberg/commit_manifests.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "common/warn_once.h"
#include "iceberg/location_provider.h"
#include "iceberg/manifest_avro.h"
#include "iceberg/manifest_packing.h"
#include "iceberg/snapshot_manifests.h"
#include "io/file_io.h"

namespace frazil::iceberg {
namespace {

// The newest schema that has all source columns of `spec`. Partition types depend on the source columns, and an old
// spec may use a column that the current schema no longer has.
SchemaPtr SchemaFor(const TableMetadata& base, const PartitionSpec& spec) {
  const auto knows_all = [&](const SchemaPtr& schema) {
    return std::all_of(spec.fields.begin(), spec.fields.end(),
                       [&](const PartitionField& field) { return schema->FindById(field.source_id) != nullptr; });
  };
  if (knows_all(base.schema())) return base.schema();
  const auto found = std::find_if(base.schemas.rbegin(), base.schemas.rend(), knows_all);
  return found == base.schemas.rend() ? base.schema() : *found;
}

Result<PartitionSpecPtr> FindSpec(const TableMetadata& base, int32_t spec_id) {
  auto spec = base.FindSpec(spec_id);
  if (spec == nullptr) {
    return Fail(ErrorKind::kInvalidArgument, "table {} has no partition spec {}", base.location, spec_id);
  }
  return spec;
}

// Converts an entry of a committed manifest for another manifest. A file that an older snapshot added becomes
// "existing", and partition values of a source that was widened since take the new type.
ManifestEntry AsExisting(const Type& partition_type, ManifestEntry entry) {
  entry.status = EntryStatus::kExisting;
  auto& partition = entry.data_file.partition;
  for (size_t i = 0; i < partition.size() && i < partition_type.fields().size(); ++i) {
    partition[i] = Widen(*partition_type.fields()[i].type, std::move(partition[i]));
  }
  return entry;
}

// The live entries of a committed manifest, for another manifest. Deleted entries are left out: the snapshot that
// deleted them still has its own manifests.
Result<std::vector<ManifestEntry>> LiveEntriesOf(const TableMetadata& base, const ManifestFile& manifest,
                                                 io::FileIo& io) {
  FRAZIL_ASSIGN_OR_RETURN(const auto spec, FindSpec(base, manifest.partition_spec_id));
  FRAZIL_ASSIGN_OR_RETURN(const auto partition_type, spec->PartitionType(*SchemaFor(base, *spec)));
  FRAZIL_ASSIGN_OR_RETURN(auto entries, ReadLiveEntries(manifest, io));
  for (ManifestEntry& entry : entries) entry = AsExisting(*partition_type, std::move(entry));
  return entries;
}

std::pair<ManifestContent, int32_t> KindOf(const DataFile& file) {
  return {file.content == FileContent::kData ? ManifestContent::kData : ManifestContent::kDeletes, file.spec_id};
}

}  // namespace

std::string ManifestCodecOf(const TableMetadata& table) {
  constexpr std::string_view kKey = "write.avro.compression-codec", kDefault = "gzip";
  std::string codec = table.Property(kKey, kDefault);
  if (ManifestCodec(codec)) return codec;
  // Another writer may have set a codec that is not built in here. That must not prevent commits.
  log::WarnOnce(
      fmt::format("table property {} is '{}', by which no manifest is packed here (gzip, zstd, snappy, "
                  "uncompressed); {} is used",
                  kKey, codec, kDefault));
  return std::string(kDefault);
}

Result<CommitManifests::Changed> CommitManifests::Apply(const TableMetadata& base, const FileDelta& delta,
                                                        Manifests older, const std::string& ref, io::FileIo& io) {
  FRAZIL_ASSIGN_OR_RETURN(Manifests manifests, WriteAdded(base, delta, io));
  // A manifest without live files is history, and its own snapshot still has it.
  std::erase_if(older, [](const ManifestFile& manifest) { return !HasLiveFiles(manifest); });
  FRAZIL_ASSIGN_OR_RETURN(Parted parted, TakeOut(base, delta, std::move(older), ref, io));
  std::move(parted.kept.begin(), parted.kept.end(), std::back_inserter(manifests));
  FRAZIL_ASSIGN_OR_RETURN(manifests, Merge(base, delta, std::move(manifests), io));
  std::move(parted.changed.begin(), parted.changed.end(), std::back_inserter(manifests));
  return Changed{std::move(manifests), std::move(parted.gone)};
}

Result<CommitManifests::Manifests> CommitManifests::WriteAdded(const TableMetadata& base, const FileDelta& delta,
                                                               io::FileIo& io) {
  std::map<Kind, std::vector<FileKey>> kinds;
  for (const DataFile& file : delta.added) kinds[KindOf(file)].push_back(KeyOf(file));
  Manifests manifests;
  for (auto& [kind, files] : kinds) {
    auto known = added_.find(kind);
    const bool same = known != added_.end() && known->second.files == files &&
                      known->second.data_sequence_number == delta.data_sequence_number;
    if (!same) {
      FRAZIL_ASSIGN_OR_RETURN(ManifestFile manifest, Write(base, kind, AddedEntries(delta, kind), io));
      known =
          added_.insert_or_assign(kind, Added{std::move(files), delta.data_sequence_number, std::move(manifest)}).first;
    }
    manifests.push_back(known->second.manifest);
  }
  return manifests;
}

std::vector<ManifestEntry> CommitManifests::AddedEntries(const FileDelta& delta, const Kind& kind) const {
  std::vector<ManifestEntry> entries;
  for (const DataFile& file : delta.added) {
    if (KindOf(file) != kind) continue;
    ManifestEntry& entry = entries.emplace_back();
    entry.status = EntryStatus::kAdded;
    entry.snapshot_id = snapshot_id_;
    entry.sequence_number = delta.data_sequence_number;
    entry.data_file = file;
  }
  return entries;
}

Result<CommitManifests::Parted> CommitManifests::TakeOut(const TableMetadata& base, const FileDelta& delta,
                                                         Manifests older, const std::string& ref, io::FileIo& io) {
  Parted parted;
  if (delta.removed.empty() && delta.surplus.empty()) {
    parted.kept = std::move(older);
    return parted;
  }
  if (delta.removed != removed_) {
    remainders_.clear();
    removed_ = delta.removed;
    removed_data_.clear();
    for (const FileKey& key : removed_) removed_data_.insert(key.path);
  }
  std::set<FileKey> met;
  for (ManifestFile& manifest : older) {
    FRAZIL_ASSIGN_OR_RETURN(const auto remainder, TakeOutOf(base, delta, manifest, io, met));
    if (remainder) {
      parted.changed.push_back(remainder->manifest);
      parted.gone.insert(parted.gone.end(), remainder->removed.begin(), remainder->removed.end());
    } else {
      parted.kept.push_back(std::move(manifest));
    }
  }
  std::set<FileKey> missing = delta.removed;
  missing.insert(delta.surplus.begin(), delta.surplus.end());
  for (const DataFile& file : parted.gone) missing.erase(KeyOf(file));
  if (!missing.empty()) {
    return Fail(ErrorKind::kFenced, "data file {} is not in {} any more, or not twice: another writer was there",
                missing.begin()->path, ref);
  }
  return parted;
}

bool CommitManifests::Goes(const FileDelta& delta, const DataFile& file) const {
  return delta.removed.contains(KeyOf(file)) ||
         (file.referenced_data_file && removed_data_.contains(*file.referenced_data_file));
}

Result<std::optional<CommitManifests::Remainder>> CommitManifests::TakeOutOf(const TableMetadata& base,
                                                                             const FileDelta& delta,
                                                                             const ManifestFile& manifest,
                                                                             io::FileIo& io, std::set<FileKey>& met) {
  // With surplus files, the result depends on the other manifests, so it cannot be cached.
  const bool alone = delta.surplus.empty();
  if (const auto known = remainders_.find(InputOf(manifest)); alone && known != remainders_.end()) {
    return known->second;
  }
  FRAZIL_ASSIGN_OR_RETURN(std::vector<ManifestEntry> entries, LiveEntriesOf(base, manifest, io));
  Remainder remainder;
  std::vector<ManifestEntry> left;
  for (ManifestEntry& entry : entries) {
    const FileKey key = KeyOf(entry.data_file);
    const bool surplus = delta.surplus.contains(key) && !met.insert(key).second;
    const bool goes = Goes(delta, entry.data_file);
    if (surplus || goes) remainder.removed.push_back(entry.data_file);
    if (goes) {
      entry.status = EntryStatus::kDeleted;
      entry.snapshot_id = snapshot_id_;
    }
    if (!surplus) left.push_back(std::move(entry));
  }
  std::optional<Remainder> result;
  if (!remainder.removed.empty()) {
    const Kind kind(manifest.content, manifest.partition_spec_id);
    FRAZIL_ASSIGN_OR_RETURN(remainder.manifest, Write(base, kind, left, io));
    result = std::move(remainder);
  }
  if (alone) remainders_[InputOf(manifest)] = result;
  return result;
}

CommitManifests::Input CommitManifests::InputOf(const ManifestFile& manifest) {
  return {manifest.manifest_path, manifest.first_row_id};
}

Result<ManifestFile> CommitManifests::Write(const TableMetadata& base, const Kind& kind,
                                            const std::vector<ManifestEntry>& entries, io::FileIo& io) {
  FRAZIL_ASSIGN_OR_RETURN(const auto spec, FindSpec(base, kind.second));
  const ManifestContext context{.format_version = base.format_version,
                                .schema = SchemaFor(base, *spec),
                                .spec = spec,
                                .content = kind.first,
                                .snapshot_id = snapshot_id_,
                                .codec = ManifestCodecOf(base)};
  FRAZIL_ASSIGN_OR_RETURN(auto written, WriteManifest(context, entries));
  written.file.manifest_path =
      LocationProvider(base).MetadataFile(fmt::format("{}-m{}.avro", uuid_, manifest_count_++));
  // Noted before it is written, because a failed write may still leave a file.
  written_.push_back(written.file.manifest_path);
  FRAZIL_RETURN_IF_ERROR(io.WriteAll(written.file.manifest_path, written.bytes));
  return std::move(written.file);
}

Result<CommitManifests::Manifests> CommitManifests::Merge(const TableMetadata& base, const FileDelta& delta,
                                                          Manifests manifests, io::FileIo& io) {
  const auto settings = MergeSettings::From(base);
  if (!settings.enabled || manifests.empty()) return manifests;
  std::map<ManifestContent, std::string> newest;  // in its kind of content
  for (const ManifestFile& manifest : manifests) newest.try_emplace(manifest.content, manifest.manifest_path);
  Manifests merged;
  for (auto& bin : PackManifests(std::move(manifests), settings.target_bytes)) {
    const bool has_newest = std::any_of(bin.begin(), bin.end(), [&](const ManifestFile& manifest) {
      return manifest.manifest_path == newest.at(manifest.content);
    });
    if (bin.size() > 1 && (!has_newest || bin.size() >= settings.min_count)) {
      FRAZIL_ASSIGN_OR_RETURN(merged.emplace_back(), MergeBin(base, delta, bin, io));
    } else {
      std::move(bin.begin(), bin.end(), std::back_inserter(merged));
    }
  }
  return merged;
}

Result<ManifestFile> CommitManifests::MergeBin(const TableMetadata& base, const FileDelta& delta, const Manifests& bin,
                                               io::FileIo& io) {
  std::vector<Input> inputs;
  for (const auto& manifest : bin) inputs.push_back(InputOf(manifest));
  if (const auto found = merged_.find(inputs); found != merged_.end()) return found->second;

  const Kind kind(bin.front().content, bin.front().partition_spec_id);
  std::vector<ManifestEntry> entries;
  for (const auto& manifest : bin) {
    if (manifest.added_snapshot_id == snapshot_id_) {
      auto own = AddedEntries(delta, kind);
      std::move(own.begin(), own.end(), std::back_inserter(entries));
      continue;
    }
    FRAZIL_ASSIGN_OR_RETURN(auto older, LiveEntriesOf(base, manifest, io));
    std::move(older.begin(), older.end(), std::back_inserter(entries));
  }
  FRAZIL_ASSIGN_OR_RETURN(auto manifest, Write(base, kind, entries, io));
  merged_.emplace(std::move(inputs), manifest);
  return manifest;
}

}  // namespace frazil::iceberg
