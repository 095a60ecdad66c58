// Settings of one pipeline, as config fills them.
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
  kOverwrite,  // what a load brings takes the place of all that its partitions hold
};
enum class Delivery { kExactlyOnce, kAtLeastOnce };
enum class OnBadRecord { kFail, kSkip, kErrorsTable, kTopic };
enum class OnLostRecords { kStop, kSkip };
using table::OnRollback;

struct SinkOptions {
  catalog::TableIdent table;
  int64_t batch_size = 10000;                       // records that make a commit due
  std::chrono::milliseconds flush_interval{60000};  // age of the oldest uncommitted record that makes one due
  int64_t target_file_size = 128LL << 20;           // bytes of one data file, also makes a commit due
  std::chrono::milliseconds min_commit_interval{1000};
  std::chrono::milliseconds offset_flush{600000};  // progress without rows is committed at least this often
  parquet::Compression compression = parquet::Compression::kSnappy;
  // What new files are partitioned by. Absent: nothing in a new table, what the table says in one that exists.
  std::optional<std::vector<iceberg::TransformTerm>> partition_by;
  // What rows of new files are sorted by. Absent: by nothing in a new table, as the table says in one that exists.
  std::optional<std::vector<iceberg::SortTerm>> sort_by;
  CommitMode commit_mode = CommitMode::kAppend;
  bool overwrite_per_batch = false;    // the load is what one commit brings, where it is not a run with `once`
  std::vector<iceberg::Field> schema;  // declared columns; ids are not set
  decode::DecoderOptions decoder;
  decode::FormatPtr format = decode::DefaultFormat();  // of the source's payloads
  Delivery delivery = Delivery::kExactlyOnce;
  OnBadRecord on_bad_record = OnBadRecord::kFail;
  std::string dead_letter_topic;      // with OnBadRecord::kTopic
  std::optional<int64_t> max_errors;  // bad records within a flush interval; more of them stop the pipeline
  OnRollback on_rollback = OnRollback::kStop;
  std::string take_over;     // name of the pipeline whose offsets this one continues
  bool independent = false;  // feed the table beside another pipeline that reads the same topic
};

struct PipelineOptions {
  std::string name;
  source::StartAt start;
  OnLostRecords on_lost_records = OnLostRecords::kStop;  // deleted by retention before they were read
  SinkOptions sink;
  int lanes = 0;  // 0: one per core
  // Asked once, when the table is open, what may be taken beside what the process has by then: see PlanMemory.
  std::function<Result<MemoryPlan>(int64_t file_buffer)> plan_memory;
  // One commit of all that there is to read, or none.
  bool whole_load() const { return once && sink.commit_mode == CommitMode::kOverwrite; }
  std::function<bool()> short_of_memory;  // if there: asked in every round whether the process as a whole is
  bool once = false;
  int64_t limit = 0;                   // with once: stop after about this many records; 0: none
  std::shared_ptr<Progress> progress;  // kept up to date if there; somebody watches it
};

}  // namespace frazil::ingest
