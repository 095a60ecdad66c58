// Two tables must not share a consumer group: of each topic, either would get a part of the partitions.
#pragma once

#include <string>

#include "catalog/catalog.h"
#include "common/result.h"
#include "common/time/clock.h"
#include "source/group.h"

namespace frazil::ingest {

// By what name members of a consumer group know a table: "db.events/UUID".
std::string SinkName(const catalog::TableIdent& ident, const iceberg::TableMetadata& table);

// Driven by the coordinator's thread.
class GroupSinks {
 public:
  // Of the pipeline that feeds `table` as a member of `group`, which must outlive it; null: there is none.
  GroupSinks(source::Group* group, std::string pipeline, const catalog::TableIdent& ident,
             const iceberg::TableMetadata& table);

  // Tells the other members of the group. Before Reader::Start.
  Status Announce();
  // kInvalidArgument if a member that is alive feeds another table.
  Status RefuseOthers();
  // The same, once a process that has just ended can be in the group no more.
  Status AwaitNoOthers(Clock& clock);

 private:
  source::Group* const group_;
  const std::string pipeline_, table_, sink_;
};

}  // namespace frazil::ingest
