// What must hold after every change of a table, told from the table itself and from what is known of the world.
//
//   Every offset that the branch's history has moved over is a row of one file that the branch's head reaches, as often
//   as it was read (more than once after a rewind alone), or was left out under a name; none other is in any. No file
//   is there twice. A commit adds to the head it finds, and joins the offsets that the branch's history has moved; the
//   stored state says the same. What is in use is never deleted. Nobody goes on from what was not committed.
//
//   The errors table keeps offsets of its own, of which the same holds, and has each bad record once at most. In the
//   end it has all that the main table counts. A bad record becomes a row once at most; what is marked as replayed by
//   a snapshot of the branch is one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "catalog_server.h"
#include "iceberg/manifest.h"
#include "storage.h"
#include "table/committer.h"
#include "topic.h"

namespace frazil::simulation {

class World;

class Oracle {
 public:
  Oracle(World& world, Which which) : world_(world), which_(which) {}

  // The table changed. `dropped`: the catalog left out what the request said of offsets.
  void Applied(const iceberg::TableMetadata& before, const iceberg::TableMetadata& after, const CommitRequest& request,
               bool dropped);
  // A process heard that its commit is in.
  void Acknowledged(const std::string& process, int64_t snapshot_id, const std::vector<record::OffsetRange>& ranges);
  // A process was told that others have moved its offsets.
  void Fenced(const std::string& process, const std::vector<record::OffsetRange>& ranges);
  // A process that was to end there has ended: all before `ends` is in.
  void Finished(const std::string& process, const table::Positions& ends);
  // Somebody was told that partitions stood there after a commit.
  void Stood(const std::string& whom, int64_t snapshot_id, const table::Positions& positions);
  // A process goes on from here.
  void ContinuesFrom(const std::string& process, const table::Positions& positions);
  // A process deleted a file.
  void Deleted(const std::string& location);
  // A data file was put where there was one.
  void NameUsedTwice(const std::string& process, const std::string& path);

  // The state that counts is no longer in the branch's history.
  bool rolled_back() const;
  // Part of what led to the branch's head, or to the state that counts, has expired.
  bool history_is_expired() const;
  // The catalog took a commit and dropped its offsets, and no later one has told them.
  bool state_is_behind() const { return state_is_behind_; }
  bool was_ever_rolled_back() const { return was_rolled_back_; }
  // Every partition is established, and stands at its end for a process that is told this.
  bool caught_up(table::OnRollback on_rollback) const;
  // Offsets are stored somewhere in the table.
  bool established() const { return state_snapshot_.has_value(); }
  // Of the main table: every bad record that its history counts is in the errors table.
  bool HasAllBad() const;
  // Of the errors table: it stands beyond a bad record that it does not have, since that was skipped or never read.
  bool PassedOverBad() const;
  // All that the table refers to is there, at the end of a schedule.
  void CheckWhole();
  // Of the errors table, at the end: what is marked as replayed by a snapshot of the main table's branch is a row
  // there.
  void CheckMarks();

  // What the foreign writer needs of a snapshot.
  struct Facts {
    std::optional<int64_t> parent;
    std::string manifest_list;
    std::vector<std::string> manifests;
    std::vector<std::string> live;            // data files, sorted
    std::map<int, int64_t> next;              // by partition: how far the branch's history has come
    std::map<int, int64_t> starts;            // by partition: the first of them
    std::map<int, std::vector<int>> reads;    // by partition and offset: how often that history has read it
    std::vector<record::OffsetRange> ranges;  // what this commit moved
    bool by_pipeline = false;
    std::optional<int64_t> instead_of;  // rolled back: whose state it went on from, which is still stored
    std::string sender;
  };
  const Facts& facts(int64_t snapshot_id) const { return facts_.at(snapshot_id); }
  const std::vector<iceberg::ManifestEntry>& entries(const std::string& manifest) const {
    return manifests_.at(manifest);
  }

 private:
  // False if it cannot be read.
  bool ReadFiles(const iceberg::Snapshot& snapshot, Facts& facts);
  bool ReadRanges(const iceberg::Snapshot& snapshot, Facts& facts);
  void CheckAppend(const Facts* before, const Facts& after);
  // Where the offsets stand that a pipeline's commit on top of `base` goes on from.
  void TakeBase(const iceberg::TableMetadata& before, const Facts* base, const CommitRequest& request, Facts& facts);
  // Where a branch with this head stands that was rolled back and is to go on without what was lost.
  void Onward(const iceberg::TableMetadata& table, std::optional<int64_t> head, std::map<int, int64_t>& next) const;
  // The table still has all that leads from the state that counts back to the history of `head`.
  bool LostIsTold(const iceberg::TableMetadata& table, std::optional<int64_t> head) const;
  const iceberg::SnapshotList& Snapshots() const;
  void Move(const CommitRequest& request, Facts& facts);
  void CheckDecisions(const iceberg::TableMetadata& table, const Facts* before, const Facts& after);
  void CheckState(const iceberg::TableMetadata& table, const std::string& pipeline, const Facts& facts);
  void CheckRows(const Facts& facts);
  void CheckReplayed(const Facts& facts);
  bool InHistory(int64_t snapshot_id, std::optional<int64_t> head) const;
  // The state that counts is not in the history of `head`.
  bool IsLostTo(std::optional<int64_t> head) const;
  // The same, and no commit since has gone on from it, of which the state came to nothing.
  bool MustGoOver(std::optional<int64_t> head) const;
  // By partition and offset: how often it is there.
  enum class Rows : uint8_t { kRead, kReplayed };
  std::map<int, std::vector<int>> Coverage(const Facts& facts, Rows rows);
  Slot kept() const { return which_ == Which::kMain ? Slot::kRow : Slot::kBad; }

  World& world_;
  const Which which_;
  std::map<int64_t, Facts> facts_;  // of each snapshot that ever was
  std::map<std::string, std::vector<iceberg::ManifestEntry>> manifests_;
  std::map<int, int64_t> starts_;                // by partition: the first that was stored
  std::map<int, std::set<int64_t>> ever_stood_;  // by partition: where offsets stood after any commit
  std::optional<int64_t> state_snapshot_;        // whose state is stored
  std::optional<int64_t> head_;
  std::map<int, std::vector<int>> covered_;  // at the head
  bool was_rolled_back_ = false;
  bool was_rewound_ = false;
  bool state_is_behind_ = false;
};

}  // namespace frazil::simulation
