// What a JSON value asks of a schema: the classes of its parts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "iceberg/type.h"

namespace frazil::decode {

enum class JsonClass : uint8_t {
  kNothing,  // null, [], {} (json_nothing.h)
  kBoolean,
  kInteger,
  kFraction,  // a number with a fraction or an exponent
  kString,
  kDate,         // strings of these forms, where times are to be inferred
  kTimestamp,    // without zone
  kTimestampTz,  // with zone
  kObject,
  kArray,
};

// A tree of classes. Object fields stand in the order in which they first said something.
class JsonShape {
 public:
  JsonClass json_class() const { return class_; }
  const std::vector<std::pair<std::string, JsonShape>>& fields() const { return fields_; }
  const JsonShape& element() const { return *element_; }

  // One more value in the same place of the same record (another element of an array). The class grows wherever one
  // column type would accept all the values: integers and fractions give fraction, strings of different forms string,
  // integers and timestamps timestamp (which takes epoch milliseconds). Where none would, the first class stays and the
  // answer is false or nullptr.
  bool Observe(JsonClass scalar);
  JsonShape* ObserveField(std::string_view name);
  JsonShape* ObserveElement();
  // All of another shape in the same way; what contradicts is passed over.
  void Absorb(const JsonShape& other);

  // Takes in another record's shape: integers and fractions give fraction, strings of different forms string, fields of
  // objects are united, elements joined. False, and nothing is changed, where classes contradict.
  bool Join(const JsonShape& other);

  // nullptr if no field of this name has said something.
  const JsonShape* Find(const std::string& name) const;
  // Plain columns that `other` would add, if it was joined.
  int64_t ColumnsFrom(const JsonShape& other) const;

  // Of the column; ids are not set. Not for kNothing.
  iceberg::TypePtr ToType() const;

 private:
  bool CanJoin(const JsonShape& other) const;
  void JoinUnchecked(const JsonShape& other);
  JsonShape& FieldNamed(std::string_view name);

  JsonClass class_ = JsonClass::kNothing;
  std::vector<std::pair<std::string, JsonShape>> fields_;
  std::unordered_map<std::string, size_t> index_;
  std::unique_ptr<JsonShape> element_;
};

// Whether records of this shape are {"schema": …, "payload": …}, as Kafka Connect's JsonConverter (Debezium's, too)
// writes them with schemas.enable=true: half of each column and of the topic is the schema, over and over.
bool CarriesItsSchema(const JsonShape& record);
constexpr std::string_view kCarriesItsSchema =
    "records carry their schema with them ({\"schema\": …, \"payload\": …}, as Kafka Connect and Debezium write with "
    "schemas.enable=true): both become columns. For the payload's fields alone set "
    "value.converter.schemas.enable=false in the connector";

}  // namespace frazil::decode
