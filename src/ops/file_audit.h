// Checks the files that a table refers to: whether they exist with the right size, and what their footers say.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/result.h"
#include "io/file_io.h"
#include "ops/manifest_audit.h"
#include "parquet/data_file_reader.h"
#include "record/row_origins.h"
#include "table/finding.h"

namespace frazil::ops {

// What Frazil writes into the footer of a data file.
struct FileFooter {
  std::string pipeline;                       // empty: another program wrote the file
  std::optional<record::RowOrigins> origins;  // nullopt in files of older versions
  bool replayed = false;  // the rows are replayed bad records, so their ranges lie inside the ranges of other files
};

// How VisitFiles works. With `again_alone`, a visit that ends with kUnavailable (out of memory) is repeated after all
// others, when no other visit runs. Such a visit must be repeatable.
struct Visits {
  size_t together = 16;  // how many files at a time; visits mostly wait for the storage
  bool again_alone = false;
};
// Visits the file with that index, which is open.
using Visit = std::function<Status(size_t index, std::unique_ptr<io::InputFile> opened)>;
// Calls `visit` for each of `files` that exists with the right size, several at a time, on any thread. A missing file,
// a wrong size, and damage that `visit` returns (kNotFound, kCorrupt) become findings. Any other error is returned.
Status VisitFiles(const std::vector<LiveFile>& files, io::FileIo& io, table::Findings& findings, const Visits& visits,
                  const Visit& visit);

// Reads the footers of `files`, and returns them in the same order. A file that cannot be read or is not Parquet has no
// footer. `look` is called for each readable file, on any thread. Damage becomes a finding. An error is returned if the
// storage fails, or if `look` returns an error that is not damage. Pages are read into `pool`, if it is given.
using Look = std::function<Status(const LiveFile& file, const FileFooter& footer, parquet::DataFileReader& reader)>;
Result<std::vector<std::optional<FileFooter>>> AuditFiles(const std::vector<LiveFile>& files, io::FileIo& io,
                                                          const Look& look, table::Findings& findings,
                                                          const Visits& visits = {}, arrow::MemoryPool* pool = nullptr);

// Checks only that files exist with their size. For files that only older snapshots refer to; `files` maps path to
// size.
Status AuditPresence(const std::unordered_map<std::string, int64_t>& files, io::FileIo& io, table::Findings& findings);

}  // namespace frazil::ops
