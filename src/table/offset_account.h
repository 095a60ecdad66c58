// The account of a topic's offsets in a branch, commit by commit. It is made from the branch's history and from the
// stored offset state, which are checked against each other.
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

// The outcome of the offsets [first, next).
struct Stretch {
  int64_t first = 0;
  int64_t next = 0;
  record::OffsetCounts counts;
  const iceberg::Snapshot* snapshot = nullptr;  // the commit's snapshot; null for commits before the kept history
  int64_t replayed = 0;                         // how many of the rows were bad records that became rows later
};

struct PartitionAccount {
  std::vector<Stretch> stretches;    // in the order of commits
  std::optional<int64_t> stands_at;  // the position after the last commit in the kept history
  bool joins = true;                 // true if there is no known gap or overlap
  bool whole = true;                 // true if the stretches cover everything that was ever committed
  // Offsets [first, next) that were read again after a rewind. Their rows may be in the table twice.
  std::optional<std::pair<int64_t, int64_t>> rewound;
  size_t counted_from = 0;  // index of the first stretch after the last rewind; the stored counts begin there
  // Bad records that a later commit turned into rows. They are applied to the stretches at the end.
  struct Replay {
    record::RowOrigin run;
    int64_t sequence_number = 0;
  };
  std::vector<Replay> replays;
  size_t replays_counted_from = 0;  // the same for `replays`

  bool WasRewound(int64_t offset) const { return rewound && offset >= rewound->first && offset < rewound->second; }
  void Rewind(int64_t first, int64_t next);
  void ApplyReplays();
  int64_t first(size_t from = 0) const;  // the least offset of the stretches from index `from` on; 0 if there are none
  int64_t end() const;                   // the offset after the greatest one that was ever committed
  record::OffsetCounts counts() const;
};

// The account of one pipeline and topic. Commits of a pipeline that was taken over count for its successor.
struct OffsetAccount {
  std::string pipeline;
  std::string topic;
  std::optional<StoredState> stored;  // nullopt: the table has no state
  std::map<int32_t, PartitionAccount> partitions;
  Findings findings;  // contradictions between history and state

  bool sound() const { return findings.empty(); }
  bool moved() const;  // some commit of the kept history moved it
  bool joins() const;
  bool whole() const;
  record::OffsetCounts counts() const;
};

struct OffsetAccounts {
  std::vector<OffsetAccount> list;
  int64_t forgotten_rows = 0;  // rows of commits that belong to no account any more
  // The account to which a commit or file of this pipeline and topic belongs; null if there is none.
  const OffsetAccount* Find(const std::string& pipeline, const std::string& topic) const;
};

// `stored` must hold the states of the history's branch. The result points into `history` and `metadata`.
OffsetAccounts MakeAccounts(const BranchHistory& history, const std::vector<StoredState>& stored,
                            const iceberg::TableMetadata& metadata);

}  // namespace frazil::table
