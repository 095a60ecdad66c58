// One life of a Frazil program, from its start until it ends, or is killed at any of its steps.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "actor.h"
#include "catalog_client.h"
#include "common/time/stop_flag.h"
#include "local_clock.h"
#include "storage.h"
#include "table/committer.h"

namespace frazil::simulation {

class World;

inline constexpr std::string_view kPoll = "polls";  // a step too frequent to be told

class Life : public Actor, public std::enable_shared_from_this<Life> {
 public:
  struct Role {
    std::string name;  // of this life
    std::string pipeline;
    std::string take_over;
    table::OnRollback on_rollback = table::OnRollback::kStop;
    bool errors_table = false;
    bool skips_lost = false;  // records that retention deleted before they were read
    bool once = false;        // ends when all that is there at its start is in
    std::string topic_id;
  };
  Life(World& world, Role role);

  void Start();
  void Kill();  // as by SIGKILL: its next step is not taken
  const Role& role() const { return role_; }

  const std::string& name() const final { return role_.name; }
  void Step(std::string_view what) final;
  void Wait(Millis duration) final;
  iceberg::DataFile PutFile(const std::string& path, DataContent content);

 protected:
  virtual Status Run() = 0;
  // It has ended with `why`; or was killed, without one.
  virtual void OnEnded(const std::optional<Error>& why) = 0;
  // Opens the table. `reads`: what this commits are records that it has read.
  Status OpenTable(bool reads);

  World& world_;
  const Role role_;
  LocalClock clock_;
  StopFlag give_up_;
  std::shared_ptr<CatalogClient> catalog_;
  std::shared_ptr<table::Table> table_;
  std::unique_ptr<table::Committer> committer_;

 private:
  bool dead_ = false;
};

}  // namespace frazil::simulation
