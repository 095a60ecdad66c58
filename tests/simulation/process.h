// One life of a pipeline: the product's coordinator, committer and errors outbox, in a simulated process.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "common/system/memory_budget.h"
#include "consumer.h"
#include "fiber_executor.h"
#include "ingest/coordinator.h"
#include "ingest/errors_outbox.h"
#include "ingest/file_names.h"
#include "life.h"
#include "workshop.h"

namespace frazil::simulation {

class Process final : public Life, private ingest::CoordinatorObserver {
 public:
  Process(World& world, Role role);

  void AskToStop() { stop_.Set(); }

 private:
  Status Run() override;
  void OnEnded(const std::optional<Error>& why) override;

  void OnCommitted(const ingest::FinishedCommit& commit) override;
  void OnFenced(const Error& why, const std::vector<record::OffsetRange>& refused) override;
  void OnLost(const source::TopicPartition& partition, const ingest::LostRecords& lost) override;
  void OnRound(std::optional<int64_t> /*lag*/) override {}

  ingest::PipelineOptions options_;
  ingest::CoordinatorTimes times_;
  ingest::FileNames file_names_;
  MemoryBudget budget_;
  ingest::MemoryPlan memory_;
  StopFlag stop_;
  Consumer consumer_;
  FiberExecutor executor_;
  std::unique_ptr<ingest::ErrorsOutbox> errors_;
  std::unique_ptr<Workshop> workshop_;
  std::unique_ptr<ingest::Destination> destination_;
  std::unique_ptr<ingest::Coordinator> coordinator_;
};

}  // namespace frazil::simulation
