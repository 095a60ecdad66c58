// The rows of one table partition on their way into its data files.
//
// Rows are held as Arrow slices until they are worth a row group; what is encoded is written out at once, so that an
// open file holds next to nothing. So a thousand partitions cost a thousand small slices, not a thousand row groups,
// and the rows of a partition meet in one file whichever lane decoded them. Only where rows come faster than one lane
// encodes them does the next lane open another file beside it.
//
// Where the table has a sort order (spec, "Sorting"), the rows that are encoded together are sorted. A file whose rows
// were all encoded together is in that order as a whole, and says so; a larger one is in order from one such run to the
// next.
//
// Slices of one decoded batch share its memory: it comes back when the last partition that has some of it lets go.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "common/system/memory_budget.h"
#include "iceberg/data_file.h"
#include "ingest/file_names.h"
#include "ingest/options.h"
#include "record/row_origins.h"
#include "table/offset_notes.h"
#include "table/offset_state.h"
#include "table/table.h"

namespace frazil::ingest {

class RowOrder;

// What the data files of a pipeline have in common.
struct DataFileContext {
  std::shared_ptr<table::Table> table;
  const SinkOptions& options;
  MemoryBudget& budget;
  FileNames& names;
  const std::string pipeline;
  const int64_t row_group;  // MemoryPlan::row_group
  // Under which key a file's footer says where its rows came from.
  const std::string_view origins_key = table::kFooterOffsets;
};

// Thread-safe.
class TablePartition {
 public:
  TablePartition(const DataFileContext& context, iceberg::PartitionSpecPtr spec, std::vector<iceberg::Literal> tuple);
  ~TablePartition();

  // `bytes` of Arrow memory, of `memory` that other slices may share. Returns bytes().
  int64_t Add(std::shared_ptr<arrow::RecordBatch> rows, const iceberg::SchemaPtr& schema, int64_t bytes,
              std::shared_ptr<MemoryShare> memory, record::RowOrigin origin);
  int64_t bytes() const;                                                           // held as slices
  bool shares() const;                                                             // memory with other partitions
  std::shared_ptr<io::FileIo> io() const { return context_.table->current().io; }  // that its files are written with

  // Copies what it shares with other partitions, so that their rows can go without these.
  Status Detach();

  // Writes all that is held as row groups. Files that this completes, since they are full or the table's schema has
  // changed, are added to `files`.
  Status Encode(std::vector<iceberg::DataFile>& files) { return Encode(files, /*last=*/false); }
  // The same, and completes every file. Nobody else may be encoding any more.
  Status Finish(std::vector<iceberg::DataFile>& files) { return Encode(files, /*last=*/true); }

 private:
  struct Slice;
  struct OpenFile;
  struct Run;

  Status Encode(std::vector<iceberg::DataFile>& files, bool last);
  Result<std::unique_ptr<OpenFile>> Open(const catalog::LoadedTable& table, const iceberg::SchemaPtr& schema) const;
  Status Close(std::unique_ptr<OpenFile>& file, std::vector<iceberg::DataFile>& files) const;
  static Result<Run> Sorted(const RowOrder& order, const iceberg::Schema& schema, std::vector<Slice> slices);
  // Opens a file if there is none that takes them, and closes it when it is full.
  Status Write(Run run, const catalog::LoadedTable& table, const iceberg::SchemaPtr& schema,
               std::unique_ptr<OpenFile>& file, std::vector<iceberg::DataFile>& files) const;

  const DataFileContext& context_;
  const iceberg::PartitionSpecPtr spec_;
  const std::vector<iceberg::Literal> tuple_;

  mutable std::mutex mutex_;
  std::vector<Slice> slices_;
  int64_t bytes_ = 0;
  std::vector<std::unique_ptr<OpenFile>> idle_;  // open, and no lane is writing them
};

}  // namespace frazil::ingest
