// Makes the snapshot of one change of files: new manifests, merged manifests, manifest list, summary with right totals.
// Writes files through `io`; changes no table: the caller commits what it returns.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/result.h"
#include "iceberg/data_file.h"
#include "iceberg/manifest.h"
#include "iceberg/table_metadata.h"
#include "iceberg/table_update.h"

namespace frazil::io {
class FileIo;
}

namespace frazil::iceberg {

// One logical change over all its attempts. The snapshot id is drawn once and kept; manifests of the new files are
// written once per spec and reused by later attempts, merged ones and those that lost files while their inputs stay the
// same, and the manifest list is written by each attempt under a new name. Not thread-safe.
class SnapshotProducer {
 public:
  // Data files that go, by their paths.
  struct Removed {
    std::set<std::string> files;
    // Of files that stand in the branch more than once, all entries but one: without a word of it, since expiry deletes
    // every file that a snapshot says it took out.
    std::set<std::string> surplus;
    bool empty() const { return files.empty() && surplus.empty(); }
  };

  // `files` may be empty: a snapshot that only moves offsets. `summary` is added to the snapshot's own. The operation
  // is append; or overwrite where files go, replace where only surplus does.
  SnapshotProducer(std::string ref, std::vector<DataFile> files, std::map<std::string, std::string> summary,
                   Removed removed = {});

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
  // Prepares one attempt on top of `base`, format version 2. A branch that does not exist yet begins at main's head.
  // Manifests are packed by write.avro.compression-codec (gzip). Small ones are merged at
  // commit.manifest.min-count-to-merge (100) towards commit.manifest.target-size-bytes (8 MB) unless
  // commit.manifest-merge.enabled is false. kFenced if a file that is to go is not there, and if files are to come in
  // the place of others while there are delete files, which know those and not these. kIo if a file that was written is
  // not there: a commit never names what nobody sees.
  Result<Attempt> Prepare(const TableMetadata& base, io::FileIo& io, int64_t now_ms, const MakeNotes& notes = {});

  int attempts() const { return attempts_; }
  bool has_files() const { return !files_.empty(); }

  // After success: manifest lists and manifests that were written here and `committed` does not use. After failure
  // (nullptr) all that were. Only to be called when the outcome of every attempt is known.
  std::vector<std::string> Unused(const Snapshot* committed, const std::vector<ManifestFile>& in_use) const;

 private:
  using Manifests = std::vector<ManifestFile>;

  // A manifest without the files that go.
  struct Remainder {
    ManifestFile manifest;
    std::vector<DataFile> removed;
  };
  struct Parted {
    Manifests kept;
    Manifests changed;
    std::vector<DataFile> gone;
  };

  Status WriteOwnManifests(const TableMetadata& base, io::FileIo& io);
  // The parent's manifests: those that stay as they are, and those that lose files, written anew.
  Result<Parted> TakeOut(const TableMetadata& base, Manifests older, io::FileIo& io);
  // `met`: what of the surplus stands in manifests before this one.
  Result<std::optional<Remainder>> TakeOutOf(const TableMetadata& base, const ManifestFile& manifest, io::FileIo& io,
                                             std::set<std::string>& met);
  Result<Manifests> Merge(const TableMetadata& base, Manifests manifests, io::FileIo& io);
  Result<ManifestFile> MergeBin(const TableMetadata& base, const Manifests& bin, io::FileIo& io);
  // Ok if all that `list` of so many bytes and `manifests` refer to of this change is where readers will look for it.
  Status CheckStored(io::FileIo& io, const std::string& list, size_t list_bytes, const Manifests& manifests) const;
  Result<ManifestFile> Write(const TableMetadata& base, int32_t spec_id, const std::vector<ManifestEntry>& entries,
                             io::FileIo& io);
  std::vector<ManifestEntry> OwnEntries(int32_t spec_id) const;
  std::map<std::string, std::string> Summary(const TableMetadata& base, const Snapshot* parent,
                                             const std::vector<DataFile>& gone) const;

  std::string ref_;
  int64_t snapshot_id_;
  std::string uuid_;  // in the names of all files written here
  std::vector<DataFile> files_;
  std::map<std::string, std::string> summary_;
  const Removed removed_;
  std::map<std::string, std::string> list_notes_;
  std::map<std::string, std::optional<Remainder>> remainders_;  // by the path of the whole; none: it keeps all
  std::map<int32_t, ManifestFile> own_manifests_;               // by spec id, written on the first attempt
  std::map<std::vector<std::string>, ManifestFile> merged_;     // by the paths that went in
  std::vector<std::string> written_;
  int manifest_count_ = 0;
  int attempts_ = 0;
};

}  // namespace frazil::iceberg
