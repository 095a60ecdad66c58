// What a pipeline has in hand for its next commit: decoded rows per table partition, on their way into data files,
// and the offsets they came from.
//
// Rows are held as Arrow slices. A partition's file is opened only when its rows are worth a row group, or at the end;
// so a thousand partitions cost a thousand small slices, not a thousand open writers, and the rows of one partition
// meet in one file whichever lane decoded them.
#pragma once

#include <arrow/type_fwd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/memory_budget.h"
#include "common/result.h"
#include "iceberg/data_file.h"
#include "ingest/options.h"
#include "ingest/partition_fanout.h"
#include "record/offset_range.h"
#include "table/table.h"

namespace frazil::ingest {

class Lanes;

// Names of data files: never used twice, by no process (invariant "unique"). Thread-safe.
class FileNames {
 public:
  FileNames();
  std::string Next();

 private:
  const std::string run_;
  std::atomic<int> count_{0};
};

struct MicroBatchContents {
  std::vector<iceberg::DataFile> files;
  std::vector<record::OffsetRange> ranges;  // one per Kafka partition
  record::OffsetCounts counts;
};

// Lanes call Append and Abort; one coordinator calls the rest. All of it is thread-safe.
class MicroBatch {
 public:
  MicroBatch(std::shared_ptr<table::Table> table, const SinkOptions& options, MemoryBudget& budget, FileNames& names,
             std::string pipeline);
  ~MicroBatch();

  // A range is on its way through a lane: Finish waits for its Append or Abort.
  void Expect();
  // The range's rows have arrived, split by the partition spec they were made for. A failure to write them aborts.
  void Append(record::OffsetRange range, std::vector<PartitionFanout::Part> rows, const iceberg::SchemaPtr& schema,
              const iceberg::PartitionSpecPtr& spec);
  // A range without rows that no lane has to see.
  void AppendGap(record::OffsetRange range);
  // The range will not come: the whole micro-batch can not be committed.
  void Abort(Error error);

  std::optional<Error> error() const;
  record::OffsetCounts counts() const;
  bool empty() const;         // no range at all
  bool file_is_full() const;  // a data file has reached its target size
  // When the first range with records came in; when the first range at all came in.
  std::optional<std::chrono::steady_clock::time_point> first_record() const;
  std::optional<std::chrono::steady_clock::time_point> first_range() const;

  // Waits for what is expected, encodes what is left on `lanes`, and hands over the whole. To be called once, from no
  // lane.
  Result<MicroBatchContents> Finish(Lanes& lanes);

 private:
  struct Slice;
  struct Partition;

  Status Encode(Partition& partition, bool last);
  Status CloseFile(Partition& partition);
  void Settle();

  const std::shared_ptr<table::Table> table_;
  const SinkOptions& options_;
  MemoryBudget& budget_;
  FileNames& names_;
  const std::string pipeline_;
  const int64_t row_group_bytes_;

  mutable std::mutex mutex_;
  std::condition_variable settled_;
  int expected_ = 0;
  std::optional<Error> error_;
  std::map<std::string, std::shared_ptr<Partition>> partitions_;  // by spec id and encoded tuple
  std::map<record::TopicPartition, std::vector<record::OffsetRange>> ranges_;
  record::OffsetCounts counts_;
  std::vector<iceberg::DataFile> files_;
  bool file_is_full_ = false;
  std::optional<std::chrono::steady_clock::time_point> first_record_;
  std::optional<std::chrono::steady_clock::time_point> first_range_;
};

}  // namespace frazil::ingest
