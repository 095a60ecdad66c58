// One life of a pipeline: the product's committer and errors outbox, moved by what its pipeline does of them
// (ingest/pipeline.h): a coordinator that reads and follows the group, and beside it one commit at a time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/system/memory_budget.h"
#include "ingest/errors_outbox.h"
#include "ingest/file_names.h"
#include "life.h"
#include "record/offset_range.h"
#include "storage.h"

namespace frazil::simulation {

class Process final : public Life {
 public:
  Process(World& world, Role role);

  void AskToStop() { asked_to_stop_ = true; }

 private:
  struct Hand {
    std::map<int, std::vector<Stretch>> stretches;  // by partition, joined
    std::map<int, std::vector<int64_t>> bad;        // by partition: what goes to the errors table
    std::vector<table::DecidedBy> decided;
    bool empty() const { return stretches.empty(); }
  };
  struct InFlight {
    std::vector<record::OffsetRange> ranges;
    std::optional<Result<table::CommitReport>> result;
  };
  class OutboxTurn;

  Status Run() override;
  void OnEnded(const std::optional<Error>& why) override;
  Status Loop();
  Status LoadTable();
  Status FollowGroup();
  Status OnAssigned(const std::vector<int>& partitions);
  Status TakeUp(const std::vector<int>& partitions);  // as Pipeline::TakeUp
  Status OnRevoked(const std::vector<int>& partitions);
  Status EstablishAll(const std::vector<int>& assigned);
  Status GoBackToTable();
  Status GrowSchema();
  Status Fetch();
  void Decide(const Stretch& stretch);
  Status JudgeBadRecords(const Stretch& stretch);
  void StartCommit();
  Result<table::CommitReport> CommitHand(const Hand& hand, std::vector<record::OffsetRange>& ranges);
  table::ErrorsOfCommit Announce(const Hand& hand);
  Status ApplyErrors();
  Status CollectCommit();
  // False if that took longer than `timeout`: what is under way goes on.
  Result<bool> CommitAll(Millis timeout);
  Status AwaitCommit(Millis timeout);
  void CheckPositions();

  ingest::FileNames file_names_;
  ingest::SinkOptions sink_;
  MemoryBudget budget_;
  ingest::MemoryPlan memory_;
  std::unique_ptr<ingest::ErrorsOutbox> errors_;
  bool outbox_is_taken_ = false;

  std::map<int, int64_t> positions_;  // of what this process believes to be its own
  Hand hand_;
  std::shared_ptr<InFlight> in_flight_;
  Millis cut_off_until_ = 0;  // until then it does not hear of the group
  bool reread_ = false;
  bool asked_to_stop_ = false;
};

}  // namespace frazil::simulation
