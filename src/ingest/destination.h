// One table that a pipeline feeds: what is in hand for it, when a commit is due, and the current commit.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "common/result.h"
#include "common/time/clock.h"
#include "common/time/stop_flag.h"
#include "ingest/dead_letters.h"
#include "ingest/errors_outbox.h"
#include "ingest/executor.h"
#include "ingest/hand.h"
#include "ingest/intake.h"
#include "ingest/options.h"
#include "table/committer.h"

namespace frazil::ingest {

// A commit that has ended.
struct FinishedCommit {
  HandContents contents;  // empty if the hand could not be finished
  int64_t bytes = 0;      // the size of its data files
  // With an error, the content is not in the table, as far as is known (kCommitUnknown). With kFenced it certainly is
  // not.
  Result<table::CommitReport> report = Fail(ErrorKind::kInternal, "not committed yet");
};

// Not thread-safe: only the coordinator's thread calls it. One commit at a time runs on another thread.
class Destination {
 public:
  // All parts must outlive the destination.
  struct Parts {
    const SinkOptions& options;
    table::Committer& committer;
    ErrorsOutbox& errors;
    DeadLetters* letters;  // may be null
    Intake& intake;
    Executor& executor;
    Clock& clock;
    const StopFlag& give_up;  // set when nobody waits for the current commit any more
  };
  // The destructor waits for the current commit.
  explicit Destination(const Parts& parts);

  // Loads the table's offsets, and moves its pending bad records to the errors table.
  Status Load();

  // --- The hand: what the next commit will contain.
  void Expect(int64_t records);  // the intake will add this many records, at least one
  void AppendGap(record::OffsetRange range);
  bool empty() const { return !first_range_; }
  std::optional<Error> error() const { return hand_->error(); }
  bool Relieve(bool all) { return hand_->Relieve(all); }
  // Begins a new hand. The content of the old one is dropped, unless a commit holds it.
  void Drop();
  // True if the hand should be committed now. With `at_once`, it does not wait for more records.
  bool IsDue(bool at_once) const;

  // --- The current commit, from StartCommit to TakeCommit.
  bool committing() const { return commit_ != nullptr; }
  void StartCommit();  // commits everything in hand
  bool CommitEndsWithin(std::chrono::milliseconds timeout) const;
  FinishedCommit TakeCommit();  // call it when the commit has ended
  // Waits until the committer is free, because it does one thing at a time. kCancelled if the thread is asked to stop.
  Status AwaitCommitter() const;

  table::Committer& committer() const { return parts_.committer; }
  table::Table& table() const { return *parts_.committer.table(); }

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  // Runs on another thread. A hand that fails or is fenced leaves nothing in the table.
  Result<table::CommitReport> Commit(Hand& hand, int64_t since, FinishedCommit& commit) const;
  std::chrono::milliseconds Since(TimePoint then) const;

  const Parts parts_;
  std::shared_ptr<Hand> hand_;
  int64_t records_ = 0;                    // records in the hand
  int64_t since_ = 0;                      // the table's sequence number when the hand began
  std::optional<TimePoint> first_record_;  // when the first record came
  std::optional<TimePoint> first_range_;   // when the first range came, with or without records
  int64_t close_by_ms_ = 0;                // when the hand's files must be closed, because their credentials expire
  TimePoint last_commit_{};                // when the last commit began
  std::shared_ptr<FinishedCommit> commit_;
  std::unique_ptr<Executor::Task> task_;  // null if the commit could not be started
};

}  // namespace frazil::ingest
