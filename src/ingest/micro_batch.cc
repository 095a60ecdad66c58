#include "ingest/micro_batch.h"

#include <arrow/api.h>
#include <arrow/util/byte_size.h>

#include <algorithm>

#include "common/failpoint.h"
#include "common/random.h"
#include "iceberg/location_provider.h"
#include "ingest/conform_rows.h"
#include "ingest/lanes.h"
#include "table/offset_state.h"

namespace frazil::ingest {
namespace {

// Arrow memory of one partition's rows that makes a row group: large for readers, and a small share of the memory.
constexpr int64_t kLeastRowGroup = 8LL << 20;
constexpr int64_t kMostRowGroup = 64LL << 20;

// Two tuples are one partition if and only if their keys are equal.
std::string PartitionKey(int32_t spec_id, const std::vector<iceberg::Literal>& tuple) {
  std::string key = fmt::format("{}", spec_id);
  for (const auto& literal : tuple) {
    key += static_cast<char>(literal.index());
    std::visit(
        [&](const auto& value) {
          using T = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<T, std::string>) {
            key += fmt::format("{}:", value.size());
            key += value;
          } else if constexpr (!std::is_same_v<T, std::monostate>) {
            key.append(reinterpret_cast<const char*>(&value), sizeof(value));
          }
        },
        literal);
  }
  return key;
}

}  // namespace

FileNames::FileNames() : run_(FRAZIL_GUARD("unique") ? RandomUuid() : "run") {}

std::string FileNames::Next() { return fmt::format("{:05}-{}.parquet", ++count_, run_); }

struct MicroBatch::Slice {
  std::shared_ptr<arrow::RecordBatch> rows;
  iceberg::SchemaPtr schema;
  MemoryShare memory;
};

struct MicroBatch::Partition {
  iceberg::PartitionSpecPtr spec;
  std::vector<iceberg::Literal> tuple;
  // Guarded by the micro-batch's mutex.
  std::vector<Slice> slices;
  int64_t bytes = 0;
  // Guarded by `encoding`: one lane at a time writes a partition's file.
  std::mutex encoding;
  std::unique_ptr<parquet::DataFileWriter> writer;
  iceberg::SchemaPtr writer_schema;
};

MicroBatch::MicroBatch(std::shared_ptr<table::Table> table, const SinkOptions& options, MemoryBudget& budget,
                       FileNames& names, std::string pipeline)
    : table_(std::move(table)),
      options_(options),
      budget_(budget),
      names_(names),
      pipeline_(std::move(pipeline)),
      row_group_bytes_(std::clamp(budget.limit() / 8, kLeastRowGroup, kMostRowGroup)) {}

MicroBatch::~MicroBatch() = default;

void MicroBatch::Expect() {
  std::lock_guard lock(mutex_);
  ++expected_;
  if (!first_record_) first_record_ = std::chrono::steady_clock::now();
  if (!first_range_) first_range_ = first_record_;
}

void MicroBatch::Settle() {
  {
    std::lock_guard lock(mutex_);
    --expected_;
  }
  settled_.notify_all();
}

void MicroBatch::Abort(Error error) {
  {
    std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
  }
  Settle();
}

void MicroBatch::AppendGap(record::OffsetRange range) {
  std::lock_guard lock(mutex_);
  if (!first_range_) first_range_ = std::chrono::steady_clock::now();
  counts_ += range.counts;
  ranges_[range.source].push_back(std::move(range));
}

void MicroBatch::Append(record::OffsetRange range, std::vector<PartitionFanout::Part> rows,
                        const iceberg::SchemaPtr& schema, const iceberg::PartitionSpecPtr& spec) {
  std::vector<std::shared_ptr<Partition>> ripe;
  {
    std::lock_guard lock(mutex_);
    counts_ += range.counts;
    ranges_[range.source].push_back(std::move(range));
    int64_t total_rows = 0;
    int64_t total_bytes = 0;
    for (const auto& part : rows) {
      total_rows += part.rows->num_rows();
      total_bytes = std::max(total_bytes, arrow::util::TotalBufferSize(*part.rows));  // slices share their buffers
    }
    for (auto& part : rows) {
      if (part.rows->num_rows() == 0) continue;
      auto& partition = partitions_[PartitionKey(spec->spec_id, part.partition)];
      if (partition == nullptr) {
        partition = std::make_shared<Partition>();
        partition->spec = spec;
        partition->tuple = std::move(part.partition);
      }
      const int64_t bytes = total_bytes * part.rows->num_rows() / total_rows;
      partition->slices.push_back({std::move(part.rows), schema, MemoryShare(budget_, bytes)});
      partition->bytes += bytes;
      if (partition->bytes >= row_group_bytes_) ripe.push_back(partition);
    }
  }
  Status encoded;
  for (const auto& partition : ripe) {
    encoded = Encode(*partition, /*last=*/false);
    if (!encoded) break;
  }
  if (!encoded) {
    Abort(encoded.error());
  } else {
    Settle();
  }
}

