// What must hold after every change of the table, told from the table itself and from what is known of the world.
//
//   Every offset of a partition, from the first start that was ever recorded up to where the offsets stand, is a row of
//   exactly one file that the branch's head reaches, or was left out under a name; none beyond is in any. No file is
//   there twice. A commit adds to the head it finds, and joins the offsets that the branch's history has moved; the
//   stored state says the same. What is in use is never deleted. Nobody goes on from what was not committed.
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

namespace frazil::simulation {

class World;

class Oracle {
 public:
  explicit Oracle(World& world) : world_(world) {}

  // The first invariant that broke, in words.
  const std::optional<std::string>& broken() const { return broken_; }
  void Break(std::string what);

  // The table changed. `dropped`: the catalog left out what the request said of offsets.
  void Applied(const iceberg::TableMetadata& before, const iceberg::TableMetadata& after, const CommitRequest& request,
               bool dropped);
  // A process heard that its commit is in.
  void Acknowledged(const std::string& process, int64_t snapshot_id, const std::vector<record::OffsetRange>& ranges);
  // A process was told that others have moved its offsets.
  void Fenced(const std::string& process, const std::vector<record::OffsetRange>& ranges);
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
  // All that the table refers to is there, at the end of a schedule.
  void CheckWhole();

  // What the foreign writer needs of a snapshot.
  struct Facts {
    std::optional<int64_t> parent;
    std::string manifest_list;
    std::vector<std::string> manifests;
    std::vector<std::string> live;               // data files, sorted
    std::map<int, int64_t> next;                 // by partition: how far the branch's history has come
    std::map<int, std::set<int64_t>> left_away;  // rows that were rolled back and are to stay away
    std::vector<record::OffsetRange> ranges;     // what this commit moved
    bool by_pipeline = false;
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
  void TakeBase(const Facts* base, const CommitRequest& request, Facts& facts);
  static void Onward(const Facts& lost, std::map<int, int64_t>& next);
  void Move(Facts& facts);
  void CheckState(const iceberg::TableMetadata& table, const std::string& pipeline, const Facts& facts);
  void CheckRows(const Facts& facts);
  bool InHistory(int64_t snapshot_id, std::optional<int64_t> head) const;
  std::map<int, std::vector<int>> Coverage(const Facts& facts);

  World& world_;
  std::optional<std::string> broken_;
  std::map<int64_t, Facts> facts_;  // of each snapshot that ever was
  std::map<std::string, std::vector<iceberg::ManifestEntry>> manifests_;
  std::map<int, int64_t> starts_;                // by partition: the first that was recorded
  std::map<int, std::set<int64_t>> ever_stood_;  // by partition: where offsets stood after any commit
  std::optional<int64_t> state_snapshot_;        // whose state is stored
  std::optional<int64_t> head_;
  bool was_rolled_back_ = false;
  bool state_is_behind_ = false;
};

}  // namespace frazil::simulation
