// Which snapshot came of which.
#pragma once

#include <cstdint>

#include "iceberg/table_metadata.h"

namespace frazil::iceberg {

enum class Descent : uint8_t {
  kYes,
  kNo,
  kUnknown,  // snapshots that would tell have expired, or the history is cut
};
// Whether the snapshot `ancestor` is `snapshot`, or lies behind it.
Descent IsAncestor(int64_t ancestor, const Snapshot& snapshot, const TableMetadata& table);

// How many snapshots lie from `snapshot` back to `ancestor`, which is not counted and is one (IsAncestor).
int64_t SnapshotsSince(int64_t ancestor, const Snapshot& snapshot, const TableMetadata& table);

// The newest of `snapshot` and what lies behind it that was made before `millis` since 1970; null if none is left.
const Snapshot* NewestBefore(int64_t millis, const Snapshot& snapshot, const TableMetadata& table);

}  // namespace frazil::iceberg
