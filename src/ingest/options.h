// Settings of one pipeline. The configuration fills them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "decode/format.h"
#include "iceberg/term_text.h"
#include "iceberg/type.h"
#include "ingest/memory_plan.h"
#include "ingest/progress.h"
#include "parquet/data_file_writer.h"
#include "source/log.h"
#include "table/committer.h"

namespace frazil::ingest {

enum class CommitMode : uint8_t {
  kAppend,
  kOverwrite,  // the rows of a load replace everything in their partitions
};
enum class Delivery { kExactlyOnce, kAtLeastOnce };
enum class OnBadRecord { kFail, kSkip, kErrorsTable, kTopic };
enum class OnLostRecords { kStop, kSkip };
using table::OnRollback;

struct SinkOptions {
  std::string pipeline;  // that feeds the table: what it declares is kept there under its name
  catalog::TableIdent table;
  int64_t batch_size = 10000;                       // a commit is due after this many records
  std::chrono::milliseconds flush_interval{60000};  // a commit is due when the oldest record is this old
  int64_t target_file_size = 128LL << 20;           // bytes; a data file of this size makes a commit due
  std::chrono::milliseconds min_commit_interval{1000};
  std::chrono::milliseconds offset_flush{600000};  // progress without rows is committed this often
  parquet::Compression compression = parquet::Compression::kSnappy;
  // The partition fields of new files. nullopt: none in a new table; in an existing table, the table's own.
  std::optional<std::vector<iceberg::TransformTerm>> partition_by;
  // The sort order of rows in new files. nullopt: none in a new table; in an existing table, the table's own.
  std::optional<std::vector<iceberg::SortTerm>> sort_by;
  CommitMode commit_mode = CommitMode::kAppend;
  bool overwrite_per_batch = false;    // each commit is a load of its own, unless the run is with `once`
  std::vector<iceberg::Field> schema;  // declared columns; ids are not set
  decode::DecoderOptions decoder;
  decode::FormatPtr format = decode::DefaultFormat();  // the format of the payloads
  Delivery delivery = Delivery::kExactlyOnce;
  OnBadRecord on_bad_record = OnBadRecord::kFail;
  std::string dead_letter_topic;      // for OnBadRecord::kTopic
  std::optional<int64_t> max_errors;  // more bad records within a flush interval stop the pipeline
  OnRollback on_rollback = OnRollback::kStop;
  std::string take_over;     // the name of a pipeline whose offsets this one continues
  bool independent = false;  // allow another pipeline to feed the table from the same topic
};

struct PipelineOptions {
  std::string name;
  source::StartAt start;
  OnLostRecords on_lost_records = OnLostRecords::kStop;  // records that retention deleted before they were read
  SinkOptions sink;
  int lanes = 0;  // 0: one per core
  // Called once, when the table is open: plans the memory that may be used beside what the process uses by then
  // (PlanMemory).
  std::function<Result<MemoryPlan>(int64_t file_buffer)> plan_memory;
  // True if everything is read and committed in one commit, or nothing is committed.
  bool whole_load() const { return once && sink.commit_mode == CommitMode::kOverwrite; }
  std::function<bool()> short_of_memory;  // if set, called in every round: true if the whole process is short of memory
  bool once = false;
  int64_t limit = 0;                   // with `once`: stop after about this many records; 0: no limit
  std::shared_ptr<Progress> progress;  // if set, kept up to date for somebody who watches
};

}  // namespace frazil::ingest
