// Drives the Iceberg room from tests/conformance/metadata_test.py. Input and output are JSON files.
//   metadata_tool rewrite IN OUT   table metadata, read and written again
//   metadata_tool create IN OUT    {"location", "schema", "spec", "order", "properties", "format-version", "now-ms"}
//                                  to table metadata
//   metadata_tool apply IN OUT     {"metadata", "updates", "location", "now-ms"} to {"metadata", "updates",
//                                  "requirements"}: the updates applied, and both as they would be sent
//   metadata_tool values IN OUT    [[type, transform, single value in hex or null], …] to, for each, {"bytes", "text",
//                                  "result", "human"}: the value read and written again, and transformed
#include <fmt/core.h>

#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "iceberg/json_members.h"
#include "iceberg/metadata_json.h"
#include "iceberg/schema_json.h"
#include "iceberg/table_update.h"

namespace frazil::iceberg {
namespace {

using Json = nlohmann::json;

Result<TableUpdate> ParseUpdate(const Json& value) {
  const std::string action = value.at("action");
  if (action == "assign-uuid") return AssignUuid{value.at("uuid")};
  if (action == "upgrade-format-version") return UpgradeFormatVersion{value.at("format-version")};
  if (action == "add-schema") {
    FRAZIL_ASSIGN_OR_RETURN(auto schema, ParseSchema(value.at("schema")));
    return AddSchema{schema, value.value("last-column-id", schema->HighestFieldId())};
  }
  if (action == "set-current-schema") return SetCurrentSchema{value.at("schema-id")};
  if (action == "add-spec") {
    FRAZIL_ASSIGN_OR_RETURN(auto spec, ParsePartitionSpec(value.at("spec")));
    return AddPartitionSpec{std::make_shared<const PartitionSpec>(std::move(spec))};
  }
  if (action == "set-default-spec") return SetDefaultSpec{value.at("spec-id")};
  if (action == "add-sort-order") {
    FRAZIL_ASSIGN_OR_RETURN(auto order, ParseSortOrder(value.at("sort-order")));
    return AddSortOrder{std::move(order)};
  }
  if (action == "set-default-sort-order") return SetDefaultSortOrder{value.at("sort-order-id")};
  if (action == "add-snapshot") {
    FRAZIL_ASSIGN_OR_RETURN(auto snapshot, ParseSnapshot(value.at("snapshot").dump()));
    return AddSnapshot{std::move(snapshot)};
  }
  if (action == "set-snapshot-ref") {
    FRAZIL_ASSIGN_OR_RETURN(auto ref, ParseSnapshotRef(value));
    return SetSnapshotRef{value.at("ref-name"), ref};
  }
  if (action == "remove-snapshot-ref") return RemoveSnapshotRef{value.at("ref-name")};
  if (action == "remove-snapshots") return RemoveSnapshots{value.at("snapshot-ids")};
  if (action == "set-location") return SetLocation{value.at("location")};
  if (action == "set-properties") return SetProperties{value.at("updates")};
  if (action == "remove-properties") return RemoveProperties{value.at("removals")};
  return Fail(ErrorKind::kInvalidArgument, "unknown action {}", action);
}

Result<Json> Rewrite(const Json& in) {
  FRAZIL_ASSIGN_OR_RETURN(const auto metadata, ParseTableMetadata(in.dump()));
  return Json::parse(WriteTableMetadata(*metadata));
}

Result<Json> Create(const Json& in) {
  NewTable table;
  table.location = in.at("location");
  FRAZIL_ASSIGN_OR_RETURN(const auto schema, ParseSchema(in.at("schema")));
  table.schema = schema->fields();
  FRAZIL_ASSIGN_OR_RETURN(table.spec, ParsePartitionFields(in.at("spec")));
  FRAZIL_ASSIGN_OR_RETURN(table.sort_order, ParseSortOrder(in.at("order")));
  table.properties = in.at("properties");
  table.format_version = in.at("format-version");
  FRAZIL_ASSIGN_OR_RETURN(const auto metadata, MakeTableMetadata(table, in.at("now-ms")));
  return Json::parse(WriteTableMetadata(metadata));
}

Result<Json> Apply(const Json& in) {
  FRAZIL_ASSIGN_OR_RETURN(const auto base, ParseTableMetadata(in.at("metadata").dump()));
  std::vector<TableUpdate> updates;
  for (const auto& item : in.at("updates")) {
    FRAZIL_ASSIGN_OR_RETURN(updates.emplace_back(), ParseUpdate(item));
  }
  FRAZIL_ASSIGN_OR_RETURN(const auto metadata, ApplyUpdates(*base, in.at("location"), updates, in.at("now-ms")));
  Json out = {{"metadata", Json::parse(WriteTableMetadata(metadata))}};
  for (const auto& update : updates) out["updates"].push_back(ToJson(update));
  for (const auto& requirement : RequirementsFor(*base, updates)) out["requirements"].push_back(ToJson(requirement));
  return out;
}

std::string FromHex(const std::string& text) {
  std::string bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

Json Hex(const Type& type, const Literal& value) {
  if (IsNull(value)) return nullptr;
  std::string text;
  for (const char byte : ToBytes(type, value)) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

Result<Json> Values(const Json& in) {
  Json out = Json::array();
  for (const auto& item : in) {
    FRAZIL_ASSIGN_OR_RETURN(const auto type, ParsePrimitiveType(item.at(0).get<std::string>()));
    const auto transform = Transform::Parse(item.at(1).get<std::string>());
    FRAZIL_ASSIGN_OR_RETURN(const auto result_type, transform.ResultType(*type));
    Literal value;
    if (!item.at(2).is_null()) {
      FRAZIL_ASSIGN_OR_RETURN(value, FromBytes(*type, FromHex(item.at(2))));
    }
    const auto result = transform.Apply(*type, value);
    out.push_back({{"bytes", Hex(*type, value)},
                   {"text", ToText(*type, value)},
                   {"result", Hex(*result_type, result)},
                   {"human", transform.ToHuman(*type, result)}});
  }
  return out;
}

int Main(const std::string& command, const std::string& in, const std::string& out) {
  const std::map<std::string, Result<Json> (*)(const Json&)> commands = {
      {"rewrite", Rewrite}, {"create", Create}, {"apply", Apply}, {"values", Values}};
  const auto result = commands.at(command)(Json::parse(std::ifstream(in)));
  if (!result) {
    std::cerr << ToString(result.error().kind) << ": " << result.error().message << "\n";
    return 1;
  }
  std::ofstream(out) << *result;
  return 0;
}

}  // namespace
}  // namespace frazil::iceberg

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: metadata_tool rewrite|create|apply|values IN OUT\n";
    return 2;
  }
  return frazil::iceberg::Main(argv[1], argv[2], argv[3]);
}
