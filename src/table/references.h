// Branches and tags of a table: made, moved and removed, each by one request that is required to meet what it was made
// for. The offsets that belong to the commits of a branch go with it (branch_offsets.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "iceberg/table_metadata.h"
#include "table/branch_offsets.h"
#include "table/table.h"

namespace frazil::table {

// What became of a branch or tag.
struct RefMove {
  std::optional<int64_t> from;  // the snapshot it stood at
  std::optional<int64_t> to;
  bool changed = false;              // false: it was so already
  std::vector<StoredState> offsets;  // that went with it
  std::vector<StoredState> left;     // of a rollback: those that stand beyond it now
};

struct NewRef {
  std::string name;
  std::string from = std::string(iceberg::kMainBranch);  // a branch or tag: at its snapshot
  std::optional<int64_t> snapshot_id = {};               // or at this one
  iceberg::SnapshotRef retention = {};                   // what it says beside the snapshot
  bool unless_there = false;                             // one of that name is no error, and stays where it is
};

// Each loads the table with its whole history. Errors, beside those of ChangeTable (table_change.h): kNotFound (a
// snapshot, branch or tag), kAlreadyExists, kInvalidArgument (what was asked cannot be, and why), kUnsupported (the
// catalog took the change and does not keep such refs). Names of tags that hold offsets are refused: kInvalidArgument.
Result<RefMove> CreateBranch(Table& table, const NewRef& branch);
Result<RefMove> CreateTag(Table& table, const NewRef& tag);
Result<RefMove> DeleteBranch(Table& table, const std::string& name);
Result<RefMove> DeleteTag(Table& table, const std::string& name);

// Brings `branch` forward to where the branch or tag `to` stands, whose history must hold the branch's head. A branch
// that has no snapshot yet is made there.
Result<RefMove> FastForward(Table& table, const std::string& branch, const std::string& to);

struct RollbackTarget {
  std::optional<int64_t> snapshot_id;  // an ancestor of the branch's head; or one that came of it, to undo a rollback
  std::optional<int64_t> before_ms;    // or the newest ancestor made before then, in milliseconds since 1970
};
// `reingest`: the offsets go back as well, so that what is lost is read again, by a process that runs, too. Without it
// they stay, and what follows is each pipeline's on_rollback; but where a pipeline has come as far on another branch,
// this one's offsets are a copy, and go back with it.
Result<RefMove> RollBack(Table& table, const std::string& branch, const RollbackTarget& target, bool reingest);

// Commits of `ref` that no other branch or tag holds; none where it is not there.
int64_t CommitsOnlyIn(const std::string& ref, const iceberg::TableMetadata& metadata);

// Whether a tag's name is one under which offsets are kept (offset_store.h).
bool HoldsOffsets(const std::string& tag);

}  // namespace frazil::table
