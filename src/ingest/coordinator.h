// The decisions of a pipeline: what is read from where, when to commit, and what happens when partitions are revoked,
// the table has changed, or records are lost.
//
// Time, threads, the source, and the conversion of records to files are given to it. So the simulation runs the same
// code as the product (docs/exactly-once.md, "How it is tested").
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

// Is told what the coordinator has done, on the coordinator's thread.
class CoordinatorObserver {
 public:
  virtual ~CoordinatorObserver() = default;
  virtual void OnCommitted(const FinishedCommit& commit) = 0;
  // Uncommitted work was dropped. If a commit was refused, `refused` holds its ranges; otherwise it is empty.
  virtual void OnFenced(const Error& why, const std::vector<record::OffsetRange>& refused) = 0;
  // Lost records were skipped.
  virtual void OnLost(const source::TopicPartition& partition, const LostRecords& lost) = 0;
  // Called at the end of each round, and when a commit has changed the lag. `lag` is LagMeter::records.
  virtual void OnRound(std::optional<int64_t> lag) = 0;
};

// How long a coordinator waits.
struct CoordinatorTimes {
  std::chrono::milliseconds poll{50};  // for records; also the longest time between two rounds
  // The longest wait in a revocation. It is well within Kafka's usual rebalance timeout.
  std::chrono::milliseconds revoke = std::chrono::seconds(20);
  // For the last commit of a stop: SIGTERM must end the process within ten seconds.
  std::chrono::milliseconds stop = std::chrono::seconds(8);
};

// One thread calls Run, which polls the source, passes batches to the intake, and starts commits when they are due.
// Group changes arrive on the same thread, from inside the source's Poll.
class Coordinator final : private source::AssignmentListener {
 public:
  // All parts must outlive the coordinator.
  struct Parts {
    const PipelineOptions& options;
    Clock& clock;
    source::Source& source;
    Intake& intake;
    Destination& destination;
    CoordinatorObserver& observer;
    StopFlag& give_up;  // the coordinator sets it when nobody waits for a commit any more
  };
  // `ends`, with options.once: the end of each partition at the start of the run.
  Coordinator(const Parts& parts, source::Positions ends, const CoordinatorTimes& times = {});

  // Joins the group and runs. It ends when `stop` is set (after it has committed what is in hand), when everything up
  // to the ends is in the table (options.once), or with an error that says what to do. Call it once.
  Status Run(const StopFlag& stop);
  // After Run: true if reading had begun.
  bool worked() const { return worked_; }

 private:
  Status Loop();
  // True if everything is committed, so that the run may end (options.once).
  Result<bool> Finished();
  Status End(Status status);
  Status Poll();
  Status Dispatch(record::RecordBatch batch);
  // Handles an error of Poll: continues after lost records if the options say so, else returns the error.
  Status GoOnAfter(const Error& error);
  // If memory is spent, encodes the largest partitions; if none is large, commits early. Pauses fetching until memory
  // is free again. Poll is still called, so that the process stays in the group.
  void FetchWithinMemory();

  bool CommitIsDue() const;
  // Waits for the current commit. False if it does not end within `timeout`, or within times_.stop after a stop.
  bool CommitEnds(std::chrono::milliseconds timeout);
  // Handles the result of the current commit, if it ends within `timeout`.
  Status CollectCommit(std::chrono::milliseconds timeout);
  // Commits everything in hand. False if that takes longer than `timeout`.
  Result<bool> CommitAll(std::chrono::milliseconds timeout);
  void OnFenced(const Error& error, const std::vector<record::OffsetRange>& refused = {});
  // Sets positions_ of `partitions` to the committed positions.
  Status TakeUp(const std::vector<source::TopicPartition>& partitions);
  // Continues reading from the committed positions.
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

  const StopFlag* stop_ = nullptr;  // the argument of Run
  source::Positions positions_;     // the next expected offset of each assigned partition
  int64_t dispatched_ = 0;          // records passed to the intake since the start
  bool committed_ = false;          // something was committed since the start
  bool paused_ = false;
  bool reread_ = false;  // fetched records do not join the table, so GoBackToTable must come before Dispatch
  bool worked_ = false;
  bool closing_ = false;                                           // no more commits are started
  std::optional<Error> group_error_;                               // an error of a callback that could not return it
  std::optional<std::chrono::steady_clock::time_point> leave_by_;  // set when a stop is noticed
};

}  // namespace frazil::ingest
