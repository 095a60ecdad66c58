#include "avro/schema.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>

#include "common/text/json.h"

namespace frazil::avro {

using Json = nlohmann::json;

namespace {

constexpr size_t kMaxSchemaBytes = size_t{16} << 20;

constexpr std::string_view kKindNames[] = {"null",   "boolean", "int",  "long",  "float", "double", "bytes",
                                           "string", "fixed",   "enum", "array", "map",   "record", "union"};

std::optional<Kind> PrimitiveKind(std::string_view name) {
  for (size_t i = 0; i <= static_cast<size_t>(Kind::kString); ++i) {
    if (kKindNames[i] == name) return static_cast<Kind>(i);
  }
  return std::nullopt;
}

uint32_t MinSizeOfPrimitive(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return 0;
    case Kind::kFloat:
      return 4;
    case Kind::kDouble:
      return 8;
    default:
      return 1;
  }
}

uint32_t AddSaturating(uint32_t a, uint32_t b) {
  return a > std::numeric_limits<uint32_t>::max() - b ? std::numeric_limits<uint32_t>::max() : a + b;
}

struct LogicalName {
  std::string_view name;
  LogicalType type;
  Kind kind;
};
// The combinations that the specification allows. Decimal and duration are checked further.
constexpr LogicalName kLogicalNames[] = {
    {"decimal", LogicalType::kDecimal, Kind::kBytes},
    {"decimal", LogicalType::kDecimal, Kind::kFixed},
    {"uuid", LogicalType::kUuid, Kind::kString},
    {"uuid", LogicalType::kUuid, Kind::kFixed},
    {"date", LogicalType::kDate, Kind::kInt},
    {"time-millis", LogicalType::kTimeMillis, Kind::kInt},
    {"time-micros", LogicalType::kTimeMicros, Kind::kLong},
    {"timestamp-millis", LogicalType::kTimestampMillis, Kind::kLong},
    {"timestamp-micros", LogicalType::kTimestampMicros, Kind::kLong},
    {"timestamp-nanos", LogicalType::kTimestampNanos, Kind::kLong},
    {"local-timestamp-millis", LogicalType::kLocalTimestampMillis, Kind::kLong},
    {"local-timestamp-micros", LogicalType::kLocalTimestampMicros, Kind::kLong},
    {"local-timestamp-nanos", LogicalType::kLocalTimestampNanos, Kind::kLong},
    {"duration", LogicalType::kDuration, Kind::kFixed},
    {"map", LogicalType::kMap, Kind::kArray},
};

int32_t IntOr(const Json& object, const char* name, int32_t otherwise) {
  const auto it = object.find(name);
  if (it == object.end() || !it->is_number_integer()) return otherwise;
  const int64_t value = it->get<int64_t>();
  return value < 0 || value > std::numeric_limits<int32_t>::max() ? otherwise : static_cast<int32_t>(value);
}

Attributes OtherAttributes(const Json& object, std::initializer_list<std::string_view> known) {
  Attributes attributes;
  for (const auto& [name, value] : object.items()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) attributes.emplace(name, value.dump());
  }
  return attributes;
}

}  // namespace

std::string_view ToString(Kind kind) { return kKindNames[static_cast<size_t>(kind)]; }

