// The rows of one table partition, on their way into data files.
//
// Rows are kept as Arrow slices until there are enough for a row group. Encoded row groups are written at once, so an
// open file takes almost no memory. So a thousand partitions cost a thousand small slices, not a thousand row groups,
// and all rows of a partition go into one file, whichever lane decoded them. Only if rows arrive faster than one lane
// encodes them does another lane open a second file.
//
// If the table has a sort order (spec, "Sorting"), rows that are encoded together are sorted. A file whose rows were
// all encoded together is sorted as a whole, and its manifest entry says so. A larger file is sorted within each such
// run.
//
// Slices of one decoded batch share its memory, which is freed when the last partition releases its slice.
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

// What all data files of a pipeline share.
struct DataFileContext {
  std::shared_ptr<table::Table> table;
  const SinkOptions& options;
  MemoryBudget& budget;
  FileNames& names;
  const std::string pipeline;
  const int64_t row_group;  // MemoryPlan::row_group
  // The key in a file's footer for the origins of its rows.
  const std::string_view origins_key = table::kFooterOffsets;
};

// Thread-safe.
class TablePartition {
 public:
  TablePartition(const DataFileContext& context, iceberg::PartitionSpecPtr spec, std::vector<iceberg::Literal> tuple);
  ~TablePartition();

  // Adds rows that take `bytes` of Arrow memory; `memory` is the share of the budget, which other slices may share.
  // Returns bytes().
  int64_t Add(std::shared_ptr<arrow::RecordBatch> rows, const iceberg::SchemaPtr& schema, int64_t bytes,
              std::shared_ptr<MemoryShare> memory, record::RowOrigin origin);
  int64_t bytes() const;  // bytes in slices
  bool shares() const;    // true if slices share memory with other partitions
  std::shared_ptr<io::FileIo> io() const { return context_.table->current().io; }  // writes its files

  // Copies slices that share memory with other partitions, so that the others' rows can be freed independently.
  Status Detach();

  // Writes all slices as row groups. Files that are completed by this (they are full, or the table's schema has
  // changed) are added to `files`.
  Status Encode(std::vector<iceberg::DataFile>& files) { return Encode(files, /*last=*/false); }
  // Like Encode, and completes every file. No other thread may be encoding.
  Status Finish(std::vector<iceberg::DataFile>& files) { return Encode(files, /*last=*/true); }

 private:
  struct Slice;
  struct OpenFile;
  struct Run;

  Status Encode(std::vector<iceberg::DataFile>& files, bool last);
  Result<std::unique_ptr<OpenFile>> Open(const catalog::LoadedTable& table, const iceberg::SchemaPtr& schema) const;
  Status Close(std::unique_ptr<OpenFile>& file, std::vector<iceberg::DataFile>& files) const;
  static Result<Run> Sorted(const RowOrder& order, const iceberg::Schema& schema, std::vector<Slice> slices);
  // Opens a file if no open one fits, and closes it when it is full.
  Status Write(Run run, const catalog::LoadedTable& table, const iceberg::SchemaPtr& schema,
               std::unique_ptr<OpenFile>& file, std::vector<iceberg::DataFile>& files) const;

  const DataFileContext& context_;
  const iceberg::PartitionSpecPtr spec_;
  const std::vector<iceberg::Literal> tuple_;

  mutable std::mutex mutex_;
  std::vector<Slice> slices_;
  int64_t bytes_ = 0;
  std::vector<std::unique_ptr<OpenFile>> idle_;  // open files that no lane is writing
};

}  // namespace frazil::ingest
