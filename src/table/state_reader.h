// Our offset states as a table tells them, and whether they are ours to continue.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/result.h"
#include "table/committer_options.h"
#include "table/offset_history.h"
#include "table/offset_state.h"
#include "table/offset_store.h"
#include "table/table.h"

namespace frazil::table {

struct KnownStates {
  StatesByTopic states;
  OffsetForm form = OffsetForm::kProperty;  // of the newest
  std::vector<OffsetState> outlived;        // of pipelines that were taken over: to be removed
  std::vector<OffsetState> others;          // of those that feed the table besides
};

// Thread-safe.
class StateReader {
 public:
  // Both must outlive it.
  StateReader(Table& table, const CommitterOptions& options) : table_(table), options_(options) {}

  // Of `table`; loads it anew, with its whole history, if that which it has does not tell whether our states hold.
  // kInvalidArgument says what the user must decide: another pipeline's offsets, a copied table, a rollback, a topic
  // made anew. Empty where offsets are not kept in the table.
  Result<KnownStates> Read(catalog::LoadedTable& table) const;

 private:
  // What a table stores of the topics that we read.
  struct Found {
    std::map<std::string, StoredState> ours;  // by topic; of the pipeline to take over where we have not done so yet
    std::vector<OffsetState> outlived;        // as above
    std::vector<OffsetState> others;          // as above
  };

  // Refuses a table that others feed as well.
  Result<Found> FoundIn(const catalog::LoadedTable& table) const;
  Status RefuseOtherFeeders(const std::vector<OffsetState>& others) const;
  // The state if it is ours to continue, as far as the table's history has come since.
  Result<OffsetState> Checked(const StoredState& stored, const History& history) const;
  Result<OffsetState> CheckedAgainstHistory(const StoredState& stored, const History& history) const;

  Table& table_;
  const CommitterOptions& options_;
};

}  // namespace frazil::table
