// All of one schedule: what the processes share, and what becomes of it from the first event to the last.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog_server.h"
#include "dice.h"
#include "foreign_writer.h"
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
  const std::optional<std::string>& broken() const { return oracle.broken(); }

  // From inside a process that ended with `why`; or was killed, without one.
  void OnEnded(const Process& process, const std::optional<Error>& why);

  // The storm is over: nothing goes wrong any more, and everybody must get to the end.
  bool calm() const { return calm_; }
  bool Happens(int one_in) { return !calm_ && dice.OneIn(one_in); }
  bool incident_came(Incident incident) const { return incident_came_ && scenario.incident == incident; }

  Dice dice;
  Scenario scenario;
  Scheduler scheduler;
  Trace trace;
  Topic topic;
  Group group;
  Storage storage;
  Oracle oracle;
  CatalogServer server;

 private:
  void ScheduleStorm();
  // `event` again and again until it is calm, about `every` apart; 0: never.
  void Repeat(Millis every, std::function<void()> event);
  void Start(const std::string& pipeline, const std::string& take_over);
  void StartIfFew();
  void KillAll();
  void OnIncident();
  void RollBack();
  void CalmDown();
  // Whether all is read, again and again once it is calm.
  void Watch();
  bool MayEndFor(const Error& why) const;
  // In a world where that is the end of it, a process has been told what its user must decide.
  bool MustBeRefused() const {
    return incident_came(Incident::kTopicRecreated) || incident_came(Incident::kTableCopied);
  }

  ForeignWriter foreign_;
  bool calm_ = false;
  bool over_ = false;  // no process is started any more
  bool incident_came_ = false;
  bool refused_ = false;
  int started_ = 0;
  std::string pipeline_ = "first";
  std::string take_over_;
  table::OnRollback on_rollback_;  // as the user says now
  std::vector<std::shared_ptr<Process>> running_;
};

}  // namespace frazil::simulation
