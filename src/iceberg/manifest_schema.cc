#include "iceberg/manifest_schema.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <set>

#include "common/decimal.h"

namespace frazil::iceberg {

namespace {

// Keeps the order of keys, so that a person finds the name before the fields.
using Json = nlohmann::ordered_json;

Json RequiredField(int32_t id, std::string_view name, Json type) {
  return {{"name", name}, {"type", std::move(type)}, {"field-id", id}};
}

Json OptionalField(int32_t id, std::string_view name, Json type) {
  return {{"name", name}, {"type", Json::array({"null", std::move(type)})}, {"default", nullptr}, {"field-id", id}};
}

Json Record(std::string_view name, Json fields) {
  return {{"type", "record"}, {"name", name}, {"fields", std::move(fields)}};
}

Json Array(Json items, int32_t element_id) {
  return {{"type", "array"}, {"items", std::move(items)}, {"element-id", element_id}};
}

// A map whose key is not a string (appendix A: an array of key-value records with logicalType map).
Json MetricMap(const MetricMapIds& ids, std::string_view name, std::string_view value_type) {
  Json entry =
      Record(fmt::format("k{}_v{}", ids.key, ids.value),
             Json::array({RequiredField(ids.key, "key", "int"), RequiredField(ids.value, "value", value_type)}));
  return OptionalField(ids.field, name, {{"type", "array"}, {"items", std::move(entry)}, {"logicalType", "map"}});
}

Json Logical(std::string_view type, std::string_view logical_type) {
  return {{"type", type}, {"logicalType", logical_type}};
}

Json Timestamp(std::string_view logical_type, bool adjust_to_utc) {
  Json type = Logical("long", logical_type);
  type["adjust-to-utc"] = adjust_to_utc;
  return type;
}

// The Avro types of partition values. Avro allows each name to be defined once. A second field of the same fixed type
// gets a new name instead of a reference, because PyIceberg (0.12) cannot read references. Readers ignore these names.
class PartitionTypes {
 public:
  Result<Json> TypeOf(int32_t field_id, const Type& type) {
    switch (type.kind()) {
      case TypeKind::kBoolean:
        return Json("boolean");
      case TypeKind::kInt:
        return Json("int");
      case TypeKind::kLong:
        return Json("long");
      case TypeKind::kFloat:
        return Json("float");
      case TypeKind::kDouble:
        return Json("double");
      case TypeKind::kString:
        return Json("string");
      case TypeKind::kBinary:
        return Json("bytes");
      case TypeKind::kDate:
        return Logical("int", "date");
      case TypeKind::kTime:
        return Logical("long", "time-micros");
      case TypeKind::kTimestamp:
        return Timestamp("timestamp-micros", false);
      case TypeKind::kTimestampTz:
        return Timestamp("timestamp-micros", true);
      case TypeKind::kTimestampNs:
        return Timestamp("timestamp-nanos", false);
      case TypeKind::kTimestampTzNs:
        return Timestamp("timestamp-nanos", true);
      case TypeKind::kFixed:
        return Fixed(field_id, fmt::format("fixed_{}", type.length()), type.length());
      case TypeKind::kUuid: {
        Json uuid = Fixed(field_id, "uuid_fixed", 16);
        uuid["logicalType"] = "uuid";
        return uuid;
      }
      case TypeKind::kDecimal: {
        Json decimal = Fixed(field_id, fmt::format("decimal_{}_{}", type.precision(), type.scale()),
                             DecimalFixedBytes(type.precision()));
        decimal["logicalType"] = "decimal";
        decimal["precision"] = type.precision();
        decimal["scale"] = type.scale();
        return decimal;
      }
      default:
        return Fail(ErrorKind::kUnsupported, "a partition field of type {} cannot be written", type.ToString());
    }
  }

 private:
  Json Fixed(int32_t field_id, std::string name, int32_t size) {
    if (!defined_.insert(name).second) name += fmt::format("_{}", field_id);
    return {{"type", "fixed"}, {"name", std::move(name)}, {"size", size}};
  }

