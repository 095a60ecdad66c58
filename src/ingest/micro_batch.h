// The micro-batch: what a pipeline has collected for its next commit. Decoded rows per table partition, on their way
// into data files, and the offsets that they came from.
#pragma once

#include <arrow/type_fwd.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/system/memory_budget.h"
#include "iceberg/data_file.h"
#include "ingest/file_names.h"
#include "ingest/hand.h"
#include "ingest/options.h"
#include "ingest/partition_fanout.h"
#include "ingest/table_partition.h"
#include "record/offset_range.h"
#include "table/decided_by.h"
#include "table/table.h"

namespace frazil::ingest {

class Lanes;

// The destructor deletes files that Finish did not return, and all files after Disown.
//
// Thread-safe. Lanes call Append, AppendErrors and Abort, and also Expect before their own Append. One coordinator
// calls the rest.
class MicroBatch final : public Hand, public std::enable_shared_from_this<MicroBatch> {
 public:
  // The files are written on `lanes`, which must exist while Relieve and Finish run.
  MicroBatch(DataFileContext context, Lanes& lanes);
  ~MicroBatch() override;

  // Announces a range that a lane works on. Finish waits for its Append or Abort.
  void Expect();
  // Adds the rows of an announced range, split by the partition spec in `decided`. If writing them fails, the
  // micro-batch is aborted.
  void Append(record::OffsetRange range, std::vector<PartitionFanout::Part> rows, const table::DecidedBy& decided);
  // Adds records of the range for the errors table, whose context is `context`. Call it before Append. `first`
  // describes one of them.
  void AppendErrors(const DataFileContext& context, const record::RowOrigin& origin,
                    std::shared_ptr<arrow::RecordBatch> rows, const iceberg::SchemaPtr& schema, std::string first);
  void AppendGap(record::OffsetRange range) override;
  // Says that an announced range failed. The whole micro-batch cannot be committed then.
  void Abort(Error error);

  std::optional<Error> error() const override;
  record::OffsetCounts counts() const;
  bool has_files() const override;

  // Lets the lanes encode the largest partitions, which hold most of the memory, and copy the small ones, so that
  // shared memory is freed.
  bool Relieve(bool all) override;

  // Must not be called on a lane.
  Result<HandContents> Finish() override;
  void Disown() override;

 private:
  using Partitions = std::map<std::string, std::shared_ptr<TablePartition>>;  // by spec id and encoded partition tuple

  // Encodes (or with `last` finishes) `partition`, and adds its files to `into`. Settles or aborts one expected range.
  void Encode(TablePartition& partition, std::vector<iceberg::DataFile>& into, bool last);
  void Settle();

  const DataFileContext context_;
  Lanes& lanes_;

  mutable std::mutex mutex_;
  std::condition_variable settled_;
  int expected_ = 0;
  std::optional<Error> error_;
  Partitions partitions_;
  std::map<std::string, std::shared_ptr<TablePartition>> error_partitions_;  // by topic
  std::map<std::string, ErrorsInHand> errors_;
  std::string first_error_;
  int relieving_ = 0;  // unfinished tasks of Relieve
  std::map<record::TopicPartition, std::vector<record::OffsetRange>> ranges_;
  record::OffsetCounts counts_;
  std::vector<iceberg::DataFile> files_;
  std::vector<table::DecidedBy> decided_;                                     // without duplicates
  std::vector<std::pair<std::shared_ptr<io::FileIo>, std::string>> written_;  // all files that were written
  bool handed_over_ = false;
};

}  // namespace frazil::ingest
