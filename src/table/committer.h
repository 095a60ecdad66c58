// Commits data files together with the offsets they came from, exactly once.
//
// A commit is one catalog request: add-snapshot, set-snapshot-ref, and what stores the offsets (offset_store.h),
// required to meet the table uuid and the ref's head it was made for. Every change of offset state is a snapshot, so
// that requirement fences them all.
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

// What a commit says of bad records.
struct ErrorsOfCommit {
  ErrorsByTopic pending;  // of this commit
  // How far the errors table has come. Asked in each attempt, once the main table is loaded; where there is something
  // pending it must be the newest, else it may be as far as it is known.
  std::function<Result<StatesByTopic>()> applied = [] { return StatesByTopic(); };
};

// Bad records of one topic that have become rows.
struct Replay {
  std::string topic;
  record::RowOrigins offsets;  // as many rows as offsets
  // Of the topic's state that they were chosen by.
  int64_t replays = 0;
  int64_t rewinds = 0;
  std::string unmarked = {};
};

// Thread-safe; one commit at a time.
class Committer {
 public:
  Committer(std::shared_ptr<Table> table, CommitterOptions options);

  // Loads the table and checks that its offset state is ours to continue. kInvalidArgument says what the user must
  // decide: another pipeline's offsets, a copied table, a rollback, a topic made anew.
  Status Load();
  // The same at a process's start: holds the state against the commits of the branch, too (start_check.h).
  Status Begin();
  // Where each established partition of our topics stands, as of the last load or commit.
  Positions next() const;
  StatesByTopic states() const;                             // the same, and all else that is known of the topics
  bool AnyPending() const;                                  // among the states: bad records
  std::string FirstNameOf(const std::string& topic) const;  // of the pipelines that had its offsets; ours without any
  // True once the topic has any established partition: those found later start at offset 0.
  bool Established(const std::string& topic) const;

  // Records where partitions start, before their first record is read. Those already established are passed over. Their
  // topics are among those that the options name.
  Status Establish(const Positions& starts);

  // Moves established partitions elsewhere, by a commit without rows: back, to read again what is in the table, which
  // then comes twice unless its rows are removed; or ahead, to leave out what lies between, which is counted as
  // skipped. kFenced if a process of the pipeline has moved them since the last load.
  Status MoveTo(const Positions& positions);
  // Where the partitions stood after a commit of the table's current history. kInvalidArgument if it is not there.
  Result<Positions> StoodAt(int64_t snapshot_id) const;

  // Appends `files` and advances the offsets by `ranges` (at most one per partition, in any order).
  // kFenced: somebody else moved a partition, or these offsets or errors are in already; nothing was committed now.
  // Forget the files, Load, and go on from next(). `errors` is kept with the offsets until a later commit knows it to
  // be applied. kFenced also where another engine has changed the table since the records were `decided` upon
  // (Table::CheckStands); what it changes between a try's load and its request makes that try a conflict. After a
  // failure the files may be deleted only if `sent` has become false: then no request ever named them.
  Result<CommitReport> Commit(std::vector<iceberg::DataFile> files, std::vector<record::OffsetRange> ranges,
                              const ErrorsOfCommit& errors = {}, std::vector<DecidedBy> decided = {},
                              bool* sent = nullptr);
  // The same with `files` in the place of all that their partitions hold (iceberg::ReplacePartitions). kInvalidArgument
  // where others have added something there after sequence number `since` of the table. Not to be called by two
  // threads.
  Result<CommitReport> Overwrite(std::vector<iceberg::DataFile> files, int64_t since,
                                 std::vector<record::OffsetRange> ranges, const ErrorsOfCommit& errors = {},
                                 std::vector<DecidedBy> decided = {}, bool* sent = nullptr);