std::optional<int32_t> IntAttribute(const Attributes& attributes, std::string_view name) {
  const auto it = attributes.find(name);
  if (it == attributes.end()) return std::nullopt;
  const std::string& text = it->second;
  int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class SchemaParser {
 public:
  explicit SchemaParser(Schema* schema) : schema_(schema) {}

  // `space` is the enclosing namespace.
  Result<const Node*> Parse(const Json& json, const std::string& space) {
    if (json.is_string()) return ParseReference(json.get_ref<const std::string&>(), space);
    if (json.is_array()) return ParseUnion(json, space);
    if (!json.is_object()) return Corrupt("a type is neither a name, an object nor a union");
    const auto type = json.find("type");
    if (type == json.end()) return Corrupt("an object has no \"type\"");
    // {"type": {…}} around a type: some writers nest types one level deeper than the specification says.
    if (!type->is_string()) return Parse(*type, space);
    const std::string& name = type->get_ref<const std::string&>();
    if (const auto kind = PrimitiveKind(name)) {
      Node* node = Add(*kind);
      node->min_size = MinSizeOfPrimitive(*kind);
      return Finish(node, json);
    }
    if (name == "record" || name == "error") return ParseRecord(json, space);
    if (name == "enum") return ParseEnum(json, space);
    if (name == "fixed") return ParseFixed(json, space);
    if (name == "array") return ParseContainer(json, Kind::kArray, "items", space);
    if (name == "map") return ParseContainer(json, Kind::kMap, "values", space);
    return ParseReference(name, space);
  }

 private:
  template <class... Args>
  static tl::unexpected<Error> Corrupt(fmt::format_string<Args...> format, Args&&... args) {
    return Fail(ErrorKind::kCorrupt, "Avro schema: {}", fmt::format(format, std::forward<Args>(args)...));
  }

  Node* Add(Kind kind) {
    Node& node = schema_->nodes_.emplace_back();
    node.kind = kind;
    return &node;
  }

  Result<const Node*> ParseReference(const std::string& name, const std::string& space) {
    if (const auto kind = PrimitiveKind(name)) {
      const Node*& node = primitives_[static_cast<size_t>(*kind)];
      if (node == nullptr) {
        Node* added = Add(*kind);
        added->min_size = MinSizeOfPrimitive(*kind);
        node = added;
      }
      return node;
    }
    auto it = named_.end();
    if (name.find('.') == std::string::npos && !space.empty()) it = named_.find(space + "." + name);
    if (it == named_.end()) it = named_.find(name);
    if (it == named_.end()) return Corrupt("type \"{}\" is not defined before it is used", name);
    return it->second;
  }

  Result<const Node*> ParseUnion(const Json& json, const std::string& space) {
    Node* node = Add(Kind::kUnion);
    uint32_t smallest = std::numeric_limits<uint32_t>::max();
    for (const Json& branch : json) {
      if (branch.is_array()) return Corrupt("a union stands directly in a union");
      FRAZIL_ASSIGN_OR_RETURN(const Node* child, Parse(branch, space));
      if (child->kind == Kind::kUnion) return Corrupt("a union stands directly in a union");
      if (child->kind == Kind::kNull) node->null_branch = static_cast<int32_t>(node->children.size());
      smallest = std::min(smallest, child->min_size);
      node->children.push_back(child);
    }
    if (node->children.empty()) return Corrupt("a union has no branch");
    node->min_size = AddSaturating(1, smallest);
    return node;
  }

  // Sets the full name of `node` and registers it. Stores in `inner_space` the namespace for the types inside it.
  Status Name(Node* node, const Json& json, const std::string& space, std::string* inner_space) {
    const auto name = json.find("name");
    if (name == json.end() || !name->is_string() || name->get_ref<const std::string&>().empty()) {
      return Corrupt("a {} has no name", ToString(node->kind));
    }
    node->name = name->get<std::string>();
    const size_t dot = node->name.rfind('.');
    if (dot != std::string::npos) {
      *inner_space = node->name.substr(0, dot);
    } else {
      const auto own = json.find("namespace");
      *inner_space = own != json.end() && own->is_string() ? own->get<std::string>() : space;
      if (!inner_space->empty()) node->name = *inner_space + "." + node->name;
    }
    // Avro forbids a second definition of a name, but PyIceberg writes one for each decimal column. The last one
    // counts.
    named_[node->name] = node;
    return {};
  }

  Result<const Node*> ParseRecord(const Json& json, const std::string& space) {
    Node* node = Add(Kind::kRecord);
    std::string inner;
    FRAZIL_RETURN_IF_ERROR(Name(node, json, space, &inner));
    const auto fields = json.find("fields");
    if (fields == json.end() || !fields->is_array()) return Corrupt("record \"{}\" has no fields array", node->name);
    std::set<std::string_view> seen;
    uint32_t min_size = 0;
    for (const Json& json_field : *fields) {
      if (!json_field.is_object()) return Corrupt("a field of record \"{}\" is not an object", node->name);
      const auto name = json_field.find("name");
      const auto type = json_field.find("type");
      if (name == json_field.end() || !name->is_string() || type == json_field.end()) {
        return Corrupt("a field of record \"{}\" lacks its name or type", node->name);
      }
      NodeField field;
      field.name = name->get<std::string>();
      if (!seen.insert(name->get_ref<const std::string&>()).second) {
        return Corrupt("record \"{}\" has two fields \"{}\"", node->name, field.name);
      }
      FRAZIL_ASSIGN_OR_RETURN(field.type, Parse(*type, inner));
      if (const auto it = json_field.find("default"); it != json_field.end()) field.default_value = it->dump();
      field.attributes = OtherAttributes(json_field, {"name", "type", "default"});
      field.field_id = IntAttribute(field.attributes, "field-id");
      // A record inside itself counts as 0 here, so the sum stays a lower bound.
      min_size = AddSaturating(min_size, field.type->min_size);
      node->fields.push_back(std::move(field));
    }
    node->min_size = min_size;
    return Finish(node, json);
  }

  Result<const Node*> ParseEnum(const Json& json, const std::string& space) {
    Node* node = Add(Kind::kEnum);
    std::string inner;
    FRAZIL_RETURN_IF_ERROR(Name(node, json, space, &inner));
    const auto symbols = json.find("symbols");
    if (symbols == json.end() || !symbols->is_array()) return Corrupt("enum \"{}\" has no symbols array", node->name);
    for (const Json& symbol : *symbols) {
      if (!symbol.is_string()) return Corrupt("a symbol of enum \"{}\" is not a string", node->name);
      node->symbols.push_back(symbol.get<std::string>());
    }
    node->min_size = 1;
    return Finish(node, json);
  }

  Result<const Node*> ParseFixed(const Json& json, const std::string& space) {
    Node* node = Add(Kind::kFixed);
    std::string inner;
    FRAZIL_RETURN_IF_ERROR(Name(node, json, space, &inner));
    node->size = IntOr(json, "size", -1);
    if (node->size < 0) return Corrupt("fixed \"{}\" has no valid size", node->name);
    node->min_size = static_cast<uint32_t>(node->size);
    return Finish(node, json);
  }

  Result<const Node*> ParseContainer(const Json& json, Kind kind, const char* below, const std::string& space) {
    Node* node = Add(kind);
    const auto it = json.find(below);
    if (it == json.end()) return Corrupt("a type \"{}\" has no \"{}\"", ToString(kind), below);
    node->min_size = 1;
    FRAZIL_ASSIGN_OR_RETURN(const Node* child, Parse(*it, space));
    node->children.push_back(child);
    return Finish(node, json);
  }

  // Reads what every kind has: the attributes and the logical type.
  static const Node* Finish(Node* node, const Json& json) {
    node->attributes =
        OtherAttributes(json, {"type", "name", "namespace", "fields", "items", "values", "symbols", "size"});
    const auto logical = json.find("logicalType");
    if (logical == json.end() || !logical->is_string()) return node;
    for (const LogicalName& known : kLogicalNames) {
      if (known.kind == node->kind && known.name == logical->get_ref<const std::string&>()) {
        node->logical_type = known.type;
      }
    }
    if (node->logical_type == LogicalType::kDecimal) {
      node->precision = IntOr(json, "precision", 0);
      node->scale = IntOr(json, "scale", 0);
      if (node->precision < 1 || node->scale > node->precision) node->logical_type = LogicalType::kNone;
    } else if (node->kind == Kind::kFixed && ((node->logical_type == LogicalType::kUuid && node->size != 16) ||
                                              (node->logical_type == LogicalType::kDuration && node->size != 12))) {
      node->logical_type = LogicalType::kNone;
    }
    return node;
  }

  Schema* schema_;
  std::unordered_map<std::string, const Node*> named_;
  const Node* primitives_[static_cast<size_t>(Kind::kString) + 1] = {};
};

Result<SchemaPtr> Schema::Parse(std::string_view json) {
  if (json.size() > kMaxSchemaBytes) {
    return Fail(ErrorKind::kCorrupt, "Avro schema: {} bytes, more than {}", json.size(), kMaxSchemaBytes);
  }
  const auto parsed = ParseJson(json);
  if (!parsed) return Wrap(parsed.error(), "Avro schema");
  std::shared_ptr<Schema> schema(new Schema());
  schema->text_ = std::string(json);
  try {
    FRAZIL_ASSIGN_OR_RETURN(schema->root_, SchemaParser(schema.get()).Parse(*parsed, ""));
  } catch (const Json::exception& error) {
    return Fail(ErrorKind::kCorrupt, "Avro schema: {}", error.what());
  }
  return schema;
}

Result<SchemaPtr> Schema::ParseOnce(std::string_view json) {
  constexpr size_t kMost = 32;
  constexpr size_t kLongest = size_t{64} << 10;
  static std::mutex mutex;
  static std::map<std::string, SchemaPtr, std::less<>> known;
  {
    std::lock_guard lock(mutex);
    if (const auto found = known.find(json); found != known.end()) return found->second;
  }
  FRAZIL_ASSIGN_OR_RETURN(SchemaPtr schema, Parse(json));
  if (json.size() > kLongest) return schema;
  std::lock_guard lock(mutex);
  if (known.size() >= kMost) known.clear();
  known.emplace(json, schema);
  return schema;
}

}  // namespace frazil::avro
