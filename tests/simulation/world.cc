#include "world.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/random.h"
#include "process.h"
#include "replay.h"
#include "rewind.h"

namespace frazil::simulation {
namespace {

constexpr Millis kPatienceAfterStorm = 20 * 60'000;
// What still ends a process then will end the next one, too.
constexpr int kMostEndsInCalm = 100;
const std::string kIntruder = "intruder";

}  // namespace

World::World(uint64_t seed, std::string* trace_text)
    : dice(seed),
      scenario(dice),
      scheduler(dice),
      trace(scheduler, trace_text),
      topic(scenario.partitions),
      server((SeedRandom(seed), *this)),
      oracles_{Oracle(*this, Which::kMain), Oracle(*this, Which::kErrors)},
      foreign_{ForeignWriter(*this, Which::kMain), ForeignWriter(*this, Which::kErrors)},
      on_rollback_(scenario.on_rollback),
      errors_table_(scenario.errors_table),
      skips_lost_(scenario.skips_lost) {}

World::~World() { scheduler.End(); }

void World::Run() {
  ScheduleStorm();
  for (int i = 0; i < scenario.processes; ++i) scheduler.After(dice.Between(0, 2000), [this] { StartIfFew(); });
  scheduler.After(scenario.storm, [this] { CalmDown(); });
  scheduler.Run();
  for (Oracle& oracle : oracles_) {
    if (!broken()) oracle.CheckWhole();
  }
  if (!broken()) oracle(Which::kErrors).CheckMarks();
}

void World::Break(std::string what) {
  if (broken_) return;
  trace.Say("ORACLE", "{}", what);
  broken_ = std::move(what);
  scheduler.Stop();
}

void World::Repeat(Millis every, std::function<void()> event) {
  if (every == 0) return;
  scheduler.After(dice.Between(every / 2, every * 3 / 2), [this, every, event = std::move(event)] {
    if (calm_) return;
    event();
    Repeat(every, event);
  });
}

void World::ScheduleStorm() {
  for (int partition = 0; partition < scenario.partitions; ++partition) {
    const int64_t before = dice.Between(0, scenario.records);
    topic.Produce(partition, before);
    for (int64_t left = scenario.records - before; left > 0;) {
      const int64_t some = dice.Between(1, left);
      scheduler.After(dice.Between(1, scenario.storm), [this, partition, some] { topic.Produce(partition, some); });
      left -= some;
    }
  }
  if (scenario.late_partitions > 0) {
    scheduler.After(dice.Between(1, scenario.storm), [this] {
      trace.Say("kafka", "has a new partition");
      topic.AddPartition();
      topic.Produce(topic.partitions() - 1, scenario.records);
      group.Rebalance(dice, topic);
    });
  }
  Repeat(scenario.rebalance_every, [this] {
    trace.Say("kafka", "rebalances");
    group.Rebalance(dice, topic);
  });
  Repeat(scenario.append_every, [this] { AnyTable().Append(); });
  Repeat(scenario.compact_every, [this] { AnyTable().Compact(); });
  Repeat(scenario.schema_change_every, [this] { AnyTable().ChangeSchema(); });
  Repeat(scenario.expire_every, [this] { AnyTable().Expire(); });
  Repeat(scenario.rollback_every, [this] { RollBack(); });
  Repeat(scenario.stop_every, [this] {
    if (!running_.empty()) dice.OneOf(running_)->AskToStop();
  });
  Repeat(scenario.rewind_every, [this] { Operate<Rewind>("rewind"); });
  Repeat(scenario.replay_every, [this] { Operate<Replay>("replay"); });
  Repeat(scenario.retention_every, [this] { DeleteOldest(); });
  if (scenario.incident != Incident::kNone) scheduler.After(scenario.incident_at, [this] { OnIncident(); });
}

void World::RollBack() {
  // What was left away once does not come again: after that, one rollback more would ask for it.
  if (on_rollback_ == table::OnRollback::kContinue && oracle().was_ever_rolled_back()) return;
  if (scenario.errors_table) {
    // As the handbook says: with bad records on their way no pipeline may run.
    trace.Say("user", "stops everything");
    KillAll();
    stopped_at_ = scheduler.now();
  }
  foreign_[0].RollBack(/*back_only=*/scenario.errors_table);
}

void World::DeleteOldest() {
  const int partition = static_cast<int>(dice.Between(0, topic.partitions() - 1));
  const int64_t begin = dice.Between(topic.begin(partition), topic.end(partition));
  trace.Say("kafka", "deletes what is before {} of partition {}", begin, partition);
  topic.DeleteBefore(partition, begin);
}

template <class Operator>
void World::Operate(std::string_view what) {
  operators_.push_back(std::make_shared<Operator>(*this, NewRole(what, pipeline_, take_over_)));
  operators_.back()->Start();
}

ForeignWriter& World::AnyTable() { return foreign_[server.table(Which::kErrors) != nullptr && dice.OneIn(3) ? 1 : 0]; }

void World::OnIncident() {
  if (calm_ || (!oracle().established() && scenario.incident != Incident::kTakeover)) return;
  incident_came_ = true;
  switch (scenario.incident) {
    case Incident::kNone:
      break;
    case Incident::kTakeover:
      trace.Say("user", "lets pipeline 'second' take over");
      take_over_ = std::exchange(pipeline_, "second");
      Start(pipeline_, take_over_);
      break;
    case Incident::kIntruder:
      Start(kIntruder, "");
      break;
    case Incident::kTopicRecreated:
      trace.Say("user", "deletes the topic and makes it anew");
      KillAll();
      topic.Recreate();
      break;
    case Incident::kTableCopied:
      trace.Say("user", "puts a copy in the table's place");
      server.Copy();
      break;
  }
}

void World::Start(const std::string& pipeline, const std::string& take_over) {
  const auto process = std::make_shared<Process>(*this, NewRole("proc", pipeline, take_over));
  running_.push_back(process);
  process->Start();
}

Life::Role World::NewRole(std::string_view what, const std::string& pipeline, const std::string& take_over) {
  return {.name = fmt::format("{}-{}", what, ++started_),
          .pipeline = pipeline,
          .take_over = take_over,
          .on_rollback = on_rollback_,
          .errors_table = errors_table_,
          .skips_lost = skips_lost_,
          .once = Happens(scenario.once),
          .topic_id = topic.id()};
}

void World::StartIfFew() {
  if (!over_ && static_cast<int>(running_.size()) < scenario.processes) Start(pipeline_, take_over_);
}

void World::KillAll() {
  const auto doomed = running_;
  for (const auto& process : doomed) process->Kill();
  const auto operators = operators_;
  for (const auto& one : operators) one->Kill();
}

void World::OnOperatorEnded(const Life& who, const std::optional<Error>& why) {
  std::erase_if(operators_, [&](const auto& other) { return other.get() == &who; });
  if (!why || why->kind == ErrorKind::kFenced || MayEndFor(who, *why)) return;
  // Whoever moves elsewhere may ask for what is not there.
  const bool moves = dynamic_cast<const Rewind*>(&who) != nullptr;
  if (moves && why->kind == ErrorKind::kInvalidArgument) return;
  Break(fmt::format("{} ended without a reason: {}", who.name(), why->message));
}

void World::OnEnded(const Process& process, const std::optional<Error>& why) {
  std::erase_if(running_, [&](const auto& other) { return other.get() == &process; });
  if (why && !MayEndFor(process, *why)) {
    return Break(fmt::format("{} ended without a reason: {}", process.name(), why->message));
  }
  if (why && calm_ && ++ended_in_calm_ == kMostEndsInCalm) {
    return Break(fmt::format("{} processes ended after the storm, the last: {}", ended_in_calm_, why->message));
  }
  if (why && why->kind == ErrorKind::kBadRecord) {
    trace.Say("user", "says on_bad_record: skip");
    errors_table_ = false;
  }
  if (why && why->kind == ErrorKind::kRecordsGone) {
    trace.Say("user", "says on_lost_records: skip");
    skips_lost_ = true;
  }
  if (why && why->kind == ErrorKind::kNotFound) refused_ |= MustBeRefused();
  if (why && why->kind == ErrorKind::kInvalidArgument) {
    refused_ |= MustBeRefused();
    const bool untold = why->message.find("can no longer be told") != std::string::npos;
    if (untold || (on_rollback_ == table::OnRollback::kStop && oracle().rolled_back())) {
      on_rollback_ = !untold && dice.OneIn(2) ? table::OnRollback::kReingest : table::OnRollback::kContinue;
      trace.Say("user", "says on_rollback: {}", on_rollback_ == table::OnRollback::kReingest ? "reingest" : "continue");
    }
  }
  // Of one that was killed the group hears later.
  const Millis noticed = why ? 0 : dice.Between(0, 6000);
  scheduler.After(noticed, [this, name = process.name()] { group.Leave(name, dice, topic); });
  if (process.role().pipeline != kIntruder) scheduler.After(dice.Between(100, 3000), [this] { StartIfFew(); });
}

bool World::MayEndFor(const Life& who, const Error& why) const {
  const auto says = [&](std::string_view text) { return why.message.find(text) != std::string::npos; };
  switch (why.kind) {
    case ErrorKind::kUnavailable:
    case ErrorKind::kCommitUnknown:
    case ErrorKind::kCommitConflict:
    case ErrorKind::kCancelled:
      return true;
    case ErrorKind::kIo:
      return scenario.bad_storage > 0;
    case ErrorKind::kInternal:
      return scenario.careless > 0 && says("are accounted for");
    case ErrorKind::kInvalidArgument:
      return (says("was rolled back or replaced") && oracle().was_ever_rolled_back()) ||
             // Others went on over a rollback, as its user has said since.
             (says("uncommitted-offsets") && oracle().was_ever_rolled_back() &&
              who.role().on_rollback == table::OnRollback::kStop && on_rollback_ != table::OnRollback::kStop) ||
             (says("can no longer be told") && oracle().rolled_back() && oracle().history_is_expired()) ||
             (says("already fed from topic") &&
              (incident_came(Incident::kTakeover) || incident_came(Incident::kIntruder))) ||
             (says("was deleted and created anew") && incident_came(Incident::kTopicRecreated)) ||
             (says("it was copied") && incident_came(Incident::kTableCopied));
    case ErrorKind::kRecordsGone:
      return scenario.retention_every > 0;
    case ErrorKind::kBadRecord:
      return says("has gone past it") && oracle(Which::kErrors).PassedOverBad();
    case ErrorKind::kNotFound:
      return says("was dropped and created anew") && incident_came(Incident::kTableCopied);
    default:
      return false;
  }
}

void World::CalmDown() {
  trace.Say("world", "calms down");
  calm_ = true;
  // Who has nothing to do would not look; nor go back in a partition where nothing new comes.
  if (MustBeRefused() || scenario.rollback_every > 0 || scenario.rewind_every > 0 || scenario.replay_every > 0) {
    KillAll();
  }
  std::erase_if(running_, [](const auto& process) { return process->role().pipeline == kIntruder; });
  group.Rebalance(dice, topic);
  StartIfFew();
  Watch();
}

bool World::AllIsIn() const { return oracle().caught_up(on_rollback_) && oracle().HasAllBad(); }

void World::Watch() {
  if (MustBeRefused() ? refused_ : AllIsIn()) {
    // What is still on its way may arrive now.
    over_ = true;
    KillAll();
    return;
  }
  if (scheduler.now() > scenario.storm + kPatienceAfterStorm) {
    return Break("the storm is long over, and not everything is in the table");
  }
  scheduler.After(500, [this] { Watch(); });
}

}  // namespace frazil::simulation
