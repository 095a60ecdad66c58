// Carries out one logical commit: tries it until it is taken, is refused, or must be given up.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "common/result.h"
#include "iceberg/snapshot_writer.h"
#include "io/recent_files.h"
#include "table/commit_verdict.h"
#include "table/committer_options.h"
#include "table/decided_by.h"
#include "table/offset_state.h"
#include "table/offset_store.h"
#include "table/state_reader.h"
#include "table/table.h"

namespace frazil::table {

struct CommitReport {
  int64_t snapshot_id = 0;
  int attempts = 1;
  int conflicts = 0;  // attempts that failed because the table had changed
  std::chrono::milliseconds duration{0};
  int64_t replaced = 0;  // rows that this commit replaced by its own
};

// How a commit changes the offset states.
struct StateChange {
  std::function<Status(StatesByTopic&)> apply;  // called in each attempt, with a fresh copy of the states
  // True if a second application of the same commit must fail: if an earlier try was taken, then `apply` fails (the
  // offsets no longer join), or the change of files fails. A retry then needs only the table's heads, because this
  // failure reveals the earlier try. If false, a retry needs the whole history to search for the earlier try's
  // snapshot.
  bool fails_twice;
};

// One logical commit. It lives over all its tries, in both forms of the offsets.
struct Proposal {
  iceberg::SnapshotWriter& writer;
  const StateChange& change;
  const std::vector<DecidedBy>& decided;
  std::vector<int64_t> unanswered = {};  // sequence numbers of tries without an answer
  bool sent = false;                     // a request with its files may have been sent
};

// How a logical commit ended, in one form of the offsets.
struct Ended {
  CommitReport report;
  OffsetForm form = OffsetForm::kProperty;
  StatesByTopic states;       // the states that were sent
  std::string manifest_list;  // the manifest list of the snapshot that was sent
  Verdict verdict;            // a taken kind, or kRefused
  bool kept = true;           // false: the catalog took the commit but dropped the offsets

  bool refused() const { return verdict.kind == Verdict::Kind::kRefused; }
};

// The tries of one logical commit in one form of the offsets. Used once, by one thread.
class CommitTries {
 public:
  struct Means {
    Table& table;
    const CommitterOptions& options;
    const StateReader& reader;
    io::RecentFiles& files;
    bool property_fails;  // the catalog does not keep offsets in a property
  };
  CommitTries(const Means& means, Proposal& proposal);

  // Runs the tries. Returns an error if the commit ended neither taken nor refused: kFenced, kCancelled,
  // kCommitUnknown, …
  Result<Ended> Run();

 private:
  struct IdempotencyKey {
    std::string text;
    bool sent_before = false;  // an earlier try, whose outcome is unknown, may have used this key
  };

  IdempotencyKey NewKey() const;
  std::chrono::milliseconds Waited() const;
  Status Wait(std::chrono::milliseconds wait, const Verdict& last);
  // One try. First it looks whether an earlier try was taken.
  Verdict Try(catalog::LoadedTable& base);
  // Sends one request. Sets form, states and manifest_list of ended_.
  Verdict Send(catalog::LoadedTable& base);
  // Builds the request on top of `base`. Reloads `base` with the whole history if the short one is not enough to judge.
  Result<iceberg::SnapshotWriter::Attempt> Prepare(catalog::LoadedTable& base);
  bool CanNotBeTold(const iceberg::TableMetadata& table) const;
  // True if `committed` holds the snapshot of the last try.
  bool IsOfLastTry(const catalog::LoadedTable& committed) const;
  bool KeepsOffsets(const catalog::LoadedTable& committed) const;
  Ended End(Verdict verdict);
  void CleanUp(const catalog::LoadedTable& committed) const;
  tl::unexpected<Error> GivenUp(const Verdict& last) const;

  const Means means_;
  Proposal& proposal_;
  iceberg::SnapshotWriter& writer_;
  const std::chrono::steady_clock::time_point begin_;
  IdempotencyKey key_;
  TryJudge judge_;
  Ended ended_;
};

}  // namespace frazil::table
