// Commits data files together with the Kafka offsets that they came from, exactly once.
//
// A commit is one catalog request: add-snapshot, set-snapshot-ref, and the updates that store the offsets
// (offset_store.h). The request requires the table's uuid and the head of the ref for which it was made. Every change
// of the offsets is a snapshot, so the requirement on the head fences all of them. docs/exactly-once.md explains the
// protocol.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/result.h"
#include "iceberg/data_file.h"
#include "iceberg/file_change.h"
#include "iceberg/live_files.h"
#include "io/recent_files.h"
#include "record/offset_range.h"
#include "table/commit_tries.h"
#include "table/committer_options.h"
#include "table/decided_by.h"
#include "table/offset_state.h"
#include "table/offset_store.h"
#include "table/state_reader.h"
#include "table/table.h"

namespace frazil::table {

using record::Positions;

// The bad records of a commit.
struct ErrorsOfCommit {
  ErrorsByTopic pending;  // the bad records of this commit
  // Returns how far the errors table has come. Called in each attempt, after the main table is loaded. If the main
  // table has pending bad records, the answer must be current; otherwise an older answer will do.
  std::function<Result<StatesByTopic>()> applied = [] { return StatesByTopic(); };
};

// A replay: bad records of one topic that became rows.
struct Replay {
  std::string topic;
  record::RowOrigins offsets;  // each offset became one row
  // From the topic's state by which the records were chosen.
  int64_t replays = 0;
  int64_t rewinds = 0;
  std::string unmarked = {};
};

// Thread-safe. Commits run one at a time.
class Committer {
 public:
  Committer(std::shared_ptr<Table> table, CommitterOptions options);

  // Loads the table, and checks that this pipeline may continue from its offset state. kInvalidArgument if the user
  // must decide first: the offsets of another pipeline, a copied table, a rollback, or a topic that was created again.
  Status Load();
  // Like Load, for the start of a process: also checks the state against the commits of the branch (start_check.h).
  Status Begin();
  // The next offset of each established partition of our topics, as of the last load or commit.
  Positions next() const;
  StatesByTopic states() const;                             // the whole offset states, as of then
  bool AnyPending() const;                                  // true if some state has pending bad records
  std::string FirstNameOf(const std::string& topic) const;  // see table::FirstName; ours if there is no state
  // True if the topic has an established partition. Then partitions that appear later start at offset 0.
  bool Established(const std::string& topic) const;

  // Records the start offset of partitions, before their first record is read. Partitions that are established already
  // are skipped. Their topics must be in CommitterOptions::topic_ids.
  Status Establish(const Positions& starts);

  // Moves established partitions to other offsets, by a commit without rows. Moving back reads records again, and their
  // rows come twice unless the old ones are removed. Moving ahead skips records, which are counted as skipped. kFenced
  // if a process of the pipeline has moved a partition since the last load.
  Status MoveTo(const Positions& positions);
  // The next offsets after an earlier commit. kInvalidArgument if that snapshot is not in the table's current history.
  Result<Positions> StoodAt(int64_t snapshot_id) const;

  // Appends `files` and advances the offsets by `ranges`: at most one per partition, in any order. `errors` is stored
  // with the offsets until a later commit knows that the errors table has it.
  //
  // kFenced: another process moved a partition, or these offsets or bad records are in the table already, or another
  // engine has changed the table since `decided` (Table::CheckStands). This call committed nothing then. Forget the
  // files, call Load, and continue from next(). A change between loading the table and the request makes the try a
  // conflict.
  //
  // After a failure, delete the files only if `*sent` is false: then no request has named them.
  Result<CommitReport> Commit(std::vector<iceberg::DataFile> files, std::vector<record::OffsetRange> ranges,
                              const ErrorsOfCommit& errors = {}, std::vector<DecidedBy> decided = {},
                              bool* sent = nullptr);
  // Like Commit, but `files` replace everything in their partitions (iceberg::ReplacePartitions). kInvalidArgument if
  // another writer has added something there after the table's sequence number `since`. Only one thread may call it.
  Result<CommitReport> Overwrite(std::vector<iceberg::DataFile> files, int64_t since,
                                 std::vector<record::OffsetRange> ranges, const ErrorsOfCommit& errors = {},
                                 std::vector<DecidedBy> decided = {}, bool* sent = nullptr);

