#include "rewind.h"

#include "world.h"

namespace frazil::simulation {

Status Rewind::Run() {
  FRAZIL_RETURN_IF_ERROR(OpenTable(/*reads=*/false));
  FRAZIL_ASSIGN_OR_RETURN(const table::Positions target, Target());
  for (const auto& [source, offset] : target) world_.trace.Say(name(), "moves {} to {}", source.partition, offset);
  return committer_->MoveTo(target);
}

Result<table::Positions> Rewind::Target() {
  const iceberg::TableMetadata& table = *table_->current().metadata;
  if (!table.snapshots.empty() && world_.dice.OneIn(3)) {
    const auto last = static_cast<int64_t>(table.snapshots.size()) - 1;
    const int64_t snapshot_id = table.snapshots[static_cast<size_t>(world_.dice.Between(0, last))].snapshot_id;
    FRAZIL_ASSIGN_OR_RETURN(table::Positions stood, committer_->StoodAt(snapshot_id));
    world_.oracle().Stood(name(), snapshot_id, stood);
    return stood;
  }
  table::Positions target;
  for (const auto& [source, next] : committer_->next()) {
    if (world_.dice.OneIn(3)) continue;
    const int64_t end = world_.topic.end(source.partition);
    target[source] = world_.dice.OneIn(2) ? world_.dice.Between(0, end) : std::max<int64_t>(0, next - 3);
  }
  return target;
}

void Rewind::OnEnded(const std::optional<Error>& why) { world_.OnOperatorEnded(*this, why); }

}  // namespace frazil::simulation
