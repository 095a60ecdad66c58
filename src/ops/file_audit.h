// Looks at the files that a table refers to: whether they are there with their sizes, and what their footers say.
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

// What a data file of ours says in its footer.
struct FileFooter {
  std::string pipeline;                       // empty: another writer's file
  std::optional<record::RowOrigins> origins;  // absent in files of older versions
  bool replayed = false;                      // the rows were bad records: their stretches lie inside those of others
};

// Looks at each of `files` that is there with its size, several side by side. `visit` is called on any thread; damage
// that it returns becomes a finding, as what is missing does, and another error is returned. Where `pool` is given and
// a visit ends for want of memory, it is made again when no other is under way: it must be one that can be.
struct Visits {
  size_t together = 16;  // they wait for the storage most of the time
  bool again_alone = false;
};
using Visit = std::function<Status(size_t index, std::unique_ptr<io::InputFile> opened)>;
Status VisitFiles(const std::vector<LiveFile>& files, io::FileIo& io, table::Findings& findings, const Visits& visits,
                  const Visit& visit);

// `files` and their footers, in one order; a file that cannot be read, or is not Parquet, has none. `look` is called
// for each that can, on any thread, with its footer. Damage becomes findings; an error is returned where the storage
// fails, and from `look` unless it is damage.
using Look = std::function<Status(const LiveFile& file, const FileFooter& footer, parquet::DataFileReader& reader)>;
Result<std::vector<std::optional<FileFooter>>> AuditFiles(const std::vector<LiveFile>& files, io::FileIo& io,
                                                          const Look& look, table::Findings& findings,
                                                          const Visits& visits = {}, arrow::MemoryPool* pool = nullptr);

// The same for files that only older snapshots refer to, by path and size: whether they are there.
Status AuditPresence(const std::unordered_map<std::string, int64_t>& files, io::FileIo& io, table::Findings& findings);

}  // namespace frazil::ops