  // Appends `files`, whose rows are bad records that the offsets count as such, and counts them as rows. The snapshot
  // lists them. The list is put beside the table's metadata, too, and the state names it until ForgetReplay: the
  // snapshot may expire before the errors table is marked. kFenced if the topic was replayed or rewound since they were
  // chosen, or the table was changed since they were `decided` upon; nothing was committed then.
  struct CommittedReplay {
    CommitReport report;
    std::string list;
  };
  Result<CommittedReplay> CommitReplay(std::vector<iceberg::DataFile> files, const Replay& replay,
                                       std::vector<DecidedBy> decided = {});

  // The errors table has marked what that list names: the state names it no more, by a commit without rows. Nothing is
  // done if the state names another.
  Status ForgetReplay(const std::string& topic, const std::string& list);

  // Puts `state` in the place of what the table says of its topic, by a commit without rows: to repair it. kFenced if
  // that is not `instead_of` any more; none: the table said nothing.
  Result<CommitReport> PutRight(const OffsetState& state, const std::optional<OffsetState>& instead_of);

  // A change of files that moves no offset, as that of rewritten files (iceberg/file_change.h). kFenced as
  // SnapshotWriter::Prepare says.
  Result<CommitReport> Change(iceberg::FileChangePtr change, std::map<std::string, std::string> summary);

  const std::shared_ptr<Table>& table() const { return table_; }
  const CommitterOptions& options() const { return options_; }

 private:
  static constexpr size_t kRememberedBytes = size_t{4} << 20;

  // A commit without rows that says where the offsets stand.
  struct Restatement {
    std::map<std::string, std::string> summary;
    StateChange change;
    bool suffices = false;  // the commit that it stands in for has nothing more to say
  };

  OffsetState NewState(const std::string& topic) const;

  Result<CommitReport> CommitChange(iceberg::FileChangePtr change, const std::vector<record::OffsetRange>& ranges,
                                    const ErrorsOfCommit& errors, const std::vector<DecidedBy>& decided, bool* sent);
  // What the snapshot of a commit says of the ranges it moves. May write a file.
  Result<std::map<std::string, std::string>> SummaryOfMoved(const std::vector<record::OffsetRange>& ranges,
                                                            const ErrorsByTopic& errors = {}) const;
  // What a commit of these does; they must outlive it.
  StateChange Advancing(const std::vector<record::OffsetRange>& ranges, const ErrorsOfCommit& errors) const;
  // Says what the history tells: of a commit that was taken and its offsets dropped, its snapshot does.
  Restatement KeepingOffsets() const;
  // A commit that is nothing but what it says of the offsets.
  Result<CommitReport> CommitRowless(const std::map<std::string, std::string>& summary, const StateChange& change);

  // One logical commit. Where the catalog does not take offsets as a property, they move to the other form: by a commit
  // without rows first, so that rows never depend on what has not been shown to be kept.
  Result<CommitReport> Run(iceberg::SnapshotWriter& writer, const StateChange& change, const Restatement& restatement,
                           const std::vector<DecidedBy>& decided = {}, bool* sent = nullptr);
  Result<CommitReport> RunInAnyForm(Proposal& proposal, const Restatement& restatement);
  // The same in one form, over all its attempts.
  Result<Ended> RunInOneForm(Proposal& proposal);
  tl::unexpected<Error> NotKept(const Ended& first, const Ended& last) const;
  void Adopt(StatesByTopic states);
  Status AdoptFrom(std::optional<catalog::LoadedTable> table);  // none: loads it

  const std::shared_ptr<Table> table_;
  const CommitterOptions options_;
  const StateReader reader_;
  mutable std::mutex mutex_;  // guards the next two
  StatesByTopic states_;
  std::set<std::string> looked_for_;  // topics that were found new, once the commits were asked
  std::mutex commit_mutex_;           // one commit at a time; guards what follows
  bool property_fails_ = false;
  // A commit begins with the manifest list that the one before ended with, and merges the manifests of the last
  // hundred.
  io::RecentFiles files_{kRememberedBytes};
  std::set<std::string> overwrote_;  // the files of the last Overwrite, which are its own to replace
  const std::shared_ptr<iceberg::LiveFiles> live_ = std::make_shared<iceberg::LiveFiles>();  // of overwrites
};

}  // namespace frazil::table
