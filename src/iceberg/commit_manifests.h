// Writes the manifests of one commit, over all its tries.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"
#include "iceberg/file_change.h"
#include "iceberg/manifest.h"
#include "iceberg/table_metadata.h"

namespace frazil::io {
class FileIo;
}

namespace frazil::iceberg {

// A manifest that was written for one try is used again by later tries as long as its content is the same. That holds
// for manifests of added files while the added files are the same, for manifests that lost files while the removed
// files are the same, and for merged manifests while their inputs are the same. The row ids that an input gives to its
// files count too: in an upgraded table, another commit may have given a manifest its first. Not thread-safe.
class CommitManifests {
 public:
  using Manifests = std::vector<ManifestFile>;

  // `uuid` becomes part of all file names.
  CommitManifests(int64_t snapshot_id, std::string uuid) : snapshot_id_(snapshot_id), uuid_(std::move(uuid)) {}

  struct Changed {
    Manifests manifests;
    std::vector<DataFile> gone;
  };
  // Applies `delta` to `older`, the manifests of the parent snapshot, and merges small manifests as the table's
  // properties say (SnapshotWriter::Prepare). kFenced if a file to be removed is not there. `ref` is for error
  // messages.
  Result<Changed> Apply(const TableMetadata& base, const FileDelta& delta, Manifests older, const std::string& ref,
                        io::FileIo& io);

  // The paths of all manifests that were written, or may have been.
  const std::vector<std::string>& written() const { return written_; }

 private:
  using Kind = std::pair<ManifestContent, int32_t>;  // content and spec id
  // A manifest that was read: its path and its first row id, on which the row ids of its files depend.
  using Input = std::pair<std::string, std::optional<int64_t>>;

  // A rewritten manifest, without the removed files.
  struct Remainder {
    ManifestFile manifest;
    std::vector<DataFile> removed;
  };
  struct Parted {
    Manifests kept;
    Manifests changed;
    std::vector<DataFile> gone;
  };
  struct Added {
    std::vector<FileKey> files;
    std::optional<int64_t> data_sequence_number;
    ManifestFile manifest;
  };

  Result<Manifests> WriteAdded(const TableMetadata& base, const FileDelta& delta, io::FileIo& io);
  // Divides the parent's manifests into those that stay and those that lose files, which are rewritten.
  Result<Parted> TakeOut(const TableMetadata& base, const FileDelta& delta, Manifests older, const std::string& ref,
                         io::FileIo& io);
  // `met` holds surplus files that were in earlier manifests.
  Result<std::optional<Remainder>> TakeOutOf(const TableMetadata& base, const FileDelta& delta,
                                             const ManifestFile& manifest, io::FileIo& io, std::set<FileKey>& met);
  bool Goes(const FileDelta& delta, const DataFile& file) const;
  Result<Manifests> Merge(const TableMetadata& base, const FileDelta& delta, Manifests manifests, io::FileIo& io);
  Result<ManifestFile> MergeBin(const TableMetadata& base, const FileDelta& delta, const Manifests& bin,
                                io::FileIo& io);
  Result<ManifestFile> Write(const TableMetadata& base, const Kind& kind, const std::vector<ManifestEntry>& entries,
                             io::FileIo& io);
  static Input InputOf(const ManifestFile& manifest);
  std::vector<ManifestEntry> AddedEntries(const FileDelta& delta, const Kind& kind) const;

  const int64_t snapshot_id_;
  const std::string uuid_;
  std::map<Kind, Added> added_;
  std::set<FileKey> removed_;                             // the removed files for which `remainders_` were written
  std::set<std::string> removed_data_;                    // their paths
  std::map<Input, std::optional<Remainder>> remainders_;  // by the original; nullopt: it loses nothing
  std::map<std::vector<Input>, ManifestFile> merged_;     // by the inputs
  std::vector<std::string> written_;
  int manifest_count_ = 0;
};

// The codec in the table's property write.avro.compression-codec; "gzip" if manifests cannot be written with it.
std::string ManifestCodecOf(const TableMetadata& table);

}  // namespace frazil::iceberg
