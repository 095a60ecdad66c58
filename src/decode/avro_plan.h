// A plan: how the values of one writer's schema are put into a table's columns. It is computed once and used for each
// record.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "avro/schema.h"
#include "common/result.h"
#include "decode/column.h"
#include "iceberg/type.h"

namespace frazil::decode {

// What to do with one value. `below` holds, for a record, the steps of its fields in the writer's order; for a union,
// those of its branches; for an array or map, the step of its items or values.
struct AvroStep {
  enum class Op : uint8_t {
    kSkip,        // the value has no column
    kImpossible,  // the column cannot hold the value; `why` says why
    kNull,
    kBoolean,
    kIntToInt,
    kLongToInt,
    kLong,  // also for int, which has the same encoding
    kFloat,
    kDouble,
    kFloatToDouble,
    kIntegerToFloat,
    kIntegerToDouble,
    kDoubleToFloat,
    kText,   // the text must be valid UTF-8
    kBytes,  // bytes of any length
    kFixed,  // fixed of the column's length
    kEnum,
    kUuidText,
    kDecimal,       // decimal in bytes
    kDecimalFixed,  // decimal in fixed
    kIntegerToDecimal,
    kScaled,  // times and timestamps: a long multiplied by `factor`, or divided by `divisor`
    kEpoch,   // a timestamp from a plain number, in the unit that is configured
    kRecord,
    kArray,
    kMap,
    kUnion,
  };

  Op op = Op::kSkip;
  const avro::Node* node = nullptr;  // the writer's type
  Column* column = nullptr;
  int64_t factor = 1;
  int64_t divisor = 1;
  std::vector<AvroStep> below;
  std::vector<Column*> absent;  // for a record: columns that the writer's schema lacks
  std::string why;
};

struct AvroPlan {
  AvroStep root;
  std::vector<std::string> no_column;  // paths of fields without a column
  bool too_large = false;              // the plan would have more steps than any real schema; it cannot be used
};

// `root` must be a struct. Fields are matched by name. The plan refers to the schema and the columns, which must
// outlive it.
AvroPlan MakeAvroPlan(const avro::Node& writer, Column& root);

// The type of a new column for such values; null if the values are always null. kUnsupported if there is no such type,
// as for a record inside itself, or a union of types that no column can hold together. The message says why.
Result<iceberg::TypePtr> AvroColumnType(const avro::Node& node);
// The columns for the fields of a record, without fields that are always null. Ids are not set. All are optional,
// because another writer's schema may lack them.
Result<std::vector<iceberg::Field>> AvroColumns(const avro::Node& record);

// Merges `other`, the same field in another schema, into `field`: integers and floats become the wider type, and
// structs get the fields of both. If the types contradict each other, `field` stays.
void JoinAvroColumn(iceberg::Field& field, const iceberg::Field& other);

// The type in words, for messages: "a long", "a timestamp-millis of long".
std::string DescribeAvro(const avro::Node& node);

}  // namespace frazil::decode
