#include "table/branch_offsets.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "iceberg/ancestry.h"
#include "table/offset_history.h"

namespace frazil::table {
namespace {

using iceberg::Descent;
using iceberg::Snapshot;
using iceberg::TableMetadata;

// Whether the commit that wrote the state lies in the line, or has expired behind it.
bool IsOfLine(const OffsetState& state, const Snapshot& head, const TableMetadata& metadata) {
  switch (iceberg::IsAncestor(state.snapshot_id, head, metadata)) {
    case Descent::kYes:
      return true;
    case Descent::kNo:
      return false;
    case Descent::kUnknown:
      break;
  }
  return metadata.FindSnapshot(state.snapshot_id) == nullptr && state.sequence_number <= head.sequence_number;
}

std::vector<OffsetState> OthersThan(const OffsetState& own, const std::vector<StoredState>& all) {
  std::vector<OffsetState> others;
  for (const StoredState& each : all) {
    if (each.state.topic == own.topic && each.state.pipeline != own.pipeline && !WentOnFrom(own, each.state.pipeline)) {
      others.push_back(each.state);
    }
  }
  return others;
}

Result<std::vector<StoredState>> StatesOf(const catalog::LoadedTable& table) {
  FRAZIL_ASSIGN_OR_RETURN(auto states, StoredStates(*table.metadata, *table.io));
  EraseOutlived(states);
  std::erase_if(states, [&](const StoredState& one) { return one.state.table_uuid != table.metadata->table_uuid; });
  return states;
}

// The state of a line that goes on beyond `head`, as it was there.
Result<std::optional<StoredState>> TakenBackTo(const Snapshot& head, const StoredState& stored,
                                               const std::vector<StoredState>& all, const catalog::LoadedTable& table) {
  const TableMetadata& metadata = *table.metadata;
  const Snapshot* line = metadata.RefHead(stored.state.ref);
  if (stored.form == OffsetForm::kTag || line == nullptr || !IsOfLine(stored.state, *line, metadata) ||
      iceberg::IsAncestor(head.snapshot_id, *line, metadata) != Descent::kYes) {
    return std::nullopt;
  }
  const auto others = OthersThan(stored.state, all);
  const History history{metadata, *table.io, others};
  FRAZIL_ASSIGN_OR_RETURN(OffsetState now, CaughtUp(stored.state, history));
  auto then = AsOf(std::move(now), head.snapshot_id, history);
  if (!then && then.error().kind == ErrorKind::kInvalidArgument) return std::nullopt;  // no more than its commits tell
  if (!then) return tl::unexpected<Error>(then.error());
  const bool began = std::any_of(then->partitions.begin(), then->partitions.end(),
                                 [](const auto& each) { return each.second.next != each.second.start; });
  if (!began) return std::nullopt;  // its first commits came later
  then->snapshot_id = head.snapshot_id;
  then->sequence_number = head.sequence_number;
  return StoredState{*std::move(then), stored.form};
}

}  // namespace

Result<std::vector<StoredState>> OffsetsAt(const Snapshot& head, const std::string& ref,
                                           const catalog::LoadedTable& table) {
  FRAZIL_ASSIGN_OR_RETURN(const auto all, StatesOf(table));
  std::map<std::pair<std::string, std::string>, StoredState> newest;  // by pipeline and topic
  for (const StoredState& stored : all) {
    std::optional<StoredState> there = stored;
    if (!IsOfLine(stored.state, head, *table.metadata)) {
      FRAZIL_ASSIGN_OR_RETURN(there, TakenBackTo(head, stored, all, table));
    }
    if (!there) continue;
    const auto [at, first] = newest.try_emplace({stored.state.pipeline, stored.state.topic}, *there);
    const auto rank = [&](const StoredState& one) {
      return std::pair(one.state.sequence_number, one.state.ref == ref);
    };
    if (!first && rank(at->second) < rank(*there)) at->second = *std::move(there);
  }
  std::vector<StoredState> found;
  for (auto& [name, stored] : newest) {
    if (stored.state.ref == ref) continue;
    stored.state.ref = ref;
    found.push_back(std::move(stored));
  }
  return found;
}

Result<std::vector<StoredState>> OffsetsBeyond(const Snapshot& head, const std::string& ref,
                                               const catalog::LoadedTable& table) {
  FRAZIL_ASSIGN_OR_RETURN(auto states, StatesOf(table));
  std::erase_if(states, [&](const StoredState& one) {
    return one.state.ref != ref || IsOfLine(one.state, head, *table.metadata);
  });
  return states;
}

Result<std::vector<StoredState>> OffsetsRolledBack(const Snapshot& head, const std::string& ref,
                                                   const catalog::LoadedTable& table) {
  FRAZIL_ASSIGN_OR_RETURN(const auto all, StatesOf(table));
  FRAZIL_ASSIGN_OR_RETURN(auto states, OffsetsBeyond(head, ref, table));
  TableMetadata after = *table.metadata;
  after.refs[ref].snapshot_id = head.snapshot_id;
  for (StoredState& stored : states) {
    if (stored.form == OffsetForm::kTag) {
      return Fail(ErrorKind::kUnsupported,
                  "the offsets of pipeline '{}' are held by {}, which cannot say that they go back: roll back without, "
                  "and say 'on_rollback: reingest' in the pipeline",
                  stored.state.pipeline, stored.Place());
    }
    const auto others = OthersThan(stored.state, all);
    FRAZIL_ASSIGN_OR_RETURN(stored.state, AfterRollback(std::move(stored.state), {after, *table.io, others}));
  }
  return states;
}

Status Put(const std::vector<StoredState>& states, const TableMetadata& base,
           std::vector<iceberg::TableUpdate>& updates, std::vector<iceberg::TableRequirement>& requirements) {
  iceberg::SnapshotWriter::Attempt said;
  for (const auto& [state, form] : states) {
    FRAZIL_RETURN_IF_ERROR(OffsetStore::Of(form).Add({{state.topic, state}}, base, said));
    // Else an older one in the other form would go on beside it.
    for (const OffsetForm other : kOffsetForms) {
      if (other != form) OffsetStore::Of(other).Remove(state, base, said);
    }
  }
  updates.insert(updates.end(), said.updates.begin(), said.updates.end());
  requirements.insert(requirements.end(), said.requirements.begin(), said.requirements.end());
  return {};
}

Status RemoveStates(const std::string& ref, const catalog::LoadedTable& table,
                    std::vector<iceberg::TableUpdate>& updates, std::vector<iceberg::TableRequirement>& requirements) {
  FRAZIL_ASSIGN_OR_RETURN(const auto states, StoredStates(*table.metadata, *table.io));
  iceberg::SnapshotWriter::Attempt said;
  for (const auto& [state, form] : states) {
    if (state.ref != ref) continue;
    for (const OffsetForm each : kOffsetForms) OffsetStore::Of(each).Remove(state, *table.metadata, said);
  }
  updates.insert(updates.end(), said.updates.begin(), said.updates.end());
  requirements.insert(requirements.end(), said.requirements.begin(), said.requirements.end());
  return {};
}

}  // namespace frazil::table
