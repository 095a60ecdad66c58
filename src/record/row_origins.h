// Which offsets the rows of a data file came from.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "record/record_batch.h"

namespace frazil::record {

// `rows` rows came from the offsets [first, next) of one partition.
struct RowOrigin {
  TopicPartition source;
  int64_t first = 0;
  int64_t next = 0;
  int64_t rows = 0;
  bool operator==(const RowOrigin&) const = default;
};

// A list of origins, in order of partition and offset. Neighbouring ranges are merged: [0, 10) and [10, 20) become [0,
// 20). So a file that got every batch of a partition has one entry for it, in whatever order the batches came.
class RowOrigins {
 public:
  void Add(RowOrigin origin);
  void Add(const RowOrigins& others);
  const std::vector<RowOrigin>& list() const { return list_; }
  // True if some range contains `offset`. The ranges must not overlap.
  bool Contains(std::string_view topic, int32_t partition, int64_t offset) const;
  bool operator==(const RowOrigins&) const = default;

 private:
  std::vector<RowOrigin> list_;
};

}  // namespace frazil::record
