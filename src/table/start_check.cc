#include "table/start_check.h"

#include <vector>

#include "table/branch_history.h"
#include "table/offset_account.h"

namespace frazil::table {
namespace {

bool MayGoOnDespite(FindingKind kind, const CommitterOptions& options) {
  switch (kind) {
    case FindingKind::kGap:
    case FindingKind::kOverlap:
    case FindingKind::kRolledBack:  // settled before, as the user said
      return true;
    case FindingKind::kUncommitted:
    case FindingKind::kWrongCount:  // what was gone on from is counted, and no commit has it
      return options.on_rollback == OnRollback::kContinue;
    default:
      return false;
  }
}

// Refuses commits of another pipeline whose offsets were removed: our pipeline would read its records again.
Status RefuseLostFeeder(const OffsetAccount& lost, const CommitterOptions& options, const std::string& table_name) {
  if (options.independent) return {};
  return Fail(ErrorKind::kInvalidArgument,
              "table {} was already fed from topic '{}' by pipeline '{}', and does not say any more where that stands: "
              "'frazil verify --repair' puts its offsets back, for 'take_over: {}' to go on from. Say 'independent: "
              "true' to write the topic's records beside what is there",
              table_name, lost.topic, lost.pipeline, lost.pipeline);
}

Status Check(const OffsetAccount& account, const CommitterOptions& options, const std::string& table_name) {
  const bool ours = account.pipeline == options.pipeline;
  if (!options.topic_ids.Contains(account.topic)) return {};
  if (!account.stored && !account.moved()) return {};  // where it began: it may begin again
  if (!ours) return account.stored ? Status() : RefuseLostFeeder(account, options, table_name);
  for (const Finding& finding : account.findings) {
    if (MayGoOnDespite(finding.kind, options)) continue;
    return Fail(ErrorKind::kCorrupt, "table {}: {}: {}: {}; {}", table_name, ToString(finding.kind), finding.where,
                finding.what, finding.advice);
  }
  return {};
}

}  // namespace

Status CheckAgainstCommits(const KnownStates& known, const CommitterOptions& options, const catalog::LoadedTable& table,
                           const std::string& table_name) {
  std::vector<StoredState> states;
  for (const auto& [topic, state] : known.states) states.push_back({state, known.form});
  for (const OffsetState& other : known.others) {
    if (other.ref == options.ref) states.push_back({other, known.form});
  }
  Findings unreadable;
  FRAZIL_ASSIGN_OR_RETURN(const BranchHistory history,
                          ReadBranchHistory(*table.metadata, options.ref, *table.io, unreadable));
  if (!unreadable.empty()) {
    return Fail(ErrorKind::kNotFound, "{}: {}", unreadable.front().where, unreadable.front().what);
  }
  for (const OffsetAccount& account : MakeAccounts(history, states, *table.metadata).list) {
    FRAZIL_RETURN_IF_ERROR(Check(account, options, table_name));
  }
  return {};
}

}  // namespace frazil::table
