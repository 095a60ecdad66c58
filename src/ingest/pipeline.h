// A pipeline: from a source's records to a table's commits.
#pragma once

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "common/metrics.h"
#include "common/result.h"
#include "common/system/memory_budget.h"
#include "common/time/backoff.h"
#include "common/time/stop_flag.h"
#include "ingest/dead_letters.h"
#include "ingest/errors_outbox.h"
#include "ingest/lag_meter.h"
#include "ingest/lane_worker.h"
#include "ingest/lanes.h"
#include "ingest/micro_batch.h"
#include "ingest/options.h"
#include "source/source.h"
#include "table/committer.h"
#include "table/history_growth.h"

namespace frazil::ingest {

struct PipelineReport {
  int64_t rows = 0;
  int64_t skipped = 0;
  int64_t errors = 0;  // in the errors table
  int64_t commits = 0;
  int64_t files = 0;
  int64_t bytes = 0;  // of data files
};

// By what name members of a consumer group know a table: "db.events/UUID".
std::string SinkName(const catalog::TableIdent& ident, const iceberg::TableMetadata& table);

// One thread calls Run: it polls the source, hands batches to the lanes, and starts a commit when one is due. One
// commit at a time runs beside it. Group changes come in on the same thread, from inside the source's Poll.
class Pipeline final : private source::AssignmentListener {
 public:
  Pipeline(PipelineOptions options, std::shared_ptr<catalog::Catalog> catalog, std::unique_ptr<source::Source> source);
  ~Pipeline() override;

  // Runs until `stop` is set (then commits what is in hand), until everything that was there at the start is in the
  // table (options.once), or until an error that names what to do. To be called once.
  Result<PipelineReport> Run(const StopFlag& stop);

  // After Run: it had got as far as reading.
  bool worked() const { return worked_; }
  // After Run: something was committed.
  bool committed() const { return report_.commits > 0; }
  // After Run: a commit did not end in time and is still under way. Destroying the pipeline would wait for it.
  bool abandoned_commit() const;

 private:
  struct Committed {
    MicroBatchContents contents;
    int64_t bytes = 0;
    table::CommitReport report;
  };

