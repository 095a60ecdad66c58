// Passes fetched batches through the lanes into the micro-batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/metrics.h"
#include "common/system/memory_budget.h"
#include "common/system/memory_gate.h"
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
  // All references must outlive the intake. `files` is the context of the destination table.
  struct Parts {
    const PipelineOptions& options;
    const MemoryPlan& memory;
    MemoryBudget& budget;
    DataFileContext files;
    BadRecordPolicy& policy;
    metrics::Pipeline& metrics;
    const StopFlag& give_up;  // when set, waits of the lanes end
  };
  // kUnavailable if the machine has no thread for a lane.
  static Result<std::unique_ptr<LaneIntake>> Start(Parts parts);

  std::shared_ptr<Hand> NewHand() override;
  void Take(record::RecordBatch batch) override;
  bool WaitForRoom(std::chrono::milliseconds timeout) override;
  bool MemoryIsSpent() override;

 private:
  explicit LaneIntake(Parts parts);
  // Runs on a lane. It works piece by piece, so that the rest stays compressed.
  void Process(FetchedBatch fetched, MicroBatch& into, LaneWorker& worker);
  void CountFetched(const record::RecordBatch& batch);
  size_t MostWaiting() const;  // how many tasks may wait

  const Parts parts_;
  MemoryGate long_records_;  // for records that take more than a lane's own share
  MemoryBudget undecoded_;   // bytes that wait for or are being decoded; they count in `budget` as well
  std::vector<std::unique_ptr<LaneWorker>> workers_;  // one for each lane
  std::shared_ptr<MicroBatch> hand_;
  Lanes lanes_;  // declared after workers_ and hand_, so that its threads end first
};

}  // namespace frazil::ingest
