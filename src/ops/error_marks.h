// Marks rows of an errors table whose records have become rows of the main table.
#pragma once

#include <cstdint>
#include <optional>

#include "common/result.h"
#include "ingest/file_names.h"
#include "parquet/data_file_writer.h"
#include "record/row_origins.h"
#include "table/committer.h"

namespace frazil::ops {

// Not thread-safe.
class ErrorMarks {
 public:
  // `errors` commits to the errors table and keeps no offsets. Both must outlive it.
  ErrorMarks(table::Committer& errors, ingest::FileNames& names, parquet::DataFileOptions options);

  // Adds the columns (stored_errors.h) if they are not there. kInvalidArgument if they are, with other types.
  Status AddColumns();
  // Rewrites the files that have rows of these offsets which are not marked so yet, every other value kept, and puts
  // them in the place of the old ones by one commit. Where another writer replaces one of those meanwhile it is looked
  // at anew. Returns how many rows were marked.
  Result<int64_t> Mark(const record::RowOrigins& replayed, std::optional<int64_t> snapshot, int64_t now_ms);

 private:
  table::Committer& errors_;
  ingest::FileNames& names_;
  const parquet::DataFileOptions options_;
};

}  // namespace frazil::ops
