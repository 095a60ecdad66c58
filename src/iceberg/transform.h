// Partition transforms (spec, "Partition Transforms").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"
#include "iceberg/literal.h"
#include "iceberg/type.h"

namespace frazil::iceberg {

enum class TransformKind : uint8_t { kIdentity, kBucket, kTruncate, kYear, kMonth, kDay, kHour, kVoid, kUnknown };

struct Transform {
  TransformKind kind = TransformKind::kIdentity;
  int32_t parameter = 0;  // bucket: count; truncate: width
  std::string text;       // of an unknown transform, kept for writing back

  static Transform Parse(std::string_view text);  // "bucket[16]", "day"; anything else becomes kUnknown
  std::string ToString() const;
  bool operator==(const Transform&) const = default;

  // The type of transformed values; kInvalidArgument if the transform does not take `source`. An unknown transform
  // gives string, as the reference reads it.
  Result<TypePtr> ResultType(const Type& source) const;
  // null gives null. `value` must be of type `source`, and the transform must take it.
  Literal Apply(const Type& source, const Literal& value) const;
  // A transformed value for people and paths: "2026-01-08", "2026-01-08-14", "us-east".
  std::string ToHuman(const Type& source, const Literal& transformed) const;
};

// Bucket hashes of appendix B: murmur3_x86_32 with seed 0, for columnar use.
int32_t HashLong(int64_t value);
int32_t HashBytes(std::string_view bytes);

}  // namespace frazil::iceberg
