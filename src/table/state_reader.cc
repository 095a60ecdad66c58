#include "table/state_reader.h"

#include <algorithm>
#include <utility>

#include "table/state_validity.h"

namespace frazil::table {

Status StateReader::RefuseOtherFeeders(const std::vector<OffsetState>& others) const {
  if (options_.independent) return {};
  for (const OffsetState& other : others) {
    if (other.cluster_id != options_.cluster_id || !options_.topic_ids.Contains(other.topic)) continue;
    return Fail(
        ErrorKind::kInvalidArgument,
        "table {} is already fed from topic '{}' by pipeline '{}'; two of them would write every record twice. "
        "Say 'take_over: {}' in the pipeline to continue its offsets, or 'independent: true' to feed the table twice",
        table_.ident().ToString(), other.topic, other.pipeline, other.pipeline);
  }
  return {};
}

Result<StateReader::Found> StateReader::FoundIn(const catalog::LoadedTable& table) const {
  const auto stored_states = StoredStates(*table.metadata, *table_.current().io);
  if (!stored_states) return Wrap(stored_states.error(), "table " + table_.ident().ToString());
  const std::vector<StoredState>& all = *stored_states;
  Found found;
  for (const std::string& pipeline : {options_.pipeline, options_.take_over}) {
    for (const StoredState& stored : all) {
      const OffsetState& state = stored.state;
      if (state.pipeline != pipeline || state.ref != options_.ref || !options_.topic_ids.Contains(state.topic))
        continue;
      const auto [ours, first] = found.ours.try_emplace(state.topic, stored);
      // If both exist, the later one counts: the pipeline to take over may itself have taken over ours before.
      if (!first && state.sequence_number > ours->second.state.sequence_number) ours->second = stored;
    }
  }
  for (const auto& [state, form] : all) {
    if (state.pipeline == options_.pipeline) continue;
    const auto ours = found.ours.find(state.topic);
    const bool read = ours != found.ours.end() && ours->second.state.ref == state.ref;
    if (read && ours->second.state.pipeline == state.pipeline) continue;
    const bool to_take_over = state.pipeline == options_.take_over;
    if (read && (to_take_over || HasTakenOver(ours->second.state, state))) {
      found.outlived.push_back(state);
    } else if (!to_take_over) {
      found.others.push_back(state);
    }
  }
  FRAZIL_RETURN_IF_ERROR(RefuseOtherFeeders(found.others));
  return found;
}

Result<KnownStates> StateReader::Read(catalog::LoadedTable& table) const {
  KnownStates known;
  if (!options_.exactly_once) return known;
  FRAZIL_ASSIGN_OR_RETURN(Found found, FoundIn(table));
  // To recognise a rollback, both lines of history are needed. A list of heads may lack the lost line.
  const bool history_tells = std::all_of(found.ours.begin(), found.ours.end(), [&](const auto& ours) {
    const StateValidity validity = CheckValidity(ours.second.state, *table.metadata);
    return validity != StateValidity::kUnknown && validity != StateValidity::kRolledBack;
  });
  if (!history_tells) {
    FRAZIL_ASSIGN_OR_RETURN(table, table_.Reload(Table::History::kWhole));
    FRAZIL_ASSIGN_OR_RETURN(found, FoundIn(table));
  }
  const auto io = table_.current().io;
  const History history{*table.metadata, *io, found.others};
  int64_t newest = -1;
  for (const auto& [topic, stored] : found.ours) {
    FRAZIL_ASSIGN_OR_RETURN(OffsetState state, Checked(stored, history));
    if (state.pipeline != options_.pipeline) state = TakenOver(std::move(state), options_.pipeline);
    known.states[topic] = std::move(state);
    if (stored.state.sequence_number > newest) known.form = stored.form;
    newest = std::max(newest, stored.state.sequence_number);
  }
  known.outlived = std::move(found.outlived);
  known.others = std::move(found.others);
  return known;
}

Result<OffsetState> StateReader::Checked(const StoredState& stored, const History& history) const {
  FRAZIL_ASSIGN_OR_RETURN(OffsetState state, CheckedAgainstHistory(stored, history));
  const std::string table = table_.ident().ToString();
  if (state.cluster_id != options_.cluster_id) {
    return Fail(
        ErrorKind::kInvalidArgument,
        "the offsets of topic '{}' in table {} belong to Kafka cluster '{}', but the brokers are of cluster '{}'. "
        "Offsets of one cluster mean nothing in another: use another pipeline name with 'independent: true' to "
        "read the topic from its start, or point at the right brokers",
        state.topic, table, state.cluster_id, options_.cluster_id);
  }
  const std::string topic_id = options_.topic_ids.Find(state.topic).value_or("");
  if (!state.topic_id.empty() && !topic_id.empty() && state.topic_id != topic_id) {
    return Fail(ErrorKind::kInvalidArgument,
                "topic '{}' was deleted and created anew (id {} before, {} now): the offsets in table {} mean other "
                "records. Use another pipeline name with 'independent: true' to read the new topic from its start",
                state.topic, state.topic_id, topic_id, table);
  }
  return state;
}

Result<OffsetState> StateReader::CheckedAgainstHistory(const StoredState& stored, const History& history) const {
  const OffsetState& state = stored.state;
  const std::string table = table_.ident().ToString();
  const auto in_table = [&](Result<OffsetState> found) {
    return found ? std::move(found) : Result<OffsetState>(Wrap(found.error(), "table " + table));
  };
  switch (CheckValidity(state, history.metadata)) {
    case StateValidity::kValid:
      return in_table(CaughtUp(state, history));
    case StateValidity::kCopied:
      return Fail(
          ErrorKind::kInvalidArgument,
          "table {} carries offsets written for another table (uuid {}, this one is {}): it was copied. Feed the "
          "original; or have 'frazil verify --repair' take out its {}, so that the pipeline begins anew here",
          table, state.table_uuid, history.metadata.table_uuid, stored.Place());
    case StateValidity::kUnknown:
      return Fail(ErrorKind::kInternal, "the history of table {} was asked for and came cut", table);
    case StateValidity::kRolledBack:
      break;
  }
  switch (options_.on_rollback) {
    case OnRollback::kContinue:
      return in_table(OverRollback(state, history));
    case OnRollback::kReingest:
      return in_table(AfterRollback(state, history));
    case OnRollback::kStop:
      break;
  }
  return Fail(ErrorKind::kInvalidArgument,
              "table {} was rolled back or replaced: snapshot {}, which recorded the offsets of pipeline '{}', is "
              "no longer in the history of '{}'. Say 'on_rollback: reingest' to read the lost records again, or "
              "'on_rollback: continue' to go on without them",
              table, state.snapshot_id, state.pipeline, state.ref);
}

}  // namespace frazil::table
