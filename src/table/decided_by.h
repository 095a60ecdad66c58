// The schema and partition spec by which a commit's records were decoded.
#pragma once

#include "iceberg/partition_spec.h"
#include "iceberg/schema.h"

namespace frazil::table {

// Records were decoded by `schema`, and their rows were assigned to partitions by `spec`.
struct DecidedBy {
  iceberg::SchemaPtr schema;
  iceberg::PartitionSpecPtr spec;
  bool refused = false;                               // some records were bad; with another schema they might be rows
  bool operator==(const DecidedBy&) const = default;  // compares the pointers
};

}  // namespace frazil::table