  // A third of Kafka's usual rebalance time-out would be longer; a revocation never waits beyond this.
  static constexpr auto kRevokeTimeout = std::chrono::seconds(20);
  static std::chrono::milliseconds Since(std::chrono::steady_clock::time_point then) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - then);
  }

  Result<std::vector<source::TopicPartition>> OpenTable(const StopFlag& stop);
  // Says how much of everything there may be.
  Status PlanMemory();
  Status WaitBesideLiveGroup(const StopFlag& stop);
  // Two tables must not share a group: each would get a part of the partitions. One that is no longer fed may be in it
  // for a while yet.
  Status RefuseOtherSinks();
  Status AwaitNoOtherSinks(const StopFlag& stop);
  Status Loop(const StopFlag& stop);
  // Deals with what the source could not give: goes on behind records that are lost, if that is wanted.
  Status GoOnAfter(const Error& error);
  Status Dispatch(record::RecordBatch batch);
  // On a lane: piece by piece, so that what is not needed yet stays as the broker packed it.
  void Process(FetchedBatch fetched, MicroBatch& into, LaneWorker& worker);
  void CountFetched(const record::RecordBatch& batch);
  bool MemoryIsSpent() const;
  size_t MostWaiting() const;  // tasks for a lane
  void FetchWithinBudget();

  bool CommitIsDue() const;
  void StartCommit();
  // What runs beside the coordinator; a micro-batch that failed or was fenced left no trace in the table.
  Result<Committed> CommitMicroBatch(const std::shared_ptr<MicroBatch>& batch);
  // Whether the commit that is under way ends within `timeout`, and in time for a stop.
  bool CommitEnds(std::chrono::milliseconds timeout);
  // Takes in the commit that is under way if it ends within `timeout`.
  Status CollectCommit(std::chrono::milliseconds timeout);
  // Commits all that is in hand. False if that took longer than `timeout`.
  Result<bool> CommitAll(std::chrono::milliseconds timeout);
  void OnFenced(const Error& error);
  // Reads again from where the table stands.
  Status GoBackToTable();
  // Positions are where the table stands, which is established first where it says nothing: of new partitions, and of
  // those whose start a rollback took away. kInvalidArgument where it has lost more than that.
  Status TakeUp(const std::vector<source::TopicPartition>& partitions);
  // A new, empty micro-batch; what was in the old one is forgotten unless a commit holds it.
  void DropHand();

  // Every partition that is ours is read up to its end among `ends`.
  bool Reached(const source::Positions& ends) const;
  // Everything up to the ends is committed, by whomever.
  Result<bool> EndsAreCommitted();
  // Takes in what the table says, and brings bad records that it has pending to the errors table.
  Status LoadTable();
  Status RefreshCommitted(const std::vector<source::TopicPartition>& partitions);
  // Their topics may have come, or come anew, since the start.
  Status LearnTopics(const std::vector<source::TopicPartition>& partitions);
  // Of partitions that the table says nothing of: as `start` says; of topics that came while this ran the first record.
  Result<source::Positions> ResolveStarts(const std::vector<source::TopicPartition>& partitions);
  Status EstablishAll(const std::vector<source::TopicPartition>& assigned);
  Status EstablishAgain(const std::vector<source::TopicPartition>& partitions);
  void Leave(const std::vector<source::TopicPartition>& partitions);
  // Measures the lag, and writes a line into the log, every ten seconds.
  void ReportProgress();

  Result<source::Positions> OnAssigned(const std::vector<source::TopicPartition>& partitions) override;
  void OnRevoked(const std::vector<source::TopicPartition>& partitions) override;
  void OnLost(const std::vector<source::TopicPartition>& partitions) override;

  bool exactly_once() const { return options_.sink.delivery == Delivery::kExactlyOnce; }

  const PipelineOptions options_;
  const std::shared_ptr<catalog::Catalog> catalog_;
  const std::unique_ptr<source::Source> source_;
  metrics::Pipeline metrics_;
  LagMeter lag_;
  MemoryPlan memory_;
  MemoryBudget budget_;
  MemoryBudget undecoded_;  // with the lanes, and of the budget too
  FileNames file_names_;
  const StopFlag* stop_ = nullptr;  // of Run
  StopFlag give_up_;                // tells whoever works on a commit that nobody waits for it any more

  std::shared_ptr<table::Table> table_;
  table::HistoryWatch history_;
  std::unique_ptr<table::Committer> committer_;
  std::unique_ptr<ErrorsOutbox> errors_;
  std::unique_ptr<DeadLetters> letters_;  // with OnBadRecord::kTopic
  std::unique_ptr<BadRecordPolicy> policy_;
  std::vector<std::unique_ptr<LaneWorker>> workers_;  // one per lane
  std::shared_ptr<MicroBatch> hand_;
  std::unique_ptr<Lanes> lanes_;  // after workers_ and hand_: its threads end first

  std::set<std::string> late_topics_;  // came while this ran

  source::Positions positions_;  // next offset to come, of what is assigned
  source::Positions committed_;  // as far as this process knows
  source::Positions began_;      // where this process had partitions begin of which nothing has been committed yet
  source::Positions ends_;       // with once: where each partition ended at the start
  std::future<Result<Committed>> in_flight_;
  std::optional<std::chrono::steady_clock::time_point> leave_by_;  // once a stop was noticed
  std::chrono::steady_clock::time_point last_commit_{};
  std::chrono::steady_clock::time_point last_refresh_{};
  std::chrono::steady_clock::time_point last_progress_{};
  int64_t logged_rows_ = 0;
  int64_t dispatched_ = 0;    // records, since the start
  int64_t hand_records_ = 0;  // of them in hand_
  int64_t close_by_ms_ = 0;   // when the files of hand_ must be closed: their credentials end
  bool paused_ = false;
  bool reread_ = false;  // what was fetched does not join the table: go back before anything is dispatched
  bool worked_ = false;
  bool closing_ = false;              // nothing more is committed
  std::optional<Error> group_error_;  // of a callback that could not return it
  Backoff fence_backoff_;
  PipelineReport report_;
};

}  // namespace frazil::ingest