Status MicroBatch::CloseFile(Partition& partition) {
  if (partition.writer == nullptr) return {};
  const bool full = partition.writer->EstimatedBytes() >= options_.target_file_size;
  FRAZIL_ASSIGN_OR_RETURN(iceberg::DataFile file, partition.writer->Close({{"frazil.pipeline", pipeline_}}));
  partition.writer.reset();
  FRAZIL_FAILPOINT("after-data-put");
  std::lock_guard lock(mutex_);
  file_is_full_ |= full;
  files_.push_back(std::move(file));
  return {};
}

Status MicroBatch::Encode(Partition& partition, bool last) {
  std::lock_guard encoding(partition.encoding);
  std::vector<Slice> slices;
  {
    std::lock_guard lock(mutex_);
    slices.swap(partition.slices);
    partition.bytes = 0;
  }
  const catalog::LoadedTable table = table_->current();
  const iceberg::SchemaPtr schema = table.metadata->schema();
  for (Slice& slice : slices) {
    // A file has one schema: the table's newest one when it is opened.
    if (partition.writer != nullptr && partition.writer_schema->schema_id() != schema->schema_id()) {
      FRAZIL_RETURN_IF_ERROR(CloseFile(partition));
    }
    if (partition.writer == nullptr) {
      parquet::DataFileOptions options;
      options.compression = options_.compression;
      options.table_properties = table.metadata->properties;
      const std::string location =
          iceberg::LocationProvider(*table.metadata)
              .DataFile(partition.spec->PartitionPath(*schema, partition.tuple), names_.Next());
      FRAZIL_ASSIGN_OR_RETURN(
          partition.writer,
          parquet::OpenDataFile(*table.io, location, schema, partition.spec->spec_id, partition.tuple, options));
      partition.writer_schema = schema;
    }
    FRAZIL_ASSIGN_OR_RETURN(const auto rows, ConformRows(slice.rows, *slice.schema, *schema));
    FRAZIL_RETURN_IF_ERROR(partition.writer->Write(*rows));
    slice = Slice();  // its memory goes back
    if (partition.writer->EstimatedBytes() >= options_.target_file_size) {
      FRAZIL_RETURN_IF_ERROR(CloseFile(partition));
    }
  }
  if (last) return CloseFile(partition);
  // Nothing that is encoded waits in memory for more.
  return partition.writer == nullptr ? Status() : partition.writer->EndRowGroup();
}

Result<MicroBatchContents> MicroBatch::Finish(Lanes& lanes) {
  std::unique_lock lock(mutex_);
  settled_.wait(lock, [&] { return expected_ == 0; });
  if (error_) return tl::unexpected<Error>(*error_);
  expected_ = static_cast<int>(partitions_.size());
  for (const auto& [key, partition] : partitions_) {
    lanes.Submit([this, partition = partition](int) {
      if (auto encoded = Encode(*partition, /*last=*/true); !encoded) {
        Abort(encoded.error());
      } else {
        Settle();
      }
    });
  }
  settled_.wait(lock, [&] { return expected_ == 0; });
  if (error_) return tl::unexpected<Error>(*error_);

  MicroBatchContents contents;
  contents.counts = counts_;
  contents.files = std::move(files_);
  for (auto& [source, ranges] : ranges_) {
    std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    record::OffsetRange joined = ranges.front();
    for (size_t i = 1; i < ranges.size(); ++i) {
      if (FRAZIL_GUARD("ordered") && ranges[i].first != joined.next) {
        return Fail(ErrorKind::kInternal, "offsets of partition {} of topic '{}' do not join: {} is followed by {}",
                    source.partition, source.topic, joined.next - 1, ranges[i].first);
      }
      joined.next = ranges[i].next;
      joined.leader_epoch = std::max(joined.leader_epoch, ranges[i].leader_epoch);
      joined.counts += ranges[i].counts;
    }
    contents.ranges.push_back(std::move(joined));
  }
  return contents;
}

std::optional<Error> MicroBatch::error() const {
  std::lock_guard lock(mutex_);
  return error_;
}

record::OffsetCounts MicroBatch::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

bool MicroBatch::empty() const {
  std::lock_guard lock(mutex_);
  return expected_ == 0 && ranges_.empty();
}

bool MicroBatch::file_is_full() const {
  std::lock_guard lock(mutex_);
  return file_is_full_;
}

std::optional<std::chrono::steady_clock::time_point> MicroBatch::first_record() const {
  std::lock_guard lock(mutex_);
  return first_record_;
}

std::optional<std::chrono::steady_clock::time_point> MicroBatch::first_range() const {
  std::lock_guard lock(mutex_);
  return first_range_;
}

}  // namespace frazil::ingest