  std::set<std::string> defined_;
};

Result<Json> PartitionRecord(const Type& partition_type) {
  PartitionTypes types;
  std::set<std::string> names;
  Json fields = Json::array();
  for (const Field& field : partition_type.fields()) {
    std::string name = AvroName(field.name);
    while (!names.insert(name).second) name += "_";  // "a.b" beside "a_x2Eb"
    Json json;
    if (field.type->kind() == TypeKind::kUnknown) {
      json = {{"name", name}, {"type", "null"}, {"default", nullptr}, {"field-id", field.id}};
    } else {
      FRAZIL_ASSIGN_OR_RETURN(Json type, types.TypeOf(field.id, *field.type));
      json = OptionalField(field.id, name, std::move(type));
    }
    if (name != field.name) json["iceberg-field-name"] = field.name;
    fields.push_back(std::move(json));
  }
  return Record("r102", std::move(fields));
}

bool IsLetterOrUnderscore(unsigned char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(unsigned char c) { return c >= '0' && c <= '9'; }

// Decodes one UTF-8 code point at `i` and moves past it. A byte that begins no code point stands for itself.
uint32_t NextCodePoint(std::string_view text, size_t* i) {
  const auto first = static_cast<unsigned char>(text[(*i)++]);
  const int following = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
  uint32_t code = following == 0 ? first : first & (0x3fU >> following);
  for (int k = 0; k < following && *i < text.size() && (text[*i] & 0xc0) == 0x80; ++k) {
    code = code << 6 | (static_cast<unsigned char>(text[(*i)++]) & 0x3f);
  }
  return code;
}

}  // namespace

std::string AvroName(std::string_view name) {
  std::string out;
  for (size_t i = 0; i < name.size();) {
    const bool first = i == 0;
    const uint32_t code = NextCodePoint(name, &i);
    const auto c = static_cast<unsigned char>(code);
    if (code < 0x80 && (IsLetterOrUnderscore(c) || (IsDigit(c) && !first))) {
      out.push_back(static_cast<char>(c));
    } else if (code < 0x80 && IsDigit(c)) {
      out.push_back('_');
      out.push_back(static_cast<char>(c));
    } else {
      out += fmt::format("_x{:X}", code);
    }
  }
  return out.empty() ? "_" : out;
}

int DecimalFixedBytes(int precision) {
  // The largest value is 10^precision - 1, and its negative never needs more bytes.
  return static_cast<int>(DecimalToBytes(PowerOfTen(precision) - 1).size());
}

namespace {

// The entry schema before and after the partition type, which is the only part that differs between tables.
struct EntryFrame {
  std::string before;
  std::string after;
};

EntryFrame MakeEntryFrame(int32_t format_version) {
  constexpr std::string_view kHole = "<partition>";
  Json file = Json::array({
      RequiredField(134, "content", "int"),
      RequiredField(kFilePathId, "file_path", "string"),
      RequiredField(kFileFormatId, "file_format", "string"),
      RequiredField(kPartitionId, "partition", kHole),
      RequiredField(kRecordCountId, "record_count", "long"),
      RequiredField(kFileSizeId, "file_size_in_bytes", "long"),
      MetricMap(kColumnSizes, "column_sizes", "long"),
      MetricMap(kValueCounts, "value_counts", "long"),
      MetricMap(kNullValueCounts, "null_value_counts", "long"),
      MetricMap(kNanValueCounts, "nan_value_counts", "long"),
      MetricMap(kLowerBounds, "lower_bounds", "bytes"),
      MetricMap(kUpperBounds, "upper_bounds", "bytes"),
      OptionalField(131, "key_metadata", "bytes"),
      OptionalField(132, "split_offsets", Array("long", 133)),
      OptionalField(135, "equality_ids", Array("int", 136)),
      OptionalField(140, "sort_order_id", "int"),
  });
  if (format_version >= 3) file.push_back(OptionalField(142, "first_row_id", "long"));
  file.push_back(OptionalField(143, "referenced_data_file", "string"));
  if (format_version >= 3) {
    file.push_back(OptionalField(144, "content_offset", "long"));
    file.push_back(OptionalField(145, "content_size_in_bytes", "long"));
  }
  const Json entry =
      Record("manifest_entry", Json::array({
                                   RequiredField(kStatusId, "status", "int"),
                                   OptionalField(1, "snapshot_id", "long"),
                                   OptionalField(3, "sequence_number", "long"),
                                   OptionalField(4, "file_sequence_number", "long"),
                                   RequiredField(kDataFileId, "data_file", Record("r2", std::move(file))),
                               }));
  const std::string text = entry.dump();
  const size_t hole = text.find(kHole) - 1;  // with its quotes
  return {text.substr(0, hole), text.substr(hole + kHole.size() + 2)};
}

}  // namespace

Result<std::string> ManifestEntryAvroSchema(int32_t format_version, const Type& partition_type) {
  static const EntryFrame v2 = MakeEntryFrame(2);
  static const EntryFrame v3 = MakeEntryFrame(3);
  const EntryFrame& frame = format_version >= 3 ? v3 : v2;
  FRAZIL_ASSIGN_OR_RETURN(const Json partition, PartitionRecord(partition_type));
  try {
    return frame.before + partition.dump() + frame.after;
  } catch (const Json::exception& error) {
    return Fail(ErrorKind::kInvalidArgument, "a partition field's name is not UTF-8: {}", error.what());
  }
}

namespace {

std::string MakeManifestFileAvroSchema(int32_t format_version) {
  Json summary = Record("r508", Json::array({
                                    RequiredField(509, "contains_null", "boolean"),
                                    OptionalField(518, "contains_nan", "boolean"),
                                    OptionalField(510, "lower_bound", "bytes"),
                                    OptionalField(511, "upper_bound", "bytes"),
                                }));
  Json fields = Json::array({
      RequiredField(kManifestPathId, "manifest_path", "string"),
      RequiredField(kManifestLengthId, "manifest_length", "long"),
      RequiredField(kManifestSpecId, "partition_spec_id", "int"),
      RequiredField(517, "content", "int"),
      RequiredField(515, "sequence_number", "long"),
      RequiredField(516, "min_sequence_number", "long"),
      RequiredField(503, "added_snapshot_id", "long"),
      RequiredField(504, "added_files_count", "int"),
      RequiredField(505, "existing_files_count", "int"),
      RequiredField(506, "deleted_files_count", "int"),
      RequiredField(512, "added_rows_count", "long"),
      RequiredField(513, "existing_rows_count", "long"),
      RequiredField(514, "deleted_rows_count", "long"),
      OptionalField(507, "partitions", Array(std::move(summary), 508)),
      OptionalField(519, "key_metadata", "bytes"),
  });
  if (format_version >= 3) fields.push_back(OptionalField(520, "first_row_id", "long"));
  return Record("manifest_file", std::move(fields)).dump();
}

}  // namespace

const std::string& ManifestFileAvroSchema(int32_t format_version) {
  static const std::string v2 = MakeManifestFileAvroSchema(2);
  static const std::string v3 = MakeManifestFileAvroSchema(3);
  return format_version >= 3 ? v3 : v2;
}

}  // namespace frazil::iceberg
