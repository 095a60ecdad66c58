// Writes the snapshot of one change of files: its manifests, its manifest list, and what its format version wants to be
// said of it. Writes files through `io`; changes no table: the caller commits what it returns.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "iceberg/commit_manifests.h"
#include "iceberg/file_change.h"
#include "iceberg/manifest.h"
#include "iceberg/table_metadata.h"
#include "iceberg/table_update.h"

namespace frazil::iceberg {

// One logical change over all its attempts. The snapshot id is drawn once and kept; manifests are used again by later
// attempts as long as they say the same (commit_manifests.h), and the manifest list is written by each attempt under a
// new name. Not thread-safe.
class SnapshotWriter {
 public:
  // `summary` is added to the snapshot's own.
  SnapshotWriter(std::string ref, FileChangePtr change, std::map<std::string, std::string> summary = {});

  // Something more that each attempt says in the header of its manifest list (ReadManifestListNotes): may be long.
  void SayInManifestList(std::string key, std::string text) { list_notes_[std::move(key)] = std::move(text); }

  int64_t snapshot_id() const { return snapshot_id_; }

  struct Attempt {
    Snapshot snapshot;
    std::vector<TableUpdate> updates;            // add-snapshot, set-snapshot-ref
    std::vector<TableRequirement> requirements;  // table uuid, ref at the base's head
  };
  // What the caller says in the snapshot of one attempt; other readers pass it over.
  struct Notes {
    std::map<std::string, std::string> summary;        // read with every load of the table: short
    std::map<std::string, std::string> manifest_list;  // in the header of its file (ReadManifestListNotes): may be long
  };
  // Asked once in each attempt, for a snapshot of which only id, parent and sequence number are known yet.
  using MakeNotes = std::function<Notes(const Snapshot& snapshot)>;
  // Prepares one attempt on top of `base`, format version 2 or 3, for which the change is asked anew. A branch that
  // does not exist yet begins at main's head. Manifests are packed by write.avro.compression-codec (gzip). Small ones
  // are merged at commit.manifest.min-count-to-merge (100) towards commit.manifest.target-size-bytes (8 MB) unless
  // commit.manifest-merge.enabled is false. kFenced if a file that is to go is not there, and where the change says so.
  // kIo if a file that was written is not there: a commit never names what nobody sees.
  Result<Attempt> Prepare(const TableMetadata& base, io::FileIo& io, int64_t now_ms, const MakeNotes& notes = {});

  int attempts() const { return attempts_; }
  bool has_files() const { return change_->has_files(); }

  // After success: manifest lists and manifests that were written here and `committed` does not use. After failure
  // (nullptr) all that were. Only to be called when the outcome of every attempt is known.
  std::vector<std::string> Unused(const Snapshot* committed, const std::vector<ManifestFile>& in_use) const;

 private:
  // Ok if all that `list` of so many bytes and `manifests` refer to of this change is where readers will look for it.
  Status CheckStored(io::FileIo& io, const FileDelta& delta, const std::string& list, size_t list_bytes,
                     const std::vector<ManifestFile>& manifests) const;
  std::vector<std::string> Written() const;

  const std::string ref_;
  const FileChangePtr change_;
  const std::map<std::string, std::string> summary_;
  const std::string uuid_;  // in the names of all files written here
  std::map<std::string, std::string> list_notes_;
  int64_t snapshot_id_;
  std::optional<CommitManifests> manifests_;  // none before the first attempt
  std::vector<std::string> lists_;
  int attempts_ = 0;
};

}  // namespace frazil::iceberg
