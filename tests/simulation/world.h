// All of one schedule: what the processes share, and what becomes of it from the first event to the last.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog_server.h"
#include "dice.h"
#include "foreign_writer.h"
#include "life.h"
#include "oracle.h"
#include "scenario.h"
#include "scheduler.h"
#include "storage.h"
#include "topic.h"
#include "trace.h"

namespace frazil::simulation {

class Process;

class World {
 public:
  // With `trace`, what happens is written there.
  explicit World(uint64_t seed, std::string* trace = nullptr);
  ~World();

  // Plays the schedule to its end. Once.
  void Run();
  // The first invariant that broke, in words.
  const std::optional<std::string>& broken() const { return broken_; }
  void Break(std::string what);

  // From inside a process that ended with `why`; or was killed, without one.
  void OnEnded(const Process& process, const std::optional<Error>& why);
  void OnOperatorEnded(const Life& who, const std::optional<Error>& why);

  // The storm is over: nothing goes wrong any more, and everybody must get to the end.
  bool calm() const { return calm_; }
  bool Happens(int one_in) { return !calm_ && dice.OneIn(one_in); }
  // The network lost this request, which was sent then: nobody waits for it, and everybody knows.
  bool IsGone(const CommitRequest& request, Millis sent) const {
    return sent <= stopped_at_ || (calm_ && !request.reads);
  }
  Oracle& oracle(Which which = Which::kMain) { return oracles_[static_cast<size_t>(which)]; }
  const Oracle& oracle(Which which = Which::kMain) const { return oracles_[static_cast<size_t>(which)]; }
  bool incident_came(Incident incident) const { return incident_came_ && scenario.incident == incident; }

  Dice dice;
  Scenario scenario;
  Scheduler scheduler;
  Trace trace;
  Topic topic;
  Group group;
  Storage storage;
  CatalogServer server;

 private:
  void ScheduleStorm();
  // `event` again and again until it is calm, about `every` apart; 0: never.
  void Repeat(Millis every, std::function<void()> event);
  void Start(const std::string& pipeline, const std::string& take_over);
  Life::Role NewRole(std::string_view what, const std::string& pipeline, const std::string& take_over);
  void StartIfFew();
  void KillAll();
  void OnIncident();
  void RollBack();
  void DeleteOldest();
  template <class Operator>
  void Operate(std::string_view what);
  ForeignWriter& AnyTable();
  void CalmDown();
  // Whether all is read, again and again once it is calm.
  void Watch();
  bool AllIsIn() const;
  bool MayEndFor(const Life& who, const Error& why) const;
  // In a world where that is the end of it, a process has been told what its user must decide.
  bool MustBeRefused() const {
    return incident_came(Incident::kTopicRecreated) || incident_came(Incident::kTableCopied);
  }

  std::array<Oracle, 2> oracles_;
  std::array<ForeignWriter, 2> foreign_;
  std::optional<std::string> broken_;
  bool calm_ = false;
  bool over_ = false;  // no process is started any more
  bool incident_came_ = false;
  bool refused_ = false;
  int started_ = 0;
  int ended_in_calm_ = 0;  // processes, in trouble
  std::string pipeline_ = "first";
  std::string take_over_;
  table::OnRollback on_rollback_;  // as the user says now
  bool errors_table_;              // the same
  bool skips_lost_;                // the same
  Millis stopped_at_ = -1;         // what was sent before has been waited for
  std::vector<std::shared_ptr<Process>> running_;
  std::vector<std::shared_ptr<Life>> operators_;  // who rewinds or replays
};

}  // namespace frazil::simulation
