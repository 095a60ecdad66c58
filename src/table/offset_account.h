// Which offsets of a topic a branch accounts for, commit by commit: made from its history and from where the pipeline
// says that it stands, each of which is held against the other.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "record/offset_range.h"
#include "record/row_origins.h"
#include "table/branch_history.h"
#include "table/finding.h"
#include "table/offset_store.h"

namespace frazil::table {

// What became of the offsets [first, next).
struct Stretch {
  int64_t first = 0;
  int64_t next = 0;
  record::OffsetCounts counts;
  const iceberg::Snapshot* snapshot = nullptr;  // of the commit; null: of those before the history that is kept
  int64_t replayed = 0;                         // of the rows, bad records that became rows later
};

struct PartitionAccount {
  std::vector<Stretch> stretches;    // in the order of commits
  std::optional<int64_t> stands_at;  // after the last commit that the history holds
  bool joins = true;                 // without gap or overlap, as far as it is known
  bool whole = true;                 // all that the table ever took of it is among the stretches
  // Offsets [first, next) that a rewind had read again: their rows may be there twice.
  std::optional<std::pair<int64_t, int64_t>> rewound;
  size_t counted_from = 0;  // the first stretch after the last rewind: from there on the state counts
  // Bad records that became rows by a later commit. Applied to the stretches once the rest is settled.
  struct Replay {
    record::RowOrigin run;
    int64_t sequence_number = 0;
  };
  std::vector<Replay> replays;
  size_t replays_counted_from = 0;  // as above

  bool WasRewound(int64_t offset) const { return rewound && offset >= rewound->first && offset < rewound->second; }
  void Rewind(int64_t first, int64_t next);
  void ApplyReplays();
  int64_t first(size_t from = 0) const;  // the least offset of the stretches from this one on; 0 if there are none
  int64_t end() const;                   // past the greatest offset that was ever accounted for
  record::OffsetCounts counts() const;
};

// Of one pipeline and topic. What a pipeline that was taken over had committed is its successor's.
struct OffsetAccount {
  std::string pipeline;
  std::string topic;
  std::optional<StoredState> stored;  // absent: the table does not say where it stands
  std::map<int32_t, PartitionAccount> partitions;
  Findings findings;  // where history and state do not say the same

  bool sound() const { return findings.empty(); }
  bool moved() const;  // by any commit of the history
  bool joins() const;
  bool whole() const;
  record::OffsetCounts counts() const;
};

struct OffsetAccounts {
  std::vector<OffsetAccount> list;
  int64_t forgotten_rows = 0;  // of commits that are no account's any more
  // Of commits and files: the account of a pipeline's topic; null if there is none.
  const OffsetAccount* Find(const std::string& pipeline, const std::string& topic) const;
};

// `stored`: those of the history's branch.
OffsetAccounts MakeAccounts(const BranchHistory& history, const std::vector<StoredState>& stored,
                            const iceberg::TableMetadata& metadata);

}  // namespace frazil::table
