// One life of a Frazil process: the product's committer, moved by what its pipeline does of it (ingest/pipeline.h):
// a coordinator that reads and follows the group, and beside it one commit at a time.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "actor.h"
#include "common/clock.h"
#include "common/stop_flag.h"
#include "ingest/file_names.h"
#include "record/offset_range.h"
#include "storage.h"
#include "table/committer.h"

namespace frazil::simulation {

class World;

class Process final : public Actor, public std::enable_shared_from_this<Process> {
 public:
  struct Role {
    std::string name;  // of this life
    std::string pipeline;
    std::string take_over;
    table::OnRollback on_rollback = table::OnRollback::kStop;
    std::string topic_id;
  };
  Process(World& world, Role role);
  ~Process() override;

  void Start();
  void AskToStop() { asked_to_stop_ = true; }
  void Kill();  // as by SIGKILL: its next step is not taken
  const Role& role() const { return role_; }

  const std::string& name() const override { return role_.name; }
  void Step(std::string_view what) override;
  void Wait(Millis duration) override;

 private:
  class LocalClock;
  struct Hand {
    std::map<int, std::vector<Stretch>> stretches;  // by partition, joined
    bool empty() const { return stretches.empty(); }
  };
  struct InFlight {
    std::vector<record::OffsetRange> ranges;
    std::optional<Result<table::CommitReport>> result;
  };

  void Live();
  Status Run();
  Status Open();
  Status Loop();
  Status FollowGroup();
  Status OnAssigned(const std::vector<int>& partitions);
  Status OnRevoked(const std::vector<int>& partitions);
  Status EstablishAll(const std::vector<int>& assigned);
  Status GoBackToTable();
  Status GrowSchema();
  void Fetch();
  void StartCommit();
  Result<table::CommitReport> CommitHand(const Hand& hand, std::vector<record::OffsetRange>& ranges);
  Status CollectCommit();
  // False if that took longer than `timeout`: what is under way goes on.
  Result<bool> CommitAll(Millis timeout);
  Status AwaitCommit(Millis timeout);
  void CheckPositions();

  World& world_;
  const Role role_;
  const std::unique_ptr<LocalClock> clock_;
  ingest::FileNames file_names_;
  StopFlag give_up_;
  std::shared_ptr<table::Table> table_;
  std::unique_ptr<table::Committer> committer_;

  std::map<int, int64_t> positions_;  // of what this process believes to be its own
  Hand hand_;
  std::shared_ptr<InFlight> in_flight_;
  Millis cut_off_until_ = 0;  // until then it does not hear of the group
  bool reread_ = false;
  bool asked_to_stop_ = false;
  bool dead_ = false;
};

}  // namespace frazil::simulation
