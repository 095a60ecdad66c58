// An offset state for tests.
#pragma once

#include "table/offset_state.h"

namespace frazil::table {

inline OffsetState SomeState() {
  OffsetState state;
  state.pipeline = "p";
  state.topic = "t";
  state.cluster_id = "c";
  state.topic_id = "i";
  state.table_uuid = "u";
  state.snapshot_id = 9007199254740993;  // does not fit a double
  state.sequence_number = 7;
  state.partitions[0] = {0, 0, -1, {}};
  state.partitions[3] = {100, 175, 4, {50, 5, 10, 3, 7}};
  return state;
}

}  // namespace frazil::table
