// Marks those rows of an errors table whose records have become rows of the main table.
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
  // `errors` must commit to the errors table without offsets. `errors` and `names` must outlive this object.
  ErrorMarks(table::Committer& errors, ingest::FileNames& names, parquet::DataFileOptions options);

  // Adds the columns for marks (errors_file.h) if they are missing. kInvalidArgument if they exist with other types.
  Status AddColumns();
  // Marks the rows of these offsets. It rewrites the files that have such rows without this mark, keeps all other
  // values, and replaces the old files in one commit. If another writer replaces one of these files meanwhile, the
  // table is read again. `snapshot` is the main table's snapshot that added the rows. Returns how many rows were
  // marked.
  Result<int64_t> Mark(const record::RowOrigins& replayed, std::optional<int64_t> snapshot, int64_t now_ms);

 private:
  table::Committer& errors_;
  ingest::FileNames& names_;
  const parquet::DataFileOptions options_;
};

}  // namespace frazil::ops
