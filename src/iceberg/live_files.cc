#include "iceberg/live_files.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "iceberg/partition_spec.h"
#include "iceberg/snapshot_manifests.h"
#include "io/file_io.h"

namespace frazil::iceberg {
namespace {

constexpr int32_t kDeletedFilePath = 2147483546;  // file_path of position deletes (spec, "Reserved Field IDs")

// The data file to which a delete file alone belongs, by the rule of the reference implementation (ContentFileUtil).
std::string OnlyFileOf(const DataFile& file) {
  if (file.content != FileContent::kPositionDeletes) return {};
  if (file.referenced_data_file) return *file.referenced_data_file;
  const auto lower = file.lower_bounds.find(kDeletedFilePath);
  const auto upper = file.upper_bounds.find(kDeletedFilePath);
  const bool one =
      lower != file.lower_bounds.end() && upper != file.upper_bounds.end() && lower->second == upper->second;
  return one ? lower->second : std::string();
}

LiveFilePtr KeptOf(const ManifestEntry& entry) {
  const DataFile& file = entry.data_file;
  auto kept = std::make_shared<LiveFile>();
  kept->content = file.content;
  kept->path = file.file_path;
  kept->format = file.file_format;
  kept->spec_id = file.spec_id;
  kept->partition = file.partition;
  kept->records = file.record_count;
  kept->bytes = file.file_size_in_bytes;
  kept->sequence_number = entry.sequence_number.value_or(0);
  kept->first_row_id = file.first_row_id;
  kept->content_offset = file.content_offset;
  kept->content_size = file.content_size_in_bytes;
  kept->of = OnlyFileOf(file);
  kept->equality_ids = file.equality_ids;
  return kept;
}

std::string PartitionOf(const LiveFile& file) { return PartitionKey(file.spec_id, file.partition); }

bool IsData(const LiveFilePtr& file) { return file->content == FileContent::kData; }

template <class Map>
void Take(Map& map, const std::string& key, const LiveFilePtr& file) {
  const auto found = map.find(key);
  if (found == map.end()) return;
  found->second.erase(file);
  if (found->second.empty()) map.erase(found);
}

}  // namespace

Result<std::vector<LiveFilePtr>> LiveFiles::Read(const ManifestFile& manifest, io::FileIo& io) {
  FRAZIL_ASSIGN_OR_RETURN(const auto entries, ReadLiveEntries(manifest, io));
  std::vector<LiveFilePtr> files;
  files.reserve(entries.size());
  for (const ManifestEntry& entry : entries) files.push_back(KeptOf(entry));
  return files;
}

Result<LiveFiles::Changes> LiveFiles::Follow(const ChangeBase& base) {
  std::map<std::string, std::vector<LiveFilePtr>> read;
  std::set<std::string> there;
  for (const ManifestFile& manifest : base.manifests) {
    there.insert(manifest.manifest_path);
    if (manifests_.contains(manifest.manifest_path) || !HasLiveFiles(manifest)) continue;
    FRAZIL_ASSIGN_OR_RETURN(read[manifest.manifest_path], Read(manifest, base.io));
  }
  std::vector<std::string> gone;
  for (const auto& [path, files] : manifests_) {
    if (!there.contains(path)) gone.push_back(path);
  }
  for (const auto& spec : base.table.partition_specs) {
    if (spec->unpartitioned()) global_specs_.insert(spec->spec_id);
  }

  const Move moved = Replace(gone, std::move(read));
  Changes changes;
  FileSet came, redeleted;
  for (const LiveFilePtr& file : moved.came) {
    if (IsData(file)) came.insert(file);
  }
  std::copy_if(moved.went.begin(), moved.went.end(), std::back_inserter(changes.went), IsData);
  for (const auto* files : {&moved.came, &moved.went}) {
    for (const LiveFilePtr& file : *files) {
      if (IsData(file)) continue;
      for (const LiveFilePtr& data : Concerned(*file)) {
        if (!came.contains(data)) redeleted.insert(data);
      }
    }
  }
  changes.came.assign(came.begin(), came.end());
  changes.redeleted.assign(redeleted.begin(), redeleted.end());
  return changes;
}

// A file that only moved from one manifest to another counts as neither added nor removed.
LiveFiles::Move LiveFiles::Replace(const std::vector<std::string>& gone,
                                   std::map<std::string, std::vector<LiveFilePtr>> read) {
  FileSet came, went;
  const auto files_of = [&](const LiveFilePtr& file) -> std::map<Key, Held>& {
    return IsData(file) ? data_ : deletes_;
  };
  const auto leave = [&](const LiveFilePtr& file) {
    Forget(file);
    files_of(file).erase(file->key());
    if (came.erase(file) == 0) went.insert(file);
  };
  for (auto& [path, files] : read) {
    for (LiveFilePtr& file : files) {
      std::map<Key, Held>& held = files_of(file);
      int entries = 0;
      // If the sequence number is the same, the entry only moved. Otherwise it is another file with the same name.
      if (const auto known = held.find(file->key()); known != held.end()) {
        if (known->second.file->sequence_number == file->sequence_number) {
          file = known->second.file;
          ++known->second.entries;
          continue;
        }
        entries = known->second.entries;
        leave(LiveFilePtr(known->second.file));
      }
      held.emplace(file->key(), Held{file, entries + 1});
      Index(file);
      came.insert(file);
    }
  }
  for (const std::string& path : gone) {
    for (const LiveFilePtr& file : manifests_.at(path)) {
      const auto held = files_of(file).find(file->key());
      if (held != files_of(file).end() && --held->second.entries == 0) leave(LiveFilePtr(held->second.file));
    }
    manifests_.erase(path);
  }
  manifests_.merge(read);
  return {{came.begin(), came.end()}, {went.begin(), went.end()}};
}

void LiveFiles::Index(const LiveFilePtr& file) {
  if (IsData(file)) {
    data_in_[PartitionOf(*file)].insert(file);
  } else if (!file->of.empty()) {
    deletes_of_[file->of].insert(file);
  } else if (file->content == FileContent::kEqualityDeletes && global_specs_.contains(file->spec_id)) {
    global_deletes_.insert(file);
  } else {
    deletes_in_[PartitionOf(*file)].insert(file);
  }
}

void LiveFiles::Forget(const LiveFilePtr& file) {
  if (IsData(file)) return Take(data_in_, PartitionOf(*file), file);
  if (!file->of.empty()) return Take(deletes_of_, file->of, file);
  if (global_deletes_.erase(file) == 0) Take(deletes_in_, PartitionOf(*file), file);
}

// Spec, "Scan Planning": position deletes apply to data of the same commit and older; equality deletes only to older
// data.
bool LiveFiles::Applies(const LiveFile& deletes, const LiveFile& data) const {
  const bool equality = deletes.content == FileContent::kEqualityDeletes;
  return equality ? data.sequence_number < deletes.sequence_number : data.sequence_number <= deletes.sequence_number;
}

LiveFilePtr LiveFiles::Find(const std::string& path) const {
  const auto found = data_.find({std::string_view(path), std::nullopt});
  return found == data_.end() ? nullptr : found->second.file;
}

std::vector<LiveFilePtr> LiveFiles::DeletesOf(const LiveFile& data) const {
  std::vector<LiveFilePtr> deletes;
  const auto add = [&](const FileSet& files) {
    std::copy_if(files.begin(), files.end(), std::back_inserter(deletes),
                 [&](const LiveFilePtr& file) { return Applies(*file, data); });
  };
  if (const auto own = deletes_of_.find(data.path); own != deletes_of_.end()) add(own->second);
  if (const auto of_all = deletes_in_.find(PartitionOf(data)); of_all != deletes_in_.end()) add(of_all->second);
  add(global_deletes_);
  return deletes;
}

// The live data files to which a delete file applies, or applied.
std::vector<LiveFilePtr> LiveFiles::Concerned(const LiveFile& deletes) const {
  std::vector<LiveFilePtr> files;
  if (!deletes.of.empty()) {
    if (const LiveFilePtr data = Find(deletes.of)) files.push_back(data);
  } else if (deletes.content == FileContent::kEqualityDeletes && global_specs_.contains(deletes.spec_id)) {
    files = DataFiles();
  } else {
    files = InPartition(PartitionOf(deletes));
  }
  std::erase_if(files, [&](const LiveFilePtr& data) { return !Applies(deletes, *data); });
  return files;
}

std::vector<LiveFilePtr> LiveFiles::InPartition(const std::string& partition_key) const {
  const auto found = data_in_.find(partition_key);
  if (found == data_in_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

std::vector<LiveFilePtr> LiveFiles::DeletesIn(const std::string& partition_key) const {
  const auto found = deletes_in_.find(partition_key);
  if (found == deletes_in_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

std::vector<LiveFilePtr> LiveFiles::DeleteFiles() const {
  std::vector<LiveFilePtr> files;
  for (const auto& [key, held] : deletes_) files.push_back(held.file);
  return files;
}

std::vector<LiveFilePtr> LiveFiles::DataFiles() const {
  std::vector<LiveFilePtr> files;
  files.reserve(data_.size());
  for (const auto& [key, held] : data_) files.push_back(held.file);
  return files;
}

}  // namespace frazil::iceberg
