// The shape of a JSON value: the classes of its parts, which determine the columns that it needs.
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
  kDate,         // strings of these forms, if times are inferred
  kTimestamp,    // without zone
  kTimestampTz,  // with zone
  kObject,
  kArray,
};

// A tree of classes. The fields of an object are in the order in which they first had a value that says something. Not
// thread-safe.
class JsonShape {
 public:
  // With `text` values that contradict each other make a string, in which each is JSON text.
  explicit JsonShape(bool text = false) : text_(text) {}

  bool text() const { return text_; }
  JsonClass json_class() const { return class_; }
  const std::vector<std::pair<std::string, JsonShape>>& fields() const { return fields_; }
  const JsonShape& element() const { return *element_; }

  // Adds another value at the same place of the same record (another element of an array). The class widens if one
  // column type accepts all values: integers and fractions give fraction, strings of different forms give string, and
  // integers and timestamps give timestamp (which accepts epoch milliseconds). Otherwise the first class stays, and the
  // result is false or nullptr.
  bool Observe(JsonClass scalar);
  JsonShape* ObserveField(std::string_view name);
  JsonShape* ObserveElement();
  // Adds all of another shape in the same way. Contradicting parts are skipped.
  void Absorb(const JsonShape& other);

  // Merges another record's shape: integers and fractions give fraction, strings of different forms give string, the
  // fields of objects are united, and elements are merged. If classes contradict each other, it returns false and
  // changes nothing.
  bool Join(const JsonShape& other);

  // nullptr if no field of this name had a value that says something.
  const JsonShape* Find(const std::string& name) const;
  // How many leaf columns Join(other) would add.
  int64_t ColumnsFrom(const JsonShape& other) const;

  // The type of the column. Ids are not set. Do not call it for kNothing.
  iceberg::TypePtr ToType() const;

 private:
  bool CanJoin(const JsonShape& other) const;
  void JoinUnchecked(const JsonShape& other);
  JsonShape& FieldNamed(std::string_view name);

  bool text_;
  JsonClass class_ = JsonClass::kNothing;
  std::vector<std::pair<std::string, JsonShape>> fields_;
  std::unordered_map<std::string, size_t> index_;
  std::unique_ptr<JsonShape> element_;
};

// True if records of this shape are {"schema": …, "payload": …}, as Kafka Connect's JsonConverter (also Debezium's)
// writes with schemas.enable=true. Then the schema is stored again with every record.
bool CarriesItsSchema(const JsonShape& record);
constexpr std::string_view kCarriesItsSchema =
    "records carry their schema with them ({\"schema\": …, \"payload\": …}, as Kafka Connect and Debezium write with "
    "schemas.enable=true): both become columns. For the payload's fields alone set "
    "value.converter.schemas.enable=false in the connector";

}  // namespace frazil::decode
