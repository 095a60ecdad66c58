// Prevents two tables from sharing a consumer group. If they did, each would get only a part of the partitions.
#pragma once

#include <string>

#include "catalog/catalog.h"
#include "common/result.h"
#include "common/time/clock.h"
#include "source/group.h"

namespace frazil::ingest {

// The name of a table among the members of a consumer group: "db.events/UUID".
std::string SinkName(const catalog::TableIdent& ident, const iceberg::TableMetadata& table);

// Not thread-safe: only the coordinator's thread calls it.
class GroupSinks {
 public:
  // For the pipeline that feeds `table` as a member of `group`. `group` must outlive this object, and is null if the
  // source has no groups.
  GroupSinks(source::Group* group, std::string pipeline, const catalog::TableIdent& ident,
             const iceberg::TableMetadata& table);

  // Announces the table to the other members. Call it before Reader::Start.
  Status Announce();
  // kInvalidArgument if a live member feeds another table.
  Status RefuseOthers();
  // Like RefuseOthers, but first waits until a process that has just ended can no longer be a member.
  Status AwaitNoOthers(Clock& clock);

 private:
  source::Group* const group_;
  const std::string pipeline_, table_, sink_;
};

}  // namespace frazil::ingest
