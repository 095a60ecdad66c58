// The delete files of a table: which rows of its data files readers leave out.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "common/result.h"
#include "io/file_io.h"
#include "ops/manifest_audit.h"
#include "ops/offset_set.h"
#include "parquet/data_file_reader.h"
#include "table/finding.h"

namespace frazil::iceberg {
struct TableMetadata;
}

namespace frazil::ops {

// After Read, thread-safe as long as each data file is asked for by one thread.
class DeleteFiles {
 public:
  // Reads all of them among `files`, which are those of one snapshot: position deletes, deletion vectors and the keys
  // of equality deletes. What cannot be read, or is not as its manifest says, becomes a finding.
  Status Read(const std::vector<LiveFile>& files, const iceberg::TableMetadata& metadata, io::FileIo& io,
              table::Findings& findings);

  int64_t files() const { return files_; }
  // Of equality deletes; which rows they take out, only the rows tell.
  bool any_equality() const { return !equality_.empty(); }
  int64_t equality_files() const { return static_cast<int64_t>(equality_.size()); }
  int64_t equality_keys() const;

  // Rows of `file`, by position, that are deleted; null: none. With `reader`, those of equality deletes too, for which
  // it reads the columns that their keys are of.
  Result<const OffsetSet*> DeletedIn(const LiveFile& file, parquet::DataFileReader* reader);

 private:
  struct Equality {
    LiveFile file;
    bool global = false;  // of a spec without fields: for all partitions
    std::unordered_set<std::string> keys;
  };
  using Rows = std::map<std::string, OffsetSet>;  // by data file

  Status ReadOne(const LiveFile& file, std::unique_ptr<io::InputFile> opened, table::Findings& findings);
  Status ReadPositions(const LiveFile& file, parquet::DataFileReader& reader);
  Status ReadVector(const LiveFile& file, io::InputFile& opened, table::Findings& findings);
  Status ReadKeys(const LiveFile& file, parquet::DataFileReader& reader);
  static bool Concerns(const Equality& deletes, const LiveFile& file);
  // Marks what a delete of that sequence number takes from a data file, if it is there and not newer.
  void Take(const std::string& path, int64_t position, int64_t sequence_number);

  std::mutex mutex_;                             // guards rows_ after Read
  std::map<std::string, const LiveFile*> data_;  // by path
  std::set<int32_t> global_specs_;
  Rows rows_;
  std::vector<Equality> equality_;
  int64_t files_ = 0;
};

}  // namespace frazil::ops
