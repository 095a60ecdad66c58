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
  int32_t parameter = 0;  // bucket: number of buckets; truncate: width
  std::string text;       // the text of an unknown transform, which is written back

  static Transform Parse(std::string_view text);  // "bucket[16]", "day"; anything else becomes kUnknown
  std::string ToString() const;
  bool operator==(const Transform&) const = default;

  // The type of transformed values. kInvalidArgument if the transform does not accept `source`. For an unknown
  // transform it is string, as in the reference implementation.
  Result<TypePtr> ResultType(const Type& source) const;
  // Transforms one value; null gives null. `value` must be of type `source`, and the transform must accept that type.
  Literal Apply(const Type& source, const Literal& value) const;
  // The text of a transformed value, for people and paths: "2026-01-08", "2026-01-08-14", "us-east".
  std::string ToHuman(const Type& source, const Literal& transformed) const;
};

// The hashes of the bucket transform (spec, appendix B): murmur3_x86_32 with seed 0.
int32_t HashLong(int64_t value);
int32_t HashBytes(std::string_view bytes);

}  // namespace frazil::iceberg
