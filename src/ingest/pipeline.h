// A pipeline: from a source's records to a table's commits. Puts together what its coordinator works with.
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

  // Runs until `stop` is set (then commits what is in hand), until everything that was there at the start is in the
  // table (options.once), or until an error that names what to do. To be called once; its thread is the coordinator's.
  Result<PipelineReport> Run(const StopFlag& stop);

  // After Run: it had got as far as reading.
  bool worked() const { return coordinator_ != nullptr && coordinator_->worked(); }
  // After Run: something was committed.
  bool committed() const { return reporter_.report().commits > 0; }
  // After Run: a commit did not end in time and is still under way. Destroying the pipeline would wait for it.
  bool abandoned_commit() const;

 private:
  // Waits for a first record where the table is not there. None: there is nothing to do.
  Result<std::vector<source::TopicPartition>> OpenTable(const StopFlag& stop);
  // Says how much of everything there may be.
  Status PlanMemory();
  // Makes what the coordinator works with. `partitions`: what is read, as of now.
  Status Assemble(const std::vector<source::TopicPartition>& partitions);

  const PipelineOptions options_;
  const std::shared_ptr<catalog::Catalog> catalog_;
  const std::unique_ptr<source::Source> source_;
  metrics::Pipeline metrics_;
  PipelineReporter reporter_;
  MemoryPlan memory_;
  MemoryBudget budget_;
  FileNames file_names_;
  StopFlag give_up_;  // tells whoever works on a commit that nobody waits for it any more

  source::Positions ends_;  // with once: where each partition ended at the start
  std::shared_ptr<table::Table> table_;
  std::unique_ptr<table::Committer> committer_;
  std::unique_ptr<ErrorsOutbox> errors_;
  std::unique_ptr<DeadLetters> letters_;  // with OnBadRecord::kTopic
  std::unique_ptr<BadRecordPolicy> policy_;
  // In this order: the commit under way, which the destination waits for, needs the lanes.
  std::unique_ptr<LaneIntake> intake_;
  std::unique_ptr<Destination> destination_;
  std::unique_ptr<Coordinator> coordinator_;
};

}  // namespace frazil::ingest
