// Reads a pipeline's offset states from a table, and checks that it may continue from them.
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
  OffsetForm form = OffsetForm::kProperty;  // the form of the newest state
  std::vector<OffsetState> outlived;        // states of pipelines that were taken over; to be removed
  std::vector<OffsetState> others;          // states of other pipelines that feed the table
};

// Thread-safe.
class StateReader {
 public:
  // `table` and `options` must outlive this object.
  StateReader(Table& table, const CommitterOptions& options) : table_(table), options_(options) {}

  // Reads the states from `table`. If its history is not enough to judge them, reloads `table` with the whole history.
  // kInvalidArgument if the user must decide first: the offsets of another pipeline, a copied table, a rollback, or a
  // topic that was created again. Empty for at_least_once.
  Result<KnownStates> Read(catalog::LoadedTable& table) const;

 private:
  // The states in a table for the topics that we read.
  struct Found {
    // by topic; the state of the pipeline to take over, if that has not happened yet
    std::map<std::string, StoredState> ours;
    std::vector<OffsetState> outlived;  // as above
    std::vector<OffsetState> others;    // as above
  };

  // kInvalidArgument if other pipelines feed the table, too.
  Result<Found> FoundIn(const catalog::LoadedTable& table) const;
  Status RefuseOtherFeeders(const std::vector<OffsetState>& others) const;
  // The state with later commits applied; an error if we may not continue from it.
  Result<OffsetState> Checked(const StoredState& stored, const History& history) const;
  Result<OffsetState> CheckedAgainstHistory(const StoredState& stored, const History& history) const;

  Table& table_;
  const CommitterOptions& options_;
};

}  // namespace frazil::table