  // Appends `files`, whose rows come from records that were counted as errors, and counts these as rows. The snapshot
  // contains the list of offsets. The list is also written to a file beside the table's metadata, which the state names
  // until ForgetReplay, because the snapshot may expire before the errors table is marked. kFenced if the topic was
  // replayed or rewound since the records were chosen, or if the table has changed since `decided`; nothing was
  // committed then.
  struct CommittedReplay {
    CommitReport report;
    // the location of the list
    std::string list;
  };
  Result<CommittedReplay> CommitReplay(std::vector<iceberg::DataFile> files, const Replay& replay,
                                       std::vector<DecidedBy> decided = {});

  // Removes `list` from the state by a commit without rows. Call it when the errors table has marked these records.
  // Does nothing if the state names another list.
  Status ForgetReplay(const std::string& topic, const std::string& list);

  // Repairs the state of a topic: replaces it by `state`, in a commit without rows. kFenced if the table's state is not
  // `instead_of` any more; nullopt means that the table had no state.
  Result<CommitReport> PutRight(const OffsetState& state, const std::optional<OffsetState>& instead_of);

  // Changes files without moving an offset, for rewritten files (iceberg/file_change.h). kFenced as
  // iceberg::SnapshotWriter::Prepare.
  Result<CommitReport> Change(iceberg::FileChangePtr change, std::map<std::string, std::string> summary);

  const std::shared_ptr<Table>& table() const { return table_; }
  const CommitterOptions& options() const { return options_; }

 private:
  static constexpr size_t kRememberedBytes = size_t{4} << 20;

  // A commit without rows that only stores the offsets.
  struct Restatement {
    std::map<std::string, std::string> summary;
    StateChange change;
    bool suffices = false;  // the original commit has no files, so this commit does all of it
  };

  OffsetState NewState(const std::string& topic) const;

  Result<CommitReport> CommitChange(iceberg::FileChangePtr change, const std::vector<record::OffsetRange>& ranges,
                                    const ErrorsOfCommit& errors, const std::vector<DecidedBy>& decided, bool* sent);
  // The summary of a snapshot that moves `ranges`. May write a file.
  Result<std::map<std::string, std::string>> SummaryOfMoved(const std::vector<record::OffsetRange>& ranges,
                                                            const ErrorsByTopic& errors = {}) const;
  // The state change of a commit of `ranges` and `errors`, which must outlive the result.
  StateChange Advancing(const std::vector<record::OffsetRange>& ranges, const ErrorsOfCommit& errors) const;
  // Stores the offsets that the history shows. If a catalog took a commit and dropped its offsets, the commit's
  // snapshot still has them.
  Restatement KeepingOffsets() const;
  // Makes a commit without rows.
  Result<CommitReport> CommitRowless(const std::map<std::string, std::string>& summary, const StateChange& change);

  // Runs one logical commit. If the catalog does not keep offsets in a property, they move to the other form. The move
  // is a commit without rows, and comes first: rows must never depend on a form that has not been shown to work.
  Result<CommitReport> Run(iceberg::SnapshotWriter& writer, const StateChange& change, const Restatement& restatement,
                           const std::vector<DecidedBy>& decided = {}, bool* sent = nullptr);
  Result<CommitReport> RunInAnyForm(Proposal& proposal, const Restatement& restatement);
  // Runs the commit in one form, with all attempts.
  Result<Ended> RunInOneForm(Proposal& proposal);
  tl::unexpected<Error> NotKept(const Ended& first, const Ended& last) const;
  void Adopt(StatesByTopic states);
  Status AdoptFrom(std::optional<catalog::LoadedTable> table);  // nullopt: loads the table

  const std::shared_ptr<Table> table_;
  const CommitterOptions options_;
  const StateReader reader_;
  mutable std::mutex mutex_;  // guards the next two members
  StatesByTopic states_;
  std::set<std::string> looked_for_;  // topics that the commits of the branch were already searched for
  std::mutex commit_mutex_;           // one commit at a time; guards the members below
  bool property_fails_ = false;
  // Each commit reads the manifest list that the previous one wrote, and about every hundredth merges recent manifests.
  // So these files are cached.
  io::RecentFiles files_{kRememberedBytes};
  std::set<std::string> overwrote_;  // the files of the last Overwrite, which the next one may replace
  const std::shared_ptr<iceberg::LiveFiles> live_ = std::make_shared<iceberg::LiveFiles>();  // for overwrites
};

}  // namespace frazil::table
