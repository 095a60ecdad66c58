// The way of fetched batches through the lanes into the micro-batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/metrics.h"
#include "common/system/memory_budget.h"
#include "common/time/stop_flag.h"
#include "ingest/bad_record_policy.h"
#include "ingest/intake.h"
#include "ingest/lane_worker.h"
#include "ingest/lanes.h"
#include "ingest/memory_plan.h"
#include "ingest/micro_batch.h"
#include "ingest/options.h"
#include "ingest/table_partition.h"

namespace frazil::ingest {

class LaneIntake final : public Intake {
 public:
  // All that is referred to must outlive it. `files` is of the table that is fed, whose budget counts what is held.
  struct Parts {
    const PipelineOptions& options;
    const MemoryPlan& memory;
    MemoryBudget& budget;
    DataFileContext files;
    BadRecordPolicy& policy;
    metrics::Pipeline& metrics;
    const StopFlag& give_up;  // what lanes wait for is given up then
  };
  // kUnavailable if the machine gives no thread for a lane.
  static Result<std::unique_ptr<LaneIntake>> Start(Parts parts);

  std::shared_ptr<Hand> NewHand() override;
  void Take(record::RecordBatch batch) override;
  bool WaitForRoom(std::chrono::milliseconds timeout) override;
  bool MemoryIsSpent() override;

 private:
  explicit LaneIntake(Parts parts);
  // On a lane: piece by piece, so that what is not needed yet stays as the broker packed it.
  void Process(FetchedBatch fetched, MicroBatch& into, LaneWorker& worker);
  void CountFetched(const record::RecordBatch& batch);
  size_t MostWaiting() const;  // tasks for a lane

  const Parts parts_;
  MemoryBudget undecoded_;                            // with the lanes, and of the budget too
  std::vector<std::unique_ptr<LaneWorker>> workers_;  // one per lane
  std::shared_ptr<MicroBatch> hand_;
  Lanes lanes_;  // after workers_ and hand_: its threads end first
};

}  // namespace frazil::ingest
