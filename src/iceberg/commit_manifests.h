// The manifests that one commit writes, over all its tries.
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

// What was written for one try is used again by later ones as long as it says the same: manifests of what comes while
// the same files come, those that lost files while the same files go, merged ones while their inputs stay. Not
// thread-safe.
class CommitManifests {
 public:
  using Manifests = std::vector<ManifestFile>;

  // `uuid` is in the names of all that is written.
  CommitManifests(int64_t snapshot_id, std::string uuid) : snapshot_id_(snapshot_id), uuid_(std::move(uuid)) {}

  struct Changed {
    Manifests manifests;
    std::vector<DataFile> gone;
  };
  // `older`, the manifests of the parent, changed by `delta`, and small ones merged as the table's properties say
  // (SnapshotWriter::Prepare). kFenced if a file that is to go is not there. `ref` is for errors.
  Result<Changed> Apply(const TableMetadata& base, const FileDelta& delta, Manifests older, const std::string& ref,
                        io::FileIo& io);

  // The places of all that was written, or tried to be.
  const std::vector<std::string>& written() const { return written_; }

 private:
  using Kind = std::pair<ManifestContent, int32_t>;  // and spec

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
  struct Added {
    std::vector<FileKey> files;
    std::optional<int64_t> data_sequence_number;
    ManifestFile manifest;
  };

  Result<Manifests> WriteAdded(const TableMetadata& base, const FileDelta& delta, io::FileIo& io);
  // The parent's manifests: those that stay as they are, and those that lose files, written anew.
  Result<Parted> TakeOut(const TableMetadata& base, const FileDelta& delta, Manifests older, const std::string& ref,
                         io::FileIo& io);
  // `met`: what of the surplus stands in manifests before this one.
  Result<std::optional<Remainder>> TakeOutOf(const TableMetadata& base, const FileDelta& delta,
                                             const ManifestFile& manifest, io::FileIo& io, std::set<FileKey>& met);
  bool Goes(const FileDelta& delta, const DataFile& file) const;
  Result<Manifests> Merge(const TableMetadata& base, const FileDelta& delta, Manifests manifests, io::FileIo& io);
  Result<ManifestFile> MergeBin(const TableMetadata& base, const FileDelta& delta, const Manifests& bin,
                                io::FileIo& io);
  Result<ManifestFile> Write(const TableMetadata& base, const Kind& kind, const std::vector<ManifestEntry>& entries,
                             io::FileIo& io);
  std::vector<ManifestEntry> AddedEntries(const FileDelta& delta, const Kind& kind) const;

  const int64_t snapshot_id_;
  const std::string uuid_;
  std::map<Kind, Added> added_;
  std::set<FileKey> removed_;                                   // what went where `remainders_` were written
  std::set<std::string> removed_data_;                          // the paths of these
  std::map<std::string, std::optional<Remainder>> remainders_;  // by the path of the whole; none: it keeps all
  std::map<std::vector<std::string>, ManifestFile> merged_;     // by the paths that went in
  std::vector<std::string> written_;
  int manifest_count_ = 0;
};

// Iceberg's property for Avro files, of which manifests are some; gzip where its codec is none for manifests.
std::string ManifestCodecOf(const TableMetadata& table);

}  // namespace frazil::iceberg
