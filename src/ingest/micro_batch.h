// What a pipeline has in hand for its next commit: decoded rows per table partition, on their way into data files,
// and the offsets they came from.
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

// What it wrote and Finish did not hand over is deleted with it, as is what Disown says nobody wants.
//
// Lanes call Append and Abort, and Expect while something of theirs is expected; one coordinator calls the rest. All of
// it is thread-safe.
class MicroBatch final : public Hand, public std::enable_shared_from_this<MicroBatch> {
 public:
  // `lanes` write its files, and must be there while Relieve and Finish run.
  MicroBatch(DataFileContext context, Lanes& lanes);
  ~MicroBatch() override;

  // A range is on its way through a lane: Finish waits for its Append or Abort.
  void Expect();
  // The range's rows have arrived, split by the partition spec they were made for. A failure to write them aborts.
  void Append(record::OffsetRange range, std::vector<PartitionFanout::Part> rows, const table::DecidedBy& decided);
  // Before Append: those of the range's records that go to the errors table, to which `context` belongs. `first` names
  // one of them.
  void AppendErrors(const DataFileContext& context, const record::RowOrigin& origin,
                    std::shared_ptr<arrow::RecordBatch> rows, const iceberg::SchemaPtr& schema, std::string first);
  void AppendGap(record::OffsetRange range) override;
  // The range will not come: the whole micro-batch can not be committed.
  void Abort(Error error);

  std::optional<Error> error() const override;
  record::OffsetCounts counts() const;
  bool has_files() const override;

  // Has the lanes encode the largest partitions, most of what is held, and cut the rest loose from it.
  bool Relieve(bool all) override;

  // From no lane.
  Result<HandContents> Finish() override;
  void Disown() override;

 private:
  using Partitions = std::map<std::string, std::shared_ptr<TablePartition>>;  // by spec id and encoded tuple

  // Has `partition` encode, or finish, and adds its files to `into`. Settles or aborts what was expected.
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
  int relieving_ = 0;  // tasks of Relieve that are not done
  std::map<record::TopicPartition, std::vector<record::OffsetRange>> ranges_;
  record::OffsetCounts counts_;
  std::vector<iceberg::DataFile> files_;
  std::vector<table::DecidedBy> decided_;                                     // each once
  std::vector<std::pair<std::shared_ptr<io::FileIo>, std::string>> written_;  // the paths of all files
  bool handed_over_ = false;
};

}  // namespace frazil::ingest
