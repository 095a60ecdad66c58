// Follows the data files and delete files of a branch from base to base. For each new base it reads only manifests that
// it has not seen before, because manifests never change. It never needs the history, so expiry, rollbacks and rewrites
// of others are ordinary bases.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/result.h"
#include "iceberg/data_file.h"
#include "iceberg/file_change.h"
#include "iceberg/manifest.h"

namespace frazil::iceberg {

struct LiveFile {
  FileContent content = FileContent::kData;
  std::string path;
  std::string format;  // "PARQUET"
  int32_t spec_id = 0;
  std::vector<Literal> partition;
  int64_t records = 0;
  int64_t bytes = 0;
  int64_t sequence_number = 0;  // the data sequence number
  std::optional<int64_t> first_row_id;
  std::optional<int64_t> content_offset;  // position and size of a deletion vector
  std::optional<int64_t> content_size;
  std::string of;                     // of a delete file: its data file, if it belongs to one alone
  std::vector<int32_t> equality_ids;  // for equality deletes
  // The views point into this object.
  std::pair<std::string_view, std::optional<int64_t>> key() const { return {path, content_offset}; }
};
using LiveFilePtr = std::shared_ptr<const LiveFile>;

// Not thread-safe.
class LiveFiles {
 public:
  struct Changes {
    std::vector<LiveFilePtr> came;       // data files
    std::vector<LiveFilePtr> went;       // data files
    std::vector<LiveFilePtr> redeleted;  // older data files whose delete files have changed
  };
  // Moves to a new base. After an error nothing has changed.
  Result<Changes> Follow(const ChangeBase& base);

  // The live data file with this path, or null.
  LiveFilePtr Find(const std::string& path) const;
  // The delete files that apply to `data` (spec, "Scan Planning"), in no particular order.
  std::vector<LiveFilePtr> DeletesOf(const LiveFile& data) const;
  // The data files of one partition (PartitionKey), and all data files.
  std::vector<LiveFilePtr> InPartition(const std::string& partition_key) const;
  std::vector<LiveFilePtr> DataFiles() const;
  // The delete files that cannot apply outside of the partition, and all delete files.
  std::vector<LiveFilePtr> DeletesIn(const std::string& partition_key) const;
  std::vector<LiveFilePtr> DeleteFiles() const;
  size_t data_files() const { return data_.size(); }
  size_t delete_files() const { return deletes_.size(); }

 private:
  // A file, and the number of entries that list it. More than one means that the table is damaged.
  struct Held {
    LiveFilePtr file;
    int entries = 0;
  };
  struct ByKey {
    bool operator()(const LiveFilePtr& a, const LiveFilePtr& b) const { return a->key() < b->key(); }
  };
  using FileSet = std::set<LiveFilePtr, ByKey>;
  using Key = std::pair<std::string_view, std::optional<int64_t>>;
  struct Move {
    std::vector<LiveFilePtr> came;
    std::vector<LiveFilePtr> went;
  };

  static Result<std::vector<LiveFilePtr>> Read(const ManifestFile& manifest, io::FileIo& io);
  Move Replace(const std::vector<std::string>& gone, std::map<std::string, std::vector<LiveFilePtr>> read);
  void Index(const LiveFilePtr& file);
  void Forget(const LiveFilePtr& file);
  bool Applies(const LiveFile& deletes, const LiveFile& data) const;
  std::vector<LiveFilePtr> Concerned(const LiveFile& deletes) const;

  std::map<std::string, std::vector<LiveFilePtr>> manifests_;  // by manifest path
  std::map<Key, Held> data_;                                   // the keys are views into the files
  std::map<Key, Held> deletes_;
  std::unordered_map<std::string, FileSet> data_in_;     // by partition
  std::unordered_map<std::string, FileSet> deletes_of_;  // those of one data file, by its path
  std::unordered_map<std::string, FileSet> deletes_in_;  // those of one partition
  FileSet global_deletes_;                               // equality deletes for all partitions
  std::set<int32_t> global_specs_;                       // specs without fields
};

}  // namespace frazil::iceberg
