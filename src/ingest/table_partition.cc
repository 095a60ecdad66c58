#include "ingest/table_partition.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/failpoint.h"
#include "iceberg/location_provider.h"
#include "iceberg/spec_update.h"
#include "ingest/conform_rows.h"
#include "ingest/row_order.h"
#include "parquet/arrow_error.h"
#include "parquet/data_file_writer.h"
#include "table/offset_notes.h"

namespace frazil::ingest {

struct TablePartition::Slice {
  std::shared_ptr<arrow::RecordBatch> rows;
  iceberg::SchemaPtr schema;
  int64_t bytes;
  std::shared_ptr<MemoryShare> memory;
  record::RowOrigins origins;

  bool Shares() const { return memory.use_count() > 1; }
};

struct TablePartition::OpenFile {
  iceberg::SchemaPtr schema;
  std::unique_ptr<parquet::DataFileWriter> writer;
  record::RowOrigins origins;
  MemoryShare memory;    // what the file holds in memory between two row groups
  int runs = 0;          // runs that were written one after another
  int32_t order_id = 0;  // the sort order of the first run; 0: not sorted
};

// Rows that are written to one file, one after another.
struct TablePartition::Run {
  std::vector<std::shared_ptr<arrow::RecordBatch>> rows;
  record::RowOrigins origins;
  int32_t order_id = 0;  // the sort order that they have
};

TablePartition::TablePartition(const DataFileContext& context, iceberg::PartitionSpecPtr spec,
                               std::vector<iceberg::Literal> tuple)
    : context_(context), spec_(std::move(spec)), tuple_(std::move(tuple)) {}

TablePartition::~TablePartition() = default;

int64_t TablePartition::Add(std::shared_ptr<arrow::RecordBatch> rows, const iceberg::SchemaPtr& schema, int64_t bytes,
                            std::shared_ptr<MemoryShare> memory, record::RowOrigin origin) {
  Slice slice{std::move(rows), schema, bytes, std::move(memory), {}};
  slice.origins.Add(std::move(origin));
  std::lock_guard lock(mutex_);
  slices_.push_back(std::move(slice));
  return bytes_ += bytes;
}

int64_t TablePartition::bytes() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}

bool TablePartition::shares() const {
  std::lock_guard lock(mutex_);
  return std::any_of(slices_.begin(), slices_.end(), [](const Slice& slice) { return slice.Shares(); });
}

Status TablePartition::Detach() {
  std::vector<Slice> slices;
  {
    std::lock_guard lock(mutex_);
    slices.swap(slices_);
  }
  // Neighbouring slices that share memory and have the same schema become one slice.
  std::vector<Slice> detached;
  for (auto slice = slices.begin(); slice != slices.end();) {
    if (!slice->Shares()) {
      detached.push_back(std::move(*slice++));
      continue;
    }
    const iceberg::SchemaPtr schema = slice->schema;
    arrow::RecordBatchVector rows;
    record::RowOrigins origins;
    int64_t bytes = 0;
    do {
      bytes += slice->bytes;
      origins.Add(slice->origins);
      rows.push_back(std::move(slice->rows));
      ++slice;
    } while (slice != slices.end() && slice->Shares() && slice->schema == schema);
    rows.push_back(rows.front()->Slice(0, 0));  // because Arrow does not copy a single batch
    auto copy = arrow::ConcatenateRecordBatches(rows);
    if (!copy.ok()) return parquet::ArrowError(copy.status(), "copying rows of a partition");
    detached.push_back(
        {*std::move(copy), schema, bytes, std::make_shared<MemoryShare>(context_.budget, bytes), std::move(origins)});
  }
  slices.clear();
  std::lock_guard lock(mutex_);
  std::move(slices_.begin(), slices_.end(), std::back_inserter(detached));  // slices that were added meanwhile
  slices_ = std::move(detached);
  return {};
}

