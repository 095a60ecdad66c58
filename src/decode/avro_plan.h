// How the values of one writer's schema come into a table's columns: resolved once, followed by each record.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "avro/schema.h"
#include "common/result.h"
#include "decode/column.h"
#include "iceberg/type.h"

namespace frazil::decode {

// What becomes of one value. The steps of a record are those of its fields, in the writer's order; of a union those of
// its branches; of an array that of its items, of a map that of its values.
struct AvroStep {
  enum class Op : uint8_t {
    kSkip,        // no column
    kImpossible,  // the column is of another kind: `why`
    kNull,
    kBoolean,
    kIntToInt,
    kLongToInt,
    kLong,  // of int too, which is encoded alike
    kFloat,
    kDouble,
    kFloatToDouble,
    kIntegerToFloat,
    kIntegerToDouble,
    kDoubleToFloat,
    kText,   // checked to be UTF-8
    kBytes,  // of any length
    kFixed,  // of the column's length
    kEnum,
    kUuidText,
    kDecimal,       // of bytes
    kDecimalFixed,  // of fixed
    kIntegerToDecimal,
    kScaled,  // a long times `factor`, or divided by `divisor`, both for times and timestamps
    kEpoch,   // a timestamp of a plain number, which counts what the column was told
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
  std::vector<Column*> absent;  // of a record: columns that the writer does not know
  std::string why;
};

struct AvroPlan {
  AvroStep root;
  std::vector<std::string> no_column;  // paths of fields that want a column which is not there
  bool too_large = false;              // it would have more steps than any honest schema: nothing goes by it
};

// `root` is a struct. Fields are matched by name. The plan lives as long as the schema and the columns do.
AvroPlan MakeAvroPlan(const avro::Node& writer, Column& root);

// The type of a column that is made for such values; null for what holds nothing but null. kUnsupported says why there
// is none: a record within itself, a union of types that no column holds together.
Result<iceberg::TypePtr> AvroColumnType(const avro::Node& node);
// The fields of a record, those that hold nothing left out; ids are not set, and all may be null, since a writer may
// come that leaves them out.
Result<std::vector<iceberg::Field>> AvroColumns(const avro::Node& record);

// The same field in another schema: integers and floats become the wider, structs get the fields of both; where types
// contradict the first stays.
void JoinAvroColumn(iceberg::Field& field, const iceberg::Field& other);

// "a long", "a timestamp-millis of long": for messages.
std::string DescribeAvro(const avro::Node& node);

}  // namespace frazil::decode
