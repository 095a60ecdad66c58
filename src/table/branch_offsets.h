// The offsets that a branch has by the commits that it is put upon.
//
// A state is one of a pipeline, a topic and a ref. Where a branch begins at another one, or is brought forward to it,
// it holds that one's commits, and so it needs to say where they stand: else who feeds it would begin anew, and nobody
// could prove it.
#pragma once

#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "common/result.h"
#include "iceberg/table_update.h"
#include "table/offset_store.h"

namespace frazil::table {

// The states that branch `ref` is to have besides its own once it stands at `head`, a snapshot of `table` (with its
// whole history): of each pipeline and topic the newest that is of a commit in that line, whichever ref it was for. Of
// a line that goes on beyond `head` the state is taken back to there, which a tag cannot tell: such are left out. May
// read files.
Result<std::vector<StoredState>> OffsetsAt(const iceberg::Snapshot& head, const std::string& ref,
                                           const catalog::LoadedTable& table);

// The states of `ref` once it is rolled back to `head`, so that what is lost is read again; of those that the line
// still holds, none. kUnsupported where tags hold them, kInvalidArgument where it cannot be told any more.
Result<std::vector<StoredState>> OffsetsRolledBack(const iceberg::Snapshot& head, const std::string& ref,
                                                   const catalog::LoadedTable& table);

// Those of `ref` that are of a commit which the line of `head` does not hold.
Result<std::vector<StoredState>> OffsetsBeyond(const iceberg::Snapshot& head, const std::string& ref,
                                               const catalog::LoadedTable& table);

// What a request that puts a branch somewhere says of these.
Status Put(const std::vector<StoredState>& states, const iceberg::TableMetadata& base,
           std::vector<iceberg::TableUpdate>& updates, std::vector<iceberg::TableRequirement>& requirements);
// And where a branch goes, of what is its own.
Status RemoveStates(const std::string& ref, const catalog::LoadedTable& table,
                    std::vector<iceberg::TableUpdate>& updates, std::vector<iceberg::TableRequirement>& requirements);

}  // namespace frazil::table
