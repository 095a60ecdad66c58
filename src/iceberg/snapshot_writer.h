// Writes the snapshot of one change of files: its manifests and its manifest list, and the fields that the format
// version needs. It writes files through `io`, but does not change the table: the caller commits the result.
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

// One logical change, over all its attempts. The snapshot id is drawn once and kept. Manifests are used again by later
// attempts while their content is the same (commit_manifests.h). Each attempt writes a new manifest list. Not
// thread-safe.
class SnapshotWriter {
 public:
  // `summary` is added to the snapshot's own summary.
  SnapshotWriter(std::string ref, FileChangePtr change, std::map<std::string, std::string> summary = {});

  // Adds an entry to the header of each attempt's manifest list (ReadManifestListNotes). `text` may be long.
  void SayInManifestList(std::string key, std::string text) { list_notes_[std::move(key)] = std::move(text); }

  int64_t snapshot_id() const { return snapshot_id_; }

  struct Attempt {
    Snapshot snapshot;
    std::vector<TableUpdate> updates;            // add-snapshot, set-snapshot-ref
    std::vector<TableRequirement> requirements;  // the table's uuid, and the head of the ref
  };
  // What the caller adds to the snapshot of one attempt. Other readers ignore it.
  struct Notes {
    std::map<std::string, std::string> summary;  // must be short, because every load of the table reads it
    // in the header of the manifest list (ReadManifestListNotes); may be long
    std::map<std::string, std::string> manifest_list;
  };
  // Called once in each attempt. Of the snapshot, only id, parent and sequence number are set yet.
  using MakeNotes = std::function<Notes(const Snapshot& snapshot)>;
  // Prepares one attempt on top of `base`, which must have format version 2 or 3; the change is computed for this base.
  // A branch that does not exist begins at main's head. Manifests are compressed with write.avro.compression-codec
  // (default gzip). Small manifests are merged when there are commit.manifest.min-count-to-merge (100), up to
  // commit.manifest.target-size-bytes (8 MB), unless commit.manifest-merge.enabled is false.
  //
  // kFenced if a file to be removed is not there, or if the change says so. kIo if a written file cannot be found: a
  // commit must never name a file that readers cannot see.
  Result<Attempt> Prepare(const TableMetadata& base, io::FileIo& io, int64_t now_ms, const MakeNotes& notes = {});

  int attempts() const { return attempts_; }
  bool has_files() const { return change_->has_files(); }

  // After success: the manifest lists and manifests that were written here and that `committed` does not use. After
  // failure (`committed` is null): all that were written. Call it only if the outcome of every attempt is known.
  std::vector<std::string> Unused(const Snapshot* committed, const std::vector<ManifestFile>& in_use) const;

 private:
  // Checks that every file that this change has written, and that `list` and `manifests` refer to, is where readers
  // look for it.
  Status CheckStored(io::FileIo& io, const FileDelta& delta, const std::string& list, size_t list_bytes,
                     const std::vector<ManifestFile>& manifests) const;
  std::vector<std::string> Written() const;

  const std::string ref_;
  const FileChangePtr change_;
  const std::map<std::string, std::string> summary_;
  const std::string uuid_;  // part of all file names
  std::map<std::string, std::string> list_notes_;
  int64_t snapshot_id_;
  std::optional<CommitManifests> manifests_;  // nullopt before the first attempt
  std::vector<std::string> lists_;
  int attempts_ = 0;
};

}  // namespace frazil::iceberg
