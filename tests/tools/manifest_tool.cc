// Drives manifests from tests/conformance/manifest_test.py:
//   manifest_tool read-list LIST.avro                    prints its manifests as JSON
//   manifest_tool write-list LIST.avro < REQUEST.json    {"format_version", "snapshot_id", …, "manifests": […]}
//   manifest_tool read MANIFEST.avro MANIFEST_FILE.json  prints its entries; the JSON is its line in the list
//   manifest_tool write MANIFEST.avro < REQUEST.json     {"schema", "spec", "snapshot_id", …, "entries": […]};
//                                                        prints the manifest's line for a list
// Members are called as in iceberg/manifest.h. Bytes are hex; null and absent are the same. Partition values name their
// C++ type, numbers that JSON cannot hold stand in strings: {"long": 5}, {"double": "nan"}, {"decimal": "123"}.
#include <fmt/core.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "common/decimal.h"
#include "iceberg/manifest.h"
#include "iceberg/schema_json.h"

namespace frazil::iceberg {
namespace {

using Json = nlohmann::json;

std::string ToHex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

std::string FromHex(const std::string& text) {
  std::string bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

Json LiteralToJson(const Literal& literal) {
  struct Visitor {
    Json operator()(std::monostate) const { return nullptr; }
    Json operator()(bool value) const { return {{"boolean", value}}; }
    Json operator()(int32_t value) const { return {{"int", value}}; }
    Json operator()(int64_t value) const { return {{"long", value}}; }
    Json operator()(float value) const { return {{"float", fmt::format("{}", value)}}; }
    Json operator()(double value) const { return {{"double", fmt::format("{}", value)}}; }
    Json operator()(Int128 value) const { return {{"decimal", FormatDecimal(value, 0)}}; }
    Json operator()(const std::string& value) const { return {{"bytes", ToHex(value)}}; }
  };
  return std::visit(Visitor(), literal);
}

Literal LiteralFromJson(const Json& json) {
  if (json.is_null()) return {};
  const auto& [type, value] = *json.items().begin();
  if (type == "boolean") return value.get<bool>();
  if (type == "int") return value.get<int32_t>();
  if (type == "long") return value.get<int64_t>();
  if (type == "float") return std::strtof(value.get<std::string>().c_str(), nullptr);
  if (type == "double") return std::strtod(value.get<std::string>().c_str(), nullptr);
  if (type == "decimal") return ParseDecimal(value.get<std::string>(), 0).value();
  return FromHex(value.get<std::string>());
}

template <class Archive>
void Members(Archive& archive, FieldSummary& summary);
template <class Archive>
void Members(Archive& archive, ManifestFile& file);
template <class Archive>
void Members(Archive& archive, DataFile& file);
template <class Archive>
void Members(Archive& archive, ManifestEntry& entry);

// Text members stay text; every other string is bytes.
struct Text {
  std::string& text;
};
struct OptionalText {
  std::optional<std::string>& text;
};

class Out {
 public:
  Json json = Json::object();

  template <class T>
  void operator()(const char* name, T&& member) {
    json[name] = Value(member);
  }

 private:
  static Json Value(Text text) { return text.text; }
  static Json Value(OptionalText text) { return text.text ? Json(*text.text) : Json(); }
  static Json Value(Literal& literal) { return LiteralToJson(literal); }
  static Json Value(std::string& bytes) { return ToHex(bytes); }
  template <class T>
  static Json Value(std::optional<T>& value) {
    return value ? Value(*value) : Json();
  }
  template <class T>
  static Json Value(std::vector<T>& values) {
    Json list = Json::array();
    for (T& value : values) list.push_back(Value(value));
    return list;
  }
  template <class T>
  static Json Value(std::map<int32_t, T>& values) {
    Json map = Json::object();
    for (auto& [id, value] : values) map[std::to_string(id)] = Value(value);
    return map;
  }
  template <class T>
  static Json Value(T& value) {
    if constexpr (std::is_enum_v<T>) {
      return static_cast<int32_t>(value);
    } else if constexpr (std::is_class_v<T>) {
      Out out;
      Members(out, value);
      return out.json;
    } else {
      return value;
    }
  }
};

class In {
 public:
  explicit In(const Json& json) : json_(json) {}

  template <class T>
  void operator()(const char* name, T&& member) {
    if (json_.contains(name) && !json_[name].is_null()) Set(json_[name], member);
  }

 private:
  static void Set(const Json& json, Text text) { text.text = json.get<std::string>(); }
  static void Set(const Json& json, OptionalText text) { text.text = json.get<std::string>(); }
  static void Set(const Json& json, Literal& literal) { literal = LiteralFromJson(json); }
  static void Set(const Json& json, std::string& bytes) { bytes = FromHex(json.get<std::string>()); }
  template <class T>
  static void Set(const Json& json, std::optional<T>& value) {
    Set(json, value.emplace());
  }
  template <class T>
  static void Set(const Json& json, std::vector<T>& values) {
    for (const Json& item : json) Set(item, values.emplace_back());
  }
  template <class T>
  static void Set(const Json& json, std::map<int32_t, T>& values) {
    for (const auto& [id, value] : json.items()) Set(value, values[std::stoi(id)]);
  }
  template <class T>
  static void Set(const Json& json, T& value) {
    if constexpr (std::is_enum_v<T>) {
      value = static_cast<T>(json.get<int32_t>());
    } else if constexpr (std::is_class_v<T>) {
      In in(json);
      Members(in, value);
    } else {
      value = json.get<T>();
    }
  }

  const Json& json_;
};

template <class Archive>
void Members(Archive& archive, FieldSummary& summary) {
  archive("contains_null", summary.contains_null);
  archive("contains_nan", summary.contains_nan);
  archive("lower_bound", summary.lower_bound);
  archive("upper_bound", summary.upper_bound);
}

template <class Archive>
void Members(Archive& archive, ManifestFile& file) {
  archive("manifest_path", Text{file.manifest_path});
  archive("manifest_length", file.manifest_length);
  archive("partition_spec_id", file.partition_spec_id);
  archive("content", file.content);
  archive("sequence_number", file.sequence_number);
  archive("min_sequence_number", file.min_sequence_number);
  archive("added_snapshot_id", file.added_snapshot_id);
  archive("added_files_count", file.added_files_count);
  archive("existing_files_count", file.existing_files_count);
  archive("deleted_files_count", file.deleted_files_count);
  archive("added_rows_count", file.added_rows_count);
  archive("existing_rows_count", file.existing_rows_count);
  archive("deleted_rows_count", file.deleted_rows_count);
  archive("partitions", file.partitions);
  archive("key_metadata", file.key_metadata);
  archive("first_row_id", file.first_row_id);
}

template <class Archive>
void Members(Archive& archive, DataFile& file) {
  archive("content", file.content);
  archive("file_path", Text{file.file_path});
  archive("file_format", Text{file.file_format});
  archive("spec_id", file.spec_id);
  archive("partition", file.partition);
  archive("record_count", file.record_count);
  archive("file_size_in_bytes", file.file_size_in_bytes);
  archive("column_sizes", file.column_sizes);
  archive("value_counts", file.value_counts);
  archive("null_value_counts", file.null_value_counts);
  archive("nan_value_counts", file.nan_value_counts);
  archive("lower_bounds", file.lower_bounds);
  archive("upper_bounds", file.upper_bounds);
  archive("key_metadata", file.key_metadata);
  archive("split_offsets", file.split_offsets);
  archive("equality_ids", file.equality_ids);
  archive("sort_order_id", file.sort_order_id);
  archive("first_row_id", file.first_row_id);
  archive("referenced_data_file", OptionalText{file.referenced_data_file});
  archive("content_offset", file.content_offset);
  archive("content_size_in_bytes", file.content_size_in_bytes);
}

template <class Archive>
void Members(Archive& archive, ManifestEntry& entry) {
  archive("status", entry.status);
  archive("snapshot_id", entry.snapshot_id);
  archive("sequence_number", entry.sequence_number);
  archive("file_sequence_number", entry.file_sequence_number);
  archive("data_file", entry.data_file);
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Status WriteFile(const std::string& path, const std::string& bytes) {
  if (std::ofstream(path, std::ios::binary) << bytes) return {};
  return Fail(ErrorKind::kIo, "{} cannot be written", path);
}

template <class T>
void Print(std::vector<T> values) {
  Out out;
  out("all", values);
  std::cout << out.json["all"].dump() << '\n';
}

Status ReadListFile(const std::string& path) {
  FRAZIL_ASSIGN_OR_RETURN(std::vector<ManifestFile> manifests, ReadManifestList(ReadFile(path)));
  Print(std::move(manifests));
  return {};
}

Status ReadManifestFile(const std::string& path, const std::string& line) {
  ManifestFile file;
  const Json json = Json::parse(ReadFile(line));
  In in(json);
  Members(in, file);
  FRAZIL_ASSIGN_OR_RETURN(std::vector<ManifestEntry> entries, ReadManifest(ReadFile(path), file));
  Print(std::move(entries));
  return {};
}

Status WriteListFile(const std::string& path, const Json& request) {
  ManifestListContext context;
  std::vector<ManifestFile> manifests;
  In in(request);
  in("format_version", context.format_version);
  in("snapshot_id", context.snapshot_id);
  in("parent_snapshot_id", context.parent_snapshot_id);
  in("sequence_number", context.sequence_number);
  in("codec", Text{context.codec});
  in("manifests", manifests);
  FRAZIL_ASSIGN_OR_RETURN(const std::string bytes, WriteManifestList(context, std::move(manifests)));
  return WriteFile(path, bytes);
}

Status WriteManifestFile(const std::string& path, const Json& request) {
  ManifestContext context;
  std::vector<ManifestEntry> entries;
  In in(request);
  in("format_version", context.format_version);
  in("content", context.content);
  in("snapshot_id", context.snapshot_id);
  in("codec", Text{context.codec});
  in("entries", entries);
  FRAZIL_ASSIGN_OR_RETURN(context.schema, ParseSchema(request.at("schema")));
  FRAZIL_ASSIGN_OR_RETURN(PartitionSpec spec, ParsePartitionSpec(request.at("spec")));
  context.spec = std::make_shared<const PartitionSpec>(std::move(spec));
  FRAZIL_ASSIGN_OR_RETURN(WrittenManifest written, WriteManifest(context, entries));
  written.file.manifest_path = path;
  Out out;
  Members(out, written.file);
  std::cout << out.json.dump() << '\n';
  return WriteFile(path, written.bytes);
}

Status Run(const std::vector<std::string>& arguments) {
  const std::string verb = arguments.size() < 2 ? "" : arguments[0];
  if (verb == "read-list") return ReadListFile(arguments[1]);
  if (verb == "read" && arguments.size() == 3) return ReadManifestFile(arguments[1], arguments[2]);
  if (verb == "write-list") return WriteListFile(arguments[1], Json::parse(std::cin));
  if (verb == "write") return WriteManifestFile(arguments[1], Json::parse(std::cin));
  return Fail(ErrorKind::kInvalidArgument, "usage: manifest_tool read|read-list|write|write-list FILE [LINE]");
}

}  // namespace
}  // namespace frazil::iceberg

int main(int argc, char** argv) {
  const frazil::Status status = frazil::iceberg::Run({argv + 1, argv + argc});
  if (status) return 0;
  fmt::print(stderr, "{}: {}\n", frazil::ToString(status.error().kind), status.error().message);
  return 1;
}
