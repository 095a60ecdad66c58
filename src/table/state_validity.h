// Checks whether an offset state still belongs to the table's content.
#pragma once

#include <cstdint>

#include "iceberg/table_metadata.h"
#include "table/offset_state.h"

namespace frazil::table {

enum class StateValidity : uint8_t {
  kValid,
  kCopied,      // it was written for a table with another uuid
  kRolledBack,  // the commit that wrote it is no longer in the ref's history
  kUnknown,     // the loaded history is too short to tell: load the whole history and ask again
};
StateValidity CheckValidity(const OffsetState& state, const iceberg::TableMetadata& metadata);
// True if `snapshot` is the first of its history. A missing parent id alone does not prove that: PyIceberg's expiry
// removes the id from a snapshot whose parent expires.
bool BeginsHistory(const iceberg::Snapshot& snapshot);

}  // namespace frazil::table
