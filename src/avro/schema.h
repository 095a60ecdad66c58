// Avro schemas (Avro specification 1.12, "Schema Declaration"), parsed into an immutable graph. Thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace frazil::avro {

enum class Kind : uint8_t {
  kNull,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kBytes,
  kString,
  kFixed,
  kEnum,
  kArray,
  kMap,
  kRecord,
  kUnion,
};
std::string_view ToString(Kind kind);

// A logical type that does not fit its underlying type becomes kNone, as the specification demands.
enum class LogicalType : uint8_t {
  kNone,
  kDecimal,
  kUuid,
  kDate,
  kTimeMillis,
  kTimeMicros,
  kTimestampMillis,
  kTimestampMicros,
  kTimestampNanos,
  kLocalTimestampMillis,
  kLocalTimestampMicros,
  kLocalTimestampNanos,
  kDuration,
  kMap,  // Iceberg's map: an array of records with a key and a value
};

// Attributes by name. The value is JSON text: "\"a\"", "12", "{…}". Attributes that also have a member of their own in
// Node or NodeField (field-id, logicalType) are included.
using Attributes = std::map<std::string, std::string, std::less<>>;
std::optional<int32_t> IntAttribute(const Attributes& attributes, std::string_view name);

struct Node;

// A field of a record.
struct NodeField {
  std::string name;
  const Node* type = nullptr;
  std::optional<std::string> default_value;  // JSON text
  std::optional<int32_t> field_id;           // Iceberg's "field-id"
  Attributes attributes;                     // all except name, type and default
};

// One type of a schema. Nodes refer to each other. A recursive record makes a cycle.
struct Node {
  Kind kind = Kind::kNull;
  LogicalType logical_type = LogicalType::kNone;
  int32_t size = 0;                   // fixed: bytes
  int32_t precision = 0;              // decimal
  int32_t scale = 0;                  // decimal
  uint32_t min_size = 0;              // every encoded value has at least so many bytes; item counts are checked with it
  std::string name;                   // record, enum, fixed: the full name, with the namespace
  std::vector<NodeField> fields;      // record
  std::vector<const Node*> children;  // array: the items; map: the values; union: the branches
  std::vector<std::string> symbols;   // enum
  std::optional<int32_t> null_branch;  // union: the index of its null branch
  Attributes attributes;               // all except type, name, namespace, fields, items, values, symbols, size

  const Node& items() const { return *children[0]; }
  const Node& values() const { return *children[0]; }
};

class Schema {
 public:
  // kCorrupt if the schema is invalid; the message says what is wrong and where. Depth and size are limited. Names may
  // contain characters that Avro does not allow.
  static Result<std::shared_ptr<const Schema>> Parse(std::string_view json);
  // Like Parse, with a small cache, for schemas that recur, as in the manifests of a table. Thread-safe.
  static Result<std::shared_ptr<const Schema>> ParseOnce(std::string_view json);

  const Node& root() const { return *root_; }
  const std::string& text() const { return text_; }  // the JSON that was parsed

 private:
  friend class SchemaParser;
  Schema() = default;
  std::string text_;
  std::deque<Node> nodes_;
  const Node* root_ = nullptr;
};
using SchemaPtr = std::shared_ptr<const Schema>;

}  // namespace frazil::avro
