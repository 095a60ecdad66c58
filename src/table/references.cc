#include "table/references.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "common/text/nearest_word.h"
#include "iceberg/ancestry.h"
#include "table/table_change.h"

namespace frazil::table {
namespace {

using iceberg::Descent;
using iceberg::Snapshot;
using iceberg::SnapshotRef;
using iceberg::TableMetadata;
using History = Table::History;

enum class Kind : uint8_t { kBranch, kTag, kAny };

std::string_view Word(bool is_branch) { return is_branch ? "branch" : "tag"; }

tl::unexpected<Error> NoRef(const std::string& name, Kind kind, const TableMetadata& table) {
  std::vector<std::string_view> names;
  for (const auto& [other, ref] : table.refs) {
    if (kind == Kind::kAny || ref.is_branch == (kind == Kind::kBranch)) names.emplace_back(other);
  }
  const std::string_view what = kind == Kind::kBranch ? "branch" : kind == Kind::kTag ? "tag" : "branch or tag";
  return Fail(ErrorKind::kNotFound, "there is no {} '{}'{}{}", what, name, DidYouMean(name, names),
              names.empty() ? std::string() : fmt::format("; there is {}", fmt::join(names, ", ")));
}

Result<SnapshotRef> Find(const std::string& name, Kind kind, const TableMetadata& table) {
  const auto found = table.refs.find(name);
  if (found == table.refs.end()) return NoRef(name, kind, table);
  if (kind != Kind::kAny && found->second.is_branch != (kind == Kind::kBranch)) {
    return Fail(ErrorKind::kInvalidArgument, "'{}' is a {}, not a {}", name, Word(found->second.is_branch),
                Word(kind == Kind::kBranch));
  }
  return found->second;
}

Result<const Snapshot*> FindSnapshot(int64_t id, const TableMetadata& table) {
  const Snapshot* snapshot = table.FindSnapshot(id);
  if (snapshot != nullptr) return snapshot;
  return Fail(ErrorKind::kNotFound, "the table has no snapshot {}: it has expired, or never was", id);
}

Result<const Snapshot*> StartOf(const NewRef& ref, const TableMetadata& table) {
  if (ref.snapshot_id) return FindSnapshot(*ref.snapshot_id, table);
  FRAZIL_ASSIGN_OR_RETURN(const SnapshotRef from, Find(ref.from, Kind::kAny, table));
  return FindSnapshot(from.snapshot_id, table);
}

Status CheckName(const std::string& name) {
  if (name.empty()) return Fail(ErrorKind::kInvalidArgument, "a branch or tag needs a name");
  if (!HoldsOffsets(name)) return {};
  return Fail(ErrorKind::kInvalidArgument,
              "names that begin with \"frazil-\" are those of tags in which Frazil keeps offsets: take another one");
}

// What is asked for is in: the catalog says so itself.
Status CheckKept(const catalog::LoadedTable& now, const std::string& name, int64_t snapshot, Table& table) {
  const auto there = now.metadata->refs.find(name);
  if (there != now.metadata->refs.end() && there->second.snapshot_id == snapshot) return {};
  // Perhaps it was moved since.
  FRAZIL_ASSIGN_OR_RETURN(const catalog::LoadedTable again, table.Reload(History::kHeads));
  if (again.metadata->refs.contains(name)) return {};
  return Fail(ErrorKind::kUnsupported, "{} took '{}' and does not keep it: it has no branches and tags",
              table.catalog().Describe(), name);
}

Result<RefMove> Create(Table& table, const NewRef& wanted, bool is_branch) {
  FRAZIL_RETURN_IF_ERROR(CheckName(wanted.name));
  RefMove move;
  std::optional<SnapshotRef> asked;
  const auto make = [&](const catalog::LoadedTable& base) -> Result<TableRequest> {
    const TableMetadata& metadata = *base.metadata;
    if (const auto there = metadata.refs.find(wanted.name); there != metadata.refs.end()) {
      const bool ours = asked && there->second == *asked;  // by a try whose answer was lost
      if (!ours && !(wanted.unless_there && there->second.is_branch == is_branch)) {
        return Fail(ErrorKind::kAlreadyExists, "there is a {} '{}' already, at snapshot {}",
                    Word(there->second.is_branch), wanted.name, there->second.snapshot_id);
      }
      move.changed = ours;
      move.to = there->second.snapshot_id;
      return TableRequest{};
    }
    FRAZIL_ASSIGN_OR_RETURN(const Snapshot* start, StartOf(wanted, metadata));
    asked = wanted.retention;
    asked->is_branch = is_branch;
    asked->snapshot_id = start->snapshot_id;
    TableRequest request{{iceberg::SetSnapshotRef{wanted.name, *asked}}};
    if (is_branch) {
      FRAZIL_ASSIGN_OR_RETURN(move.offsets, OffsetsAt(*start, wanted.name, base));
      FRAZIL_RETURN_IF_ERROR(Put(move.offsets, metadata, request.updates, request.requirements));
      if (!wanted.snapshot_id) {
        request.requirements.emplace_back(iceberg::AssertRefSnapshotId{wanted.from, start->snapshot_id});
      }
    }
    move.changed = true;
    move.to = start->snapshot_id;
    return request;
  };
  FRAZIL_ASSIGN_OR_RETURN(
      const catalog::LoadedTable now,
      ChangeTable(table, fmt::format("make {} '{}'", Word(is_branch), wanted.name), History::kWhole, make));
  FRAZIL_RETURN_IF_ERROR(CheckKept(now, wanted.name, *move.to, table));
  return move;
}

Result<RefMove> Delete(Table& table, const std::string& name, bool is_branch) {
  RefMove move;
  const auto make = [&](const catalog::LoadedTable& base) -> Result<TableRequest> {
    if (move.changed && !base.metadata->refs.contains(name)) return TableRequest{};
    FRAZIL_ASSIGN_OR_RETURN(const SnapshotRef ref, Find(name, is_branch ? Kind::kBranch : Kind::kTag, *base.metadata));
    if (name == iceberg::kMainBranch) {
      return Fail(ErrorKind::kInvalidArgument, "main is the branch that readers see: it cannot be deleted");
    }
    move.from = ref.snapshot_id;
    move.changed = true;
    TableRequest request{{iceberg::RemoveSnapshotRef{name}}, {iceberg::AssertRefSnapshotId{name, ref.snapshot_id}}};
    if (is_branch) FRAZIL_RETURN_IF_ERROR(RemoveStates(name, base, request.updates, request.requirements));
    return request;
  };
  FRAZIL_RETURN_IF_ERROR(
      ChangeTable(table, fmt::format("delete {} '{}'", Word(is_branch), name), History::kWhole, make));
  return move;
}

// The newest snapshot that both lines hold; null if they hold none.
const Snapshot* LastShared(const Snapshot& one, const Snapshot& other, const TableMetadata& table) {
  for (const Snapshot* at = &one; at != nullptr; at = table.ParentOf(*at)) {
    if (iceberg::IsAncestor(at->snapshot_id, other, table) == Descent::kYes) return at;
  }
  return nullptr;
}

Status CheckIsBehind(const std::string& branch, const Snapshot& head, const std::string& to, const Snapshot& goal,
                     const TableMetadata& table) {
  switch (iceberg::IsAncestor(head.snapshot_id, goal, table)) {
    case Descent::kYes:
      return {};
    case Descent::kUnknown:
      return Fail(ErrorKind::kInvalidArgument,
                  "whether '{}' is ahead of '{}' cannot be told: snapshots between them have expired", to, branch);
    case Descent::kNo:
      break;
  }
  if (iceberg::IsAncestor(goal.snapshot_id, head, table) == Descent::kYes) {
    return Fail(ErrorKind::kInvalidArgument, "'{}' is {} commits ahead of '{}' already: there is nothing to bring over",
                branch, iceberg::SnapshotsSince(goal.snapshot_id, head, table), to);
  }
  const Snapshot* shared = LastShared(head, goal, table);
  return Fail(
      ErrorKind::kInvalidArgument,
      "'{0}' has commits that '{1}' does not: it stands at snapshot {2}, which is not in the history of '{1}'{3}. "
      "Only what comes straight after the head of '{0}' can be brought over: roll '{0}' back to there, if its own "
      "commits may go, or make '{1}' anew from '{0}' and write its records again",
      branch, to, head.snapshot_id,
      shared == nullptr ? std::string() : fmt::format("; the last they share is {}", shared->snapshot_id));
}

Result<const Snapshot*> TargetOf(const RollbackTarget& target, const std::string& branch, const Snapshot& head,
                                 const TableMetadata& table) {
  if (!target.snapshot_id) {
    const Snapshot* found = iceberg::NewestBefore(*target.before_ms, head, table);
    if (found != nullptr) return found;
    return Fail(ErrorKind::kNotFound, "the history of '{}' does not reach back to then", branch);
  }
  FRAZIL_ASSIGN_OR_RETURN(const Snapshot* found, FindSnapshot(*target.snapshot_id, table));
  if (iceberg::IsAncestor(found->snapshot_id, head, table) == Descent::kYes) return found;
  if (iceberg::IsAncestor(head.snapshot_id, *found, table) == Descent::kYes) return found;
  return Fail(ErrorKind::kInvalidArgument,
              "snapshot {} is neither in the history of '{}' nor came of its head: it is of another line",
              *target.snapshot_id, branch);
}

// Of a branch whose pipelines have come as far elsewhere: their own are there.
bool IsCopy(const StoredState& stored, const std::vector<StoredState>& all) {
  return std::any_of(all.begin(), all.end(), [&](const StoredState& other) {
    return other.state.pipeline == stored.state.pipeline && other.state.topic == stored.state.topic &&
           other.state.ref != stored.state.ref && other.state.sequence_number >= stored.state.sequence_number;
  });
}

// The offsets that go back with a rollback, and those that stay.
Status SortOut(const Snapshot& goal, const std::string& branch, bool reingest, const catalog::LoadedTable& base,
               RefMove& move) {
  FRAZIL_ASSIGN_OR_RETURN(move.left, OffsetsBeyond(goal, branch, base));
  move.offsets.clear();
  if (move.left.empty()) return {};
  FRAZIL_ASSIGN_OR_RETURN(const auto all, StoredStates(*base.metadata, *base.io));
  const auto goes_back = [&](const StoredState& one) {
    return reingest || (one.form == OffsetForm::kProperty && IsCopy(one, all));
  };
  if (std::none_of(move.left.begin(), move.left.end(), goes_back)) return {};
  FRAZIL_ASSIGN_OR_RETURN(move.offsets, OffsetsRolledBack(goal, branch, base));
  std::erase_if(move.offsets, [&](const StoredState& one) {
    return std::none_of(move.left.begin(), move.left.end(), [&](const StoredState& old) {
      return goes_back(old) && old.state.pipeline == one.state.pipeline && old.state.topic == one.state.topic;
    });
  });
  std::erase_if(move.left, goes_back);
  return {};
}

}  // namespace

bool HoldsOffsets(const std::string& tag) { return tag.starts_with("frazil-"); }

int64_t CommitsOnlyIn(const std::string& ref, const TableMetadata& metadata) {
  int64_t own = 0;
  for (const Snapshot* at = metadata.RefHead(ref); at != nullptr; at = metadata.ParentOf(*at), ++own) {
    const bool held = std::any_of(metadata.refs.begin(), metadata.refs.end(), [&](const auto& other) {
      const Snapshot* head = other.first == ref ? nullptr : metadata.FindSnapshot(other.second.snapshot_id);
      return head != nullptr && iceberg::IsAncestor(at->snapshot_id, *head, metadata) == Descent::kYes;
    });
    if (held) break;
  }
  return own;
}

Result<RefMove> CreateBranch(Table& table, const NewRef& branch) { return Create(table, branch, /*is_branch=*/true); }
Result<RefMove> CreateTag(Table& table, const NewRef& tag) { return Create(table, tag, /*is_branch=*/false); }
Result<RefMove> DeleteBranch(Table& table, const std::string& name) { return Delete(table, name, /*is_branch=*/true); }
Result<RefMove> DeleteTag(Table& table, const std::string& name) { return Delete(table, name, /*is_branch=*/false); }

Result<RefMove> FastForward(Table& table, const std::string& branch, const std::string& to) {
  RefMove move;
  const auto make = [&](const catalog::LoadedTable& base) -> Result<TableRequest> {
    const TableMetadata& metadata = *base.metadata;
    FRAZIL_ASSIGN_OR_RETURN(const SnapshotRef goal_ref, Find(to, Kind::kAny, metadata));
    FRAZIL_ASSIGN_OR_RETURN(const Snapshot* goal, FindSnapshot(goal_ref.snapshot_id, metadata));
    SnapshotRef moved;
    if (metadata.refs.contains(branch) || branch != iceberg::kMainBranch) {
      FRAZIL_ASSIGN_OR_RETURN(moved, Find(branch, Kind::kBranch, metadata));
      FRAZIL_ASSIGN_OR_RETURN(const Snapshot* head, FindSnapshot(moved.snapshot_id, metadata));
      move.to = goal->snapshot_id;
      if (!move.changed) move.from = moved.snapshot_id;
      if (head == goal) return TableRequest{};
      // A try whose answer was lost may be in, and the branch beyond it by now.
      const bool is_in = move.changed && iceberg::IsAncestor(goal->snapshot_id, *head, metadata) == Descent::kYes;
      if (is_in) return TableRequest{};
      FRAZIL_RETURN_IF_ERROR(CheckIsBehind(branch, *head, to, *goal, metadata));
    }
    move.to = goal->snapshot_id;
    move.changed = true;
    moved.snapshot_id = goal->snapshot_id;
    TableRequest request{{iceberg::SetSnapshotRef{branch, moved}},
                         {iceberg::AssertRefSnapshotId{to, goal->snapshot_id}}};
    FRAZIL_ASSIGN_OR_RETURN(move.offsets, OffsetsAt(*goal, branch, base));
    FRAZIL_RETURN_IF_ERROR(Put(move.offsets, metadata, request.updates, request.requirements));
    return request;
  };
  FRAZIL_ASSIGN_OR_RETURN(
      const catalog::LoadedTable now,
      ChangeTable(table, fmt::format("bring branch '{}' forward to '{}'", branch, to), History::kWhole, make));
  FRAZIL_RETURN_IF_ERROR(CheckKept(now, branch, *move.to, table));
  return move;
}

Result<RefMove> RollBack(Table& table, const std::string& branch, const RollbackTarget& target, bool reingest) {
  RefMove move;
  bool was_forward = false;
  const auto make = [&](const catalog::LoadedTable& base) -> Result<TableRequest> {
    const TableMetadata& metadata = *base.metadata;
    FRAZIL_ASSIGN_OR_RETURN(SnapshotRef moved, Find(branch, Kind::kBranch, metadata));
    FRAZIL_ASSIGN_OR_RETURN(const Snapshot* head, FindSnapshot(moved.snapshot_id, metadata));
    // A try whose answer was lost may be in, and others may have come since: what was there is not behind them then.
    const bool went_back = move.changed && iceberg::IsAncestor(*move.from, *head, metadata) != Descent::kYes;
    if (went_back) return TableRequest{};
    FRAZIL_ASSIGN_OR_RETURN(const Snapshot* goal, TargetOf(target, branch, *head, metadata));
    const bool forward = iceberg::IsAncestor(head->snapshot_id, *goal, metadata) == Descent::kYes;
    if (move.changed && was_forward && !forward) return TableRequest{};
    was_forward = forward;
    if (!move.changed) move.from = head->snapshot_id;
    move.to = goal->snapshot_id;
    if (goal == head) return TableRequest{};
    move.changed = true;
    moved.snapshot_id = goal->snapshot_id;
    TableRequest request{{iceberg::SetSnapshotRef{branch, moved}}};
    FRAZIL_RETURN_IF_ERROR(SortOut(*goal, branch, reingest, base, move));
    FRAZIL_RETURN_IF_ERROR(Put(move.offsets, metadata, request.updates, request.requirements));
    return request;
  };
  FRAZIL_RETURN_IF_ERROR(ChangeTable(table, fmt::format("roll back branch '{}'", branch), History::kWhole, make));
  return move;
}

}  // namespace frazil::table
