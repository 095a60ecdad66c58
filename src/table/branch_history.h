// The commits of a branch, as far as its history is kept.
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
  std::string pipeline;                     // empty: another writer's, or one of ours that keeps no offsets
  std::vector<record::OffsetRange> ranges;  // of all its topics
  record::RowOrigins replayed = {};         // bad records that it made rows of
  std::string forgotten = {};               // the key of a state that ended with it: what was before is not its
  bool readable = true;                     // false: they are not known

  int64_t rows() const;  // that came from all of these
};

struct BranchHistory {
  std::string ref;
  std::vector<Commit> commits;  // oldest first
  bool complete = true;         // nothing came before the oldest
  // Commits of pipelines that the table still knows and the branch does not: they were rolled back, or are of another
  // branch.
  std::vector<Commit> outside;
};

// The snapshots stay those of `metadata`. What cannot be read of what a commit moved becomes a finding; an error is
// returned only where the storage fails.
Result<BranchHistory> ReadBranchHistory(const iceberg::TableMetadata& metadata, const std::string& ref, io::FileIo& io,
                                        Findings& findings);

// "spark 3.5.1", "frazil", "another writer": who made a snapshot, as far as it tells.
std::string WriterOf(const iceberg::Snapshot& snapshot);

}  // namespace frazil::table
