// The delete files of a table, and the rows that they remove.
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

// After Read, DeletedIn may be called by several threads, but for each data file by one thread only.
class DeleteFiles {
 public:
  // Reads all delete files among `files`, which must be the files of one snapshot: position deletes, deletion vectors,
  // and the keys of equality deletes. A delete file that cannot be read, or differs from its manifest entry, becomes a
  // finding.
  Status Read(const std::vector<LiveFile>& files, const iceberg::TableMetadata& metadata, io::FileIo& io,
              table::Findings& findings);

  int64_t files() const { return files_; }
  // True if there are equality deletes. Only reading the data tells which rows they remove.
  bool any_equality() const { return !equality_.empty(); }
  int64_t equality_files() const { return static_cast<int64_t>(equality_.size()); }
  int64_t equality_keys() const;

  // The positions of the deleted rows of `file`, or null if there are none. Equality deletes are applied only with
  // `reader`, which reads the key columns of the data file. A data file without these columns is skipped.
  Result<const OffsetSet*> DeletedIn(const LiveFile& file, parquet::DataFileReader* reader);

 private:
  struct Equality {
    LiveFile file;
    bool global = false;  // its partition spec has no fields, so it applies to all partitions
    std::unordered_set<std::string> keys;
  };
  using Rows = std::map<std::string, OffsetSet>;  // by path of the data file

  Status ReadOne(const LiveFile& file, std::unique_ptr<io::InputFile> opened, table::Findings& findings);
  Status ReadPositions(const LiveFile& file, parquet::DataFileReader& reader);
  Status ReadVector(const LiveFile& file, io::InputFile& opened, table::Findings& findings);
  Status ReadKeys(const LiveFile& file, parquet::DataFileReader& reader);
  static bool Concerns(const Equality& deletes, const LiveFile& file);
  // Marks one row as deleted, if the data file exists and is not newer than the delete's sequence number.
  void Take(const std::string& path, int64_t position, int64_t sequence_number);

  std::mutex mutex_;                             // guards rows_ after Read
  std::map<std::string, const LiveFile*> data_;  // by path
  std::set<int32_t> global_specs_;
  Rows rows_;
  std::vector<Equality> equality_;
  int64_t files_ = 0;
};

}  // namespace frazil::ops
