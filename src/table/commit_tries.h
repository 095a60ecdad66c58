// How one logical commit gets in: its tries, whatever the catalog answers.
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
  int conflicts = 0;  // attempts that the catalog refused because the table had moved
  std::chrono::milliseconds duration{0};
  int64_t replaced = 0;  // rows that went, in their place those of the commit came
};

// What a commit does to the offsets.
struct StateChange {
  std::function<Status(StatesByTopic&)> apply;  // to a fresh copy of the states inside each attempt
  // It fails, or its files do, where an earlier try is in: then the heads of a history suffice to try again.
  bool fails_twice;
};

// One logical commit, over its tries in either form.
struct Proposal {
  iceberg::SnapshotWriter& writer;
  const StateChange& change;
  const std::vector<DecidedBy>& decided;
  std::vector<int64_t> unanswered = {};  // the sequence numbers of tries of which nothing was heard
  bool sent = false;                     // some try was
};

// How a logical commit ended in one form.
struct Ended {
  CommitReport report;
  OffsetForm form = OffsetForm::kProperty;
  StatesByTopic states;       // as they were sent
  std::string manifest_list;  // of the snapshot that was sent
  Verdict verdict;            // taken or refused
  bool kept = true;           // false: it was taken, but what says where the offsets stand was dropped

  bool refused() const { return verdict.kind == Verdict::Kind::kRefused; }
};

// A commit in one form of the offsets. Used once, by one thread.
class CommitTries {
 public:
  struct Means {
    Table& table;
    const CommitterOptions& options;
    const StateReader& reader;
    io::RecentFiles& files;
    bool property_fails;  // the catalog takes no offsets as a property
  };
  CommitTries(const Means& means, Proposal& proposal);

  // The error of what is neither taken nor refused.
  Result<Ended> Run();

 private:
  struct IdempotencyKey {
    std::string text;
    bool sent_before = false;  // perhaps, with a try whose answer is not known
  };

  IdempotencyKey NewKey() const;
  std::chrono::milliseconds Waited() const;
  Status Wait(std::chrono::milliseconds wait, const Verdict& last);
  // The whole of one try: looks for an earlier one first.
  Verdict Try(catalog::LoadedTable& base);
  // Sends once; fills in form, states and manifest list.
  Verdict Send(catalog::LoadedTable& base);
  // Makes the request on top of `base`, which is loaded anew where its history is too short to judge.
  Result<iceberg::SnapshotWriter::Attempt> Prepare(catalog::LoadedTable& base);
  bool CanNotBeTold(const iceberg::TableMetadata& table) const;
  // The table shows what the last try sent.
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
