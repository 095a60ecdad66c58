// One table that a pipeline feeds: what is in hand for it, when a commit of that is due, and the commit under way.
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

// What a commit has come to.
struct FinishedCommit {
  HandContents contents;  // as far as it was finished
  int64_t bytes = 0;      // of its files
  // An error: what was in the hand is not in the table, as far as is known (kCommitUnknown). kFenced: it is not.
  Result<table::CommitReport> report = Fail(ErrorKind::kInternal, "not committed yet");
};

// Driven by the coordinator's thread; one commit at a time runs beside it.
class Destination {
 public:
  // What it works with; all of that must outlive it.
  struct Parts {
    const SinkOptions& options;
    table::Committer& committer;
    ErrorsOutbox& errors;
    DeadLetters* letters;  // may be null
    Intake& intake;
    Executor& executor;
    Clock& clock;
    const StopFlag& give_up;  // tells whoever works on a commit that nobody waits for it any more
  };
  // Waits for the commit under way when it goes.
  explicit Destination(const Parts& parts);

  // Takes in what the table says, and brings bad records that it has pending to the errors table.
  Status Load();

  // The hand.
  void Expect(int64_t records);  // so many go into it by the intake, at least one
  void AppendGap(record::OffsetRange range);
  bool empty() const { return !first_range_; }
  std::optional<Error> error() const { return hand_->error(); }
  bool Relieve(bool all) { return hand_->Relieve(all); }
  // A new hand; what was in the old one is forgotten unless a commit holds it.
  void Drop();
  // Whether what is in hand should be committed now. `at_once`: records need not wait for others.
  bool IsDue(bool at_once) const;

  // The commit under way, until TakeCommit.
  bool committing() const { return commit_ != nullptr; }
  void StartCommit();  // of all that is in hand
  bool CommitEndsWithin(std::chrono::milliseconds timeout) const;
  FinishedCommit TakeCommit();  // once it has ended
  // The committer does one thing at a time: waits until it is free for another, unless the thread is asked to stop.
  Status AwaitCommitter() const;

  table::Committer& committer() const { return parts_.committer; }
  table::Table& table() const { return *parts_.committer.table(); }

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  // What runs beside the coordinator; a hand that failed or was fenced left no trace in the table.
  // `since`: the table's sequence number when the hand began.
  Result<table::CommitReport> Commit(Hand& hand, int64_t since, FinishedCommit& commit) const;
  std::chrono::milliseconds Since(TimePoint then) const;

  const Parts parts_;
  std::shared_ptr<Hand> hand_;
  int64_t records_ = 0;                    // in the hand
  int64_t since_ = 0;                      // the table's sequence number when the hand began
  std::optional<TimePoint> first_record_;  // when it came
  std::optional<TimePoint> first_range_;   // the same of any range
  int64_t close_by_ms_ = 0;                // when the hand's files must be closed: their credentials end
  TimePoint last_commit_{};                // when it began
  std::shared_ptr<FinishedCommit> commit_;
  std::unique_ptr<Executor::Task> task_;  // null with a commit that could not be started
};

}  // namespace frazil::ingest
