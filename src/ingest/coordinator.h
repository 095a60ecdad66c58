// What a pipeline decides: what is read from where, when is committed, and what becomes of it when its partitions, the
// table or the records go elsewhere.
//
// Time, threads, the source and the way from records to files are given to it, so that the simulation plays the very
// code that the product runs (docs/exactly-once.md, "How it is tested").
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/result.h"
#include "common/time/backoff.h"
#include "common/time/clock.h"
#include "common/time/stop_flag.h"
#include "ingest/committed_offsets.h"
#include "ingest/destination.h"
#include "ingest/finish_line.h"
#include "ingest/group_sinks.h"
#include "ingest/intake.h"
#include "ingest/lag_meter.h"
#include "ingest/lost_records.h"
#include "ingest/options.h"
#include "source/source.h"

namespace frazil::ingest {

// Hears what a coordinator has done, on its thread.
class CoordinatorObserver {
 public:
  virtual ~CoordinatorObserver() = default;
  virtual void OnCommitted(const FinishedCommit& commit) = 0;
  // What was in hand is dropped; `refused` is what the commit moved by which that was noticed, if by one.
  virtual void OnFenced(const Error& why, const std::vector<record::OffsetRange>& refused) = 0;
  // Records are passed over.
  virtual void OnLost(const source::TopicPartition& partition, const LostRecords& lost) = 0;
  // At the end of each round, and when a commit has changed the lag (LagMeter::records).
  virtual void OnRound(std::optional<int64_t> lag) = 0;
};

// How long a coordinator waits.
struct CoordinatorTimes {
  std::chrono::milliseconds poll{50};  // for records; at least so often it looks around
  // A third of Kafka's usual rebalance time-out would be longer; a revocation never waits beyond this.
  std::chrono::milliseconds revoke = std::chrono::seconds(20);
  // SIGTERM must end the process within ten seconds.
  std::chrono::milliseconds stop = std::chrono::seconds(8);
};

// One thread calls Run: it polls the source, hands batches to the intake, and starts a commit when one is due. Group
// changes come in on the same thread, from inside the source's Poll.
class Coordinator final : private source::AssignmentListener {
 public:
  // All of that must outlive it.
  struct Parts {
    const PipelineOptions& options;
    Clock& clock;
    source::Source& source;
    Intake& intake;
    Destination& destination;
    CoordinatorObserver& observer;
    StopFlag& give_up;  // set when nobody waits for a commit any more
  };
  // `ends`: with options.once, where each partition ended at the start.
  Coordinator(const Parts& parts, source::Positions ends, const CoordinatorTimes& times = {});

  // Joins the group and runs until `stop` is set (then commits what is in hand), until everything up to the ends is in
  // the table (options.once), or until an error that names what to do. To be called once.
  Status Run(const StopFlag& stop);
  // After Run: it had got as far as reading.
  bool worked() const { return worked_; }

 private:
  Status Loop();
  // Everything is in: the run may end (options.once).
  Result<bool> Finished();
  Status End(Status status);
  Status Poll();
  Status Dispatch(record::RecordBatch batch);
  // Deals with what the source could not give: goes on behind records that are lost, if that is wanted.
  Status GoOnAfter(const Error& error);
  // When memory is spent: encodes what is largest; where nothing is large, commits early; and stops fetching until
  // memory comes back. Membership in the group goes on: Poll is still called.
  void FetchWithinMemory();

  bool CommitIsDue() const;
  // Whether the commit that is under way ends within `timeout`, and in time for a stop.
  bool CommitEnds(std::chrono::milliseconds timeout);
  // Takes in the commit that is under way if it ends within `timeout`.
  Status CollectCommit(std::chrono::milliseconds timeout);
  // Commits all that is in hand. False if that took longer than `timeout`.
  Result<bool> CommitAll(std::chrono::milliseconds timeout);
  void OnFenced(const Error& error, const std::vector<record::OffsetRange>& refused = {});
  // Positions are where the offsets stand.
  Status TakeUp(const std::vector<source::TopicPartition>& partitions);
  // Reads again from where the table stands.
  Status GoBackToTable();
  void Leave(const std::vector<source::TopicPartition>& partitions);

  Result<source::Positions> OnAssigned(const std::vector<source::TopicPartition>& partitions) override;
  void OnRevoked(const std::vector<source::TopicPartition>& partitions) override;
  void OnLost(const std::vector<source::TopicPartition>& partitions) override;

  const PipelineOptions& options_;
  Clock& clock_;
  source::Source& source_;
  Intake& intake_;
  Destination& destination_;
  CoordinatorObserver& observer_;
  StopFlag& give_up_;
  const CoordinatorTimes times_;
  GroupSinks group_sinks_;
  CommittedOffsets offsets_;
  FinishLine finish_line_;
  LagMeter lag_;
  Backoff fence_backoff_;

  const StopFlag* stop_ = nullptr;  // of Run
  source::Positions positions_;     // next offset to come, of what is assigned
  int64_t dispatched_ = 0;          // records, since the start
  bool committed_ = false;          // something, since the start
  bool paused_ = false;
  bool reread_ = false;  // what was fetched does not join the table: go back before anything is dispatched
  bool worked_ = false;
  bool closing_ = false;                                           // nothing more is committed
  std::optional<Error> group_error_;                               // of a callback that could not return it
  std::optional<std::chrono::steady_clock::time_point> leave_by_;  // once a stop was noticed
};

}  // namespace frazil::ingest
