// Reads the commits of a branch, as far back as the table keeps its history.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/result.h"
#include "iceberg/table_metadata.h"
#include "io/file_io.h"
#include "record/offset_range.h"
#include "record/row_origins.h"
#include "table/finding.h"

namespace frazil::table {

struct Commit {
  const iceberg::Snapshot* snapshot = nullptr;
  std::string pipeline;  // empty: another program made it, or a pipeline that keeps no offsets (at_least_once)
  std::vector<record::OffsetRange> ranges;  // the ranges of all topics
  record::RowOrigins replayed = {};         // bad records that it turned into rows
  // the key of an offset state that this commit removed: earlier commits do not count for it
  std::string forgotten = {};
  bool readable = true;  // false if its ranges could not be read

  int64_t rows() const;  // the rows of all ranges and replayed bad records
};

struct BranchHistory {
  std::string ref;
  std::vector<Commit> commits;  // oldest first
  bool complete = true;         // the oldest commit is the table's first
  // Commits of pipelines that are in the table but not in the branch. They were rolled back, or belong to another
  // branch.
  std::vector<Commit> outside;
};

// Reads the history of branch `ref`. The result points into `metadata`. If a commit's ranges cannot be read, that
// becomes a finding. An error is returned only if the storage fails.
Result<BranchHistory> ReadBranchHistory(const iceberg::TableMetadata& metadata, const std::string& ref, io::FileIo& io,
                                        Findings& findings);

// The program that made a snapshot, if the snapshot says so: "spark 3.5.1", "frazil"; otherwise "another writer".
std::string WriterOf(const iceberg::Snapshot& snapshot);

}  // namespace frazil::table
