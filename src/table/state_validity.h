// Whether an offset state still belongs to what the table holds.
#pragma once

#include <cstdint>

#include "iceberg/table_metadata.h"
#include "table/offset_state.h"

namespace frazil::table {

enum class StateValidity : uint8_t {
  kValid,
  kCopied,      // written for a table of another uuid
  kRolledBack,  // the ref's history no longer holds the commit that wrote it
  kUnknown,     // the history at hand is cut before that can be told: ask again with the whole
};
StateValidity CheckValidity(const OffsetState& state, const iceberg::TableMetadata& metadata);
// False also where only the parent's id is missing: PyIceberg's expiry takes it from a snapshot whose parent goes.
bool BeginsHistory(const iceberg::Snapshot& snapshot);

}  // namespace frazil::table
