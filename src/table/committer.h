// Commits data files together with the offsets they came from, exactly once.
//
// A commit is one catalog request: add-snapshot, set-snapshot-ref, set-properties, required to meet the table uuid and
// the ref's head it was made for. Every change of offset state is a snapshot, so that requirement fences them all.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "common/stop_flag.h"
#include "iceberg/data_file.h"
#include "record/offset_range.h"
#include "table/offset_state.h"
#include "table/table.h"

namespace frazil::iceberg {
class AppendFiles;
}

namespace frazil::table {

enum class OnRollback {
  kStop,      // say so and stop
  kReingest,  // go on from the newest state that survives in the table's history: records come again
  kContinue,  // go on where the pipeline stood: what was rolled back stays away
};

struct CommitterOptions {
  std::string pipeline;
  std::string ref = "main";
  // False (at_least_once): offsets are neither kept in the table nor checked.
  bool exactly_once = true;
  OnRollback on_rollback = OnRollback::kStop;
  std::string take_over;     // continue the offsets of the pipeline of this name
  bool independent = false;  // do not mind that another pipeline feeds the table from the same topic
  std::string cluster_id;
  std::map<std::string, std::string> topic_ids;  // by topic: the topics this pipeline reads
  // How long one commit is tried while the catalog cannot be reached or others keep winning.
  std::chrono::milliseconds patience = std::chrono::minutes(30);
  const StopFlag* give_up = nullptr;  // set: the commit under way ends with kCancelled before its next try
  Clock* clock = &Clock::System();
};

using Positions = std::map<record::TopicPartition, int64_t>;

struct CommitReport {
  int64_t snapshot_id = 0;
  int attempts = 1;
  int conflicts = 0;  // attempts that the catalog refused because the table had moved
  std::chrono::milliseconds duration{0};
};

// Thread-safe; one commit at a time.
class Committer {
 public:
  Committer(std::shared_ptr<Table> table, CommitterOptions options);

  // Loads the table and checks that its offset state is ours to continue. kInvalidArgument says what the user must
  // decide: another pipeline's offsets, a copied table, a rollback, a topic made anew.
  Status Load();
  // Where each established partition of our topics stands, as of the last load or commit.
  Positions next() const;
  // True once the topic has any established partition: those found later start at offset 0.
  bool Established(const std::string& topic) const;

  // Records where partitions start, before their first record is read. Those already established are passed over.
  Status Establish(const Positions& starts);

  // Appends `files` and advances the offsets by `ranges` (at most one per partition, in any order).
  // kFenced: somebody else moved a partition, or these offsets are in already; nothing was committed now. Forget the
  // files (never delete them), Load, and go on from next().
  Result<CommitReport> Commit(std::vector<iceberg::DataFile> files, std::vector<record::OffsetRange> ranges);

  const std::shared_ptr<Table>& table() const { return table_; }

 private:
  using States = std::map<std::string, OffsetState>;  // by topic

  Result<States> StatesOf(const iceberg::TableMetadata& metadata) const;
  Result<OffsetState> AfterRollback(const OffsetState& state, const iceberg::TableMetadata& metadata,
                                    io::FileIo& io) const;
  Status RefuseOtherFeeders(const std::vector<OffsetState>& all) const;
  OffsetState NewState(const std::string& topic) const;
  // One logical commit over all its attempts. `change` is applied to a fresh copy of the states inside each attempt.
  using Change = std::function<Status(States&)>;
  Result<CommitReport> Run(iceberg::AppendFiles& append, const Change& change);
  Result<catalog::LoadedTable> Attempt(iceberg::AppendFiles& append, const catalog::LoadedTable& base,
                                       const Change& change, const std::string& idempotency_key);
  void Adopt(States states);
  void CleanUp(const iceberg::AppendFiles& append, const catalog::LoadedTable& committed) const;

  const std::shared_ptr<Table> table_;
  const CommitterOptions options_;
  mutable std::mutex mutex_;  // guards states_
  States states_;
  std::mutex commit_mutex_;  // one commit at a time
};

}  // namespace frazil::table
