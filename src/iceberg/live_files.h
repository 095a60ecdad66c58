// The data files of a branch and the delete files that are of them, followed from base to base: of each only those
// manifests are read that were not seen before. Manifests never change, so what is known of one stays true; history is
// never asked for, and expiry, rollbacks and rewrites by others are bases like any other.
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
  int64_t sequence_number = 0;  // of its data
  std::optional<int64_t> first_row_id;
  std::optional<int64_t> content_offset;  // of a deletion vector, and its size
  std::optional<int64_t> content_size;
  std::string of;                     // of a delete file: the one data file that it is of, if it is of one alone
  std::vector<int32_t> equality_ids;  // of an equality delete
  // Points into it.
  std::pair<std::string_view, std::optional<int64_t>> key() const { return {path, content_offset}; }
};
using LiveFilePtr = std::shared_ptr<const LiveFile>;

// Not thread-safe.
class LiveFiles {
 public:
  struct Changes {
    std::vector<LiveFilePtr> came;       // data files
    std::vector<LiveFilePtr> went;       // data files
    std::vector<LiveFilePtr> redeleted;  // data files that were there before, and have other delete files now
  };
  // Takes the place of what was known. After an error everything is as before.
  Result<Changes> Follow(const ChangeBase& base);

  // By path; null: not a live data file.
  LiveFilePtr Find(const std::string& path) const;
  // The delete files that apply to it (spec, "Scan Planning"), in no order.
  std::vector<LiveFilePtr> DeletesOf(const LiveFile& data) const;
  // All of one partition (PartitionKey), and all there are.
  std::vector<LiveFilePtr> InPartition(const std::string& partition_key) const;
  std::vector<LiveFilePtr> DataFiles() const;
  // Delete files that can be of no data file outside of the partition, and all there are.
  std::vector<LiveFilePtr> DeletesIn(const std::string& partition_key) const;
  std::vector<LiveFilePtr> DeleteFiles() const;
  size_t data_files() const { return data_.size(); }
  size_t delete_files() const { return deletes_.size(); }

 private:
  // A file, and in how many entries of the branch it stands: more than once only where a table is damaged.
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

  std::map<std::string, std::vector<LiveFilePtr>> manifests_;  // by their paths
  std::map<Key, Held> data_;                                   // the keys point into the files
  std::map<Key, Held> deletes_;
  std::unordered_map<std::string, FileSet> data_in_;     // by partition
  std::unordered_map<std::string, FileSet> deletes_of_;  // of one data file: by its path
  std::unordered_map<std::string, FileSet> deletes_in_;  // of a partition
  FileSet global_deletes_;                               // equality deletes of all partitions
  std::set<int32_t> global_specs_;                       // specs without a field
};

}  // namespace frazil::iceberg
