// Which metrics a table wants for which columns (reference: MetricsConfig).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "iceberg/schema.h"

namespace frazil::parquet {

struct MetricsMode {
  enum class Kind { kNone, kCounts, kTruncate, kFull };
  Kind kind = Kind::kTruncate;
  int length = 16;  // for kTruncate: code points of a string, bytes of binary and fixed
  bool operator==(const MetricsMode&) const = default;
};

class MetricsConfig {
 public:
  // Reads write.metadata.metrics.default, .column.NAME and .max-inferred-column-defaults. As in the reference
  // implementation, an invalid mode is logged and replaced by the default.
  MetricsConfig(const std::map<std::string, std::string>& table_properties, const iceberg::Schema& schema);

  MetricsMode ModeOf(int32_t field_id) const;

 private:
  MetricsMode default_mode_;
  std::unordered_map<int32_t, MetricsMode> modes_;
};

}  // namespace frazil::parquet
