// A pipeline: from the records of a source to the commits of a table. It creates the parts that its coordinator uses.
#pragma once

#include <memory>
#include <vector>

#include "catalog/catalog.h"
#include "common/metrics.h"
#include "common/result.h"
#include "common/system/memory_budget.h"
#include "common/time/stop_flag.h"
#include "ingest/bad_record_policy.h"
#include "ingest/coordinator.h"
#include "ingest/dead_letters.h"
#include "ingest/destination.h"
#include "ingest/errors_outbox.h"
#include "ingest/lane_intake.h"
#include "ingest/memory_plan.h"
#include "ingest/options.h"
#include "ingest/pipeline_reporter.h"
#include "source/source.h"
#include "table/committer.h"

namespace frazil::ingest {

class Pipeline final {
 public:
  Pipeline(PipelineOptions options, std::shared_ptr<catalog::Catalog> catalog, std::unique_ptr<source::Source> source);
  ~Pipeline();

  // Runs until `stop` is set (then it commits what is in hand), until everything that was there at the start is in the
  // table (options.once), or until an error, which says what to do. Call it once. Its thread becomes the coordinator's
  // thread.
  Result<PipelineReport> Run(const StopFlag& stop);

  // After Run: true if reading had begun.
  bool worked() const { return coordinator_ != nullptr && coordinator_->worked(); }
  // After Run: true if something was committed.
  bool committed() const { return reporter_.report().commits > 0; }
  // After Run: true if a commit did not end in time and is still running. Destroying the pipeline would wait for it.
  bool abandoned_commit() const;

 private:
  // Opens the table and returns the partitions to read. If the table does not exist, waits for a first record. Empty if
  // there is nothing to do.
  Result<std::vector<source::TopicPartition>> OpenTable(const StopFlag& stop);
  // Divides the memory.
  Status PlanMemory();
  // Creates the parts of the coordinator. `partitions` are the partitions to read, as of now.
  Status Assemble(const std::vector<source::TopicPartition>& partitions);

  const PipelineOptions options_;
  const std::shared_ptr<catalog::Catalog> catalog_;
  const std::unique_ptr<source::Source> source_;
  metrics::Pipeline metrics_;
  PipelineReporter reporter_;
  MemoryPlan memory_;
  MemoryBudget budget_;
  FileNames file_names_;
  StopFlag give_up_;  // set when nobody waits for the current commit any more

  source::Positions ends_;  // with `once`: the end of each partition at the start
  std::shared_ptr<table::Table> table_;
  std::unique_ptr<table::Committer> committer_;
  std::unique_ptr<ErrorsOutbox> errors_;
  std::unique_ptr<DeadLetters> letters_;  // for OnBadRecord::kTopic
  std::unique_ptr<BadRecordPolicy> policy_;
  // The order matters: the destination's destructor waits for the current commit, which needs the lanes.
  std::unique_ptr<LaneIntake> intake_;
  std::unique_ptr<Destination> destination_;
  std::unique_ptr<Coordinator> coordinator_;
};

}  // namespace frazil::ingest