Status TablePartition::Encode(std::vector<iceberg::DataFile>& files, bool last) {
  std::vector<Slice> slices;
  std::unique_ptr<OpenFile> file;
  {
    std::lock_guard lock(mutex_);
    slices.swap(slices_);
    bytes_ = 0;
    if (!idle_.empty()) {
      file = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  const catalog::LoadedTable table = context_.table->current();
  const iceberg::SchemaPtr schema = table.metadata->schema();
  if (const auto order = RowOrder::Make(*schema, iceberg::DefaultOrder(*table.metadata)); order && !slices.empty()) {
    FRAZIL_ASSIGN_OR_RETURN(Run run, Sorted(*order, *schema, std::move(slices)));
    FRAZIL_RETURN_IF_ERROR(Write(std::move(run), table, schema, file, files));
    slices.clear();
  }
  for (Slice& slice : slices) {
    FRAZIL_ASSIGN_OR_RETURN(auto rows, ConformRows(slice.rows, *slice.schema, *schema));
    FRAZIL_RETURN_IF_ERROR(Write({{std::move(rows)}, std::move(slice.origins)}, table, schema, file, files));
    slice = Slice();  // frees its memory
  }
  if (last) {
    if (file) FRAZIL_RETURN_IF_ERROR(Close(file, files));
    for (auto& other : idle_) FRAZIL_RETURN_IF_ERROR(Close(other, files));
    idle_.clear();
  } else if (file) {
    FRAZIL_RETURN_IF_ERROR(file->writer->EndRowGroup());
    file->memory = MemoryShare(context_.budget, file->writer->BufferedBytes());
    std::lock_guard lock(mutex_);
    idle_.push_back(std::move(file));
  }
  return {};
}

// Sorts the rows of all slices into one run, which goes into one file: the file's footer has the origins of all of
// them.
Result<TablePartition::Run> TablePartition::Sorted(const RowOrder& order, const iceberg::Schema& schema,
                                                   std::vector<Slice> slices) {
  Run run;
  run.order_id = order.order_id();
  std::vector<std::shared_ptr<arrow::RecordBatch>> rows;
  for (Slice& slice : slices) {
    FRAZIL_ASSIGN_OR_RETURN(rows.emplace_back(), ConformRows(slice.rows, *slice.schema, schema));
    slice.rows.reset();
    run.origins.Add(slice.origins);
  }
  FRAZIL_ASSIGN_OR_RETURN(run.rows, order.Sort(std::move(rows)));
  return run;
}

Status TablePartition::Write(Run run, const catalog::LoadedTable& table, const iceberg::SchemaPtr& schema,
                             std::unique_ptr<OpenFile>& file, std::vector<iceberg::DataFile>& files) const {
  // A file has one schema: the table's newest one at the time it is opened.
  const bool same = file && file->schema->schema_id() == schema->schema_id() && file->schema->SameFields(*schema);
  if (file && !same) FRAZIL_RETURN_IF_ERROR(Close(file, files));
  if (!file) {
    FRAZIL_ASSIGN_OR_RETURN(file, Open(table, schema));
  }
  for (auto& rows : run.rows) {
    FRAZIL_RETURN_IF_ERROR(file->writer->Write(*rows));
    rows.reset();
  }
  file->origins.Add(run.origins);
  if (file->runs++ == 0) file->order_id = run.order_id;
  if (file->writer->EstimatedBytes() >= context_.options.target_file_size) FRAZIL_RETURN_IF_ERROR(Close(file, files));
  return {};
}

Result<std::unique_ptr<TablePartition::OpenFile>> TablePartition::Open(const catalog::LoadedTable& table,
                                                                       const iceberg::SchemaPtr& schema) const {
  parquet::DataFileOptions options;
  options.compression = context_.options.compression;
  options.table_properties = table.metadata->properties;
  // Encoded data stays in memory until its row group ends, in a buffer that doubles its size. Rows that compress badly
  // would take more than the plan allows.
  options.row_group_bytes = context_.row_group / 2;
  const std::string location =
      iceberg::LocationProvider(*table.metadata).DataFile(spec_->PartitionPath(*schema, tuple_), context_.names.Next());
  auto file = std::make_unique<OpenFile>();
  file->schema = schema;
  FRAZIL_ASSIGN_OR_RETURN(file->writer,
                          parquet::OpenDataFile(*table.io, location, schema, spec_->spec_id, tuple_, options));
  return file;
}

Status TablePartition::Close(std::unique_ptr<OpenFile>& file, std::vector<iceberg::DataFile>& files) const {
  FRAZIL_ASSIGN_OR_RETURN(
      iceberg::DataFile written,
      file->writer->Close({{std::string(table::kFooterPipeline), context_.pipeline},
                           {std::string(context_.origins_key), table::WriteOrigins(file->origins)}}));
  // A file with several runs is not sorted as a whole.
  if (file->runs == 1 && file->order_id != 0) written.sort_order_id = file->order_id;
  file.reset();
  files.push_back(std::move(written));
  FRAZIL_FAILPOINT("after-data-put");
  return {};
}

}  // namespace frazil::ingest
