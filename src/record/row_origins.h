// Which offsets the rows of a file came from.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "record/record_batch.h"

namespace frazil::record {

// `rows` of the offsets [first, next) of one partition.
struct RowOrigin {
  TopicPartition source;
  int64_t first = 0;
  int64_t next = 0;
  int64_t rows = 0;
  bool operator==(const RowOrigin&) const = default;
};

// In order of partition and offset; stretches that join are one, so that a file which got all of a partition's batches
// has one stretch of it, however they came in.
class RowOrigins {
 public:
  void Add(RowOrigin origin);
  void Add(const RowOrigins& others);
  const std::vector<RowOrigin>& list() const { return list_; }
  // Whether a stretch holds the offset; of stretches that do not overlap.
  bool Contains(std::string_view topic, int32_t partition, int64_t offset) const;
  bool operator==(const RowOrigins&) const = default;

 private:
  std::vector<RowOrigin> list_;
};

}  // namespace frazil::record
