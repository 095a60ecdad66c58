// By what it was decided which records of a commit are rows.
#pragma once

#include "iceberg/partition_spec.h"
#include "iceberg/schema.h"

namespace frazil::table {

// Records were held against `schema`, and their rows divided by `spec`.
struct DecidedBy {
  iceberg::SchemaPtr schema;
  iceberg::PartitionSpecPtr spec;
  bool refused = false;                               // some were found bad: of another schema they might be rows
  bool operator==(const DecidedBy&) const = default;  // by what they point at
};

}  // namespace frazil::table
