// `frazil table describe`.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/table_report.h"
#include "app/text_table.h"
#include "iceberg/type_text.h"
#include "table/history_growth.h"
#include "table/offset_store.h"
#include "table/state_validity.h"

namespace frazil::app {
namespace {

using Json = nlohmann::ordered_json;

// Adds a row for each column and, after it, one for each field nested in it, by full names such as "a.b".
void AddColumns(const std::vector<iceberg::Field>& fields, const std::string& prefix, Json& columns) {
  for (const auto& field : fields) {
    const std::string name = prefix + field.name;
    columns.push_back({{"id", field.id},
                       {"name", name},
                       {"type", iceberg::TypeText(*field.type)},
                       {"required", field.required},
                       {"doc", field.doc}});
    if (field.type->is_nested()) AddColumns(field.type->fields(), name + ".", columns);
  }
}

Json PartitionFields(const iceberg::TableMetadata& metadata) {
  Json fields = Json::array();
  for (const auto& field : metadata.spec()->fields) {
    fields.push_back({{"name", field.name},
                      {"transform", field.transform.ToString()},
                      {"source", metadata.schema()->FullName(field.source_id)},
                      {"field_id", field.field_id}});
  }
  return fields;
}

Json SortFields(const iceberg::TableMetadata& metadata) {
  Json fields = Json::array();
  for (const auto& order : metadata.sort_orders) {
    if (order.order_id != metadata.default_sort_order_id) continue;
    for (const auto& field : order.fields) {
      fields.push_back({{"transform", field.transform.ToString()},
                        {"source", metadata.schema()->FullName(field.source_id)},
                        {"direction", field.ascending ? "asc" : "desc"},
                        {"nulls", field.nulls_first ? "first" : "last"}});
    }
  }
  return fields;
}

Json References(const iceberg::TableMetadata& metadata) {
  Json refs = Json::array();
  for (const auto& [name, ref] : metadata.refs) {
    refs.push_back({{"name", name}, {"type", ref.is_branch ? "branch" : "tag"}, {"snapshot_id", ref.snapshot_id}});
  }
  return refs;
}

// An array of one object per pipeline and topic. If a state cannot be read, the object says so, and the rest of the
// table is still shown.
Json Offsets(const catalog::LoadedTable& loaded) {
  const auto& metadata = *loaded.metadata;
  Json list = Json::array();
  const auto states = table::StoredStates(metadata, *loaded.io);
  if (!states) {
    list.push_back({{"error", states.error().message}});
    return list;
  }
  for (const auto& stored : *states) {
    const table::OffsetState& state = stored.state;
    record::OffsetCounts counts;
    Json next = Json::object();
    for (const auto& [partition, at] : state.partitions) {
      counts += at.counts;
      next[fmt::to_string(partition)] = at.next;
    }
    list.push_back({{"pipeline", state.pipeline},
                    {"topic", state.topic},
                    {"ref", state.ref},
                    {"kept_in", stored.form == table::OffsetForm::kProperty ? "property" : "tag"},
                    {"valid", table::CheckValidity(state, metadata) == table::StateValidity::kValid},
                    {"counts", CountsJson(counts)},
                    {"next", next}});
  }
  return list;
}

std::string OffsetsLine(const Json& state) {
  if (state.contains("error")) return state["error"].get<std::string>();
  const auto& counts = state["counts"];
  int64_t accounted = 0;
  std::string others;
  for (const auto& [name, count] : counts.items()) {
    accounted += count.get<int64_t>();
    if (name != "rows" && count != 0) others += fmt::format(", {} {}", FormatCount(count.get<int64_t>()), name);
  }
  return fmt::format("pipeline {}, topic {}: {} partitions, {} offsets accounted for ({} rows{}){}",
                     state["pipeline"].get<std::string>(), state["topic"].get<std::string>(), state["next"].size(),
                     FormatCount(accounted), FormatCount(counts["rows"].get<int64_t>()), others,
                     state["valid"] ? "" : "; not valid here: the table was copied or rolled back");
}

std::string PartitionLine(const Json& description) {
  std::vector<std::string> parts;
  for (const auto& field : description["partition_spec"]["fields"]) {
    const auto transform = field["transform"].get<std::string>();
    const auto source = field["source"].get<std::string>();
    parts.push_back(transform == "identity" ? source : fmt::format("{}({})", transform, source));
  }
  return parts.empty() ? "unpartitioned" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string SortLine(const Json& description) {
  std::vector<std::string> parts;
  for (const auto& field : description["sort_order"]) {
    const auto transform = field["transform"].get<std::string>();
    const auto source = field["source"].get<std::string>();
    parts.push_back(fmt::format("{} {} nulls {}", transform == "identity" ? source : transform + "(" + source + ")",
                                field["direction"].get<std::string>(), field["nulls"].get<std::string>()));
  }
  return parts.empty() ? "unsorted" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string SnapshotLine(const Json& snapshot) {
  if (snapshot.is_null()) return "none: the table is empty";
  std::string line =
      fmt::format("{} of {}, {}", snapshot["snapshot_id"].get<int64_t>(),
                  FormatMillis(snapshot["timestamp_ms"].get<int64_t>()), snapshot["operation"].get<std::string>());
  const auto add = [&](const char* key, auto format, const char* unit) {
    const auto& value = snapshot[key];
    if (value.is_number_integer()) line += fmt::format(", {}{}", format(value.template get<int64_t>()), unit);
  };
  add("total_records", FormatCount, " rows");
  add("total_files", FormatCount, " files");
  add("total_bytes", FormatBytes, "");
  return line;
}

// Leaves out offsets, which have lines of their own, and shows only the size of other long values.
std::string PropertiesText(const Json& properties) {
  constexpr size_t kLongest = 100;
  Json rows = Json::array();
  for (const auto& [key, value] : properties.items()) {
    if (key.starts_with(table::kOffsetsKeyPrefix)) continue;
    auto text = value.get<std::string>();
    if (text.size() > kLongest) text = fmt::format("({} bytes; --json shows it)", text.size());
    rows.push_back({{"key", "  " + key}, {"value", text}});
  }
  return rows.empty() ? "" : "\nProperties\n" + FormatTable({{"key", "  KEY"}, {"value", "VALUE"}}, rows);
}

}  // namespace

Json CountsJson(const record::OffsetCounts& counts) {
  return {{"rows", counts.rows},
          {"errors", counts.errors},
          {"skipped", counts.skipped},
          {"routed", counts.routed},
          {"gaps", counts.gaps}};
}

Json TableDescription(const catalog::TableIdent& ident, const catalog::LoadedTable& table) {
  const auto& metadata = *table.metadata;
  Json columns = Json::array();
  AddColumns(metadata.schema()->fields(), "", columns);
  Json identifiers = Json::array();
  for (const int32_t id : metadata.schema()->identifier_field_ids()) {
    identifiers.push_back(metadata.schema()->FullName(id));
  }
  Json current;
  if (metadata.current_snapshot_id) {
    for (const auto& snapshot : TableSnapshots(metadata)) {
      if (snapshot["snapshot_id"] == *metadata.current_snapshot_id) current = snapshot;
    }
  }
  return {{"table", ident.ToString()},
          {"uuid", metadata.table_uuid},
          {"location", metadata.location},
          {"metadata_location", table.metadata_location},
          {"format_version", metadata.format_version},
          {"last_updated_ms", metadata.last_updated_ms},
          {"schema_id", metadata.current_schema_id},
          {"columns", columns},
          {"identifier_columns", identifiers},
          {"partition_spec", {{"spec_id", metadata.default_spec_id}, {"fields", PartitionFields(metadata)}}},
          {"sort_order", SortFields(metadata)},
          {"current_snapshot", current},
          {"snapshots", metadata.snapshots.size()},
          {"refs", References(metadata)},
          {"offsets", Offsets(table)},
          {"warnings", table::HistoryAdvice(table)},
          {"properties", metadata.properties}};
}

std::string TableDescriptionText(const Json& description) {
  std::string out;
  const auto line = [&](std::string_view name, const std::string& value) {
    out += fmt::format("{:<16}{}\n", name, value);
  };
  line("Table", description["table"].get<std::string>());
  line("UUID", description["uuid"].get<std::string>());
  line("Location", description["location"].get<std::string>());
  line("Metadata", description["metadata_location"].get<std::string>());
  line("Format", fmt::format("v{}", description["format_version"].get<int>()));
  line("Updated", FormatMillis(description["last_updated_ms"].get<int64_t>()));
  line("Partitioned by", PartitionLine(description));
  line("Sorted by", SortLine(description));
  line("Snapshot", SnapshotLine(description["current_snapshot"]));
  for (const auto& ref : description["refs"]) {
    line(ref["type"] == "branch" ? "Branch" : "Tag",
         fmt::format("{} at {}", ref["name"].get<std::string>(), ref["snapshot_id"].get<int64_t>()));
  }
  for (const auto& state : description["offsets"]) line("Offsets", OffsetsLine(state));
  for (const auto& warning : description["warnings"]) line("Warning", warning.get<std::string>());
  Json columns = description["columns"];
  for (auto& column : columns) {
    column["required"] = column["required"].get<bool>() ? "required" : "optional";
    column["name"] = "  " + column["name"].get<std::string>();
  }
  out += "\nColumns\n";
  out += FormatTable(
      {{"name", "  NAME"}, {"type", "TYPE"}, {"required", "NULLS"}, {"id", "ID", Show::kNumber}, {"doc", "DOC"}},
      columns);
  out += PropertiesText(description["properties"]);
  return out;
}

}  // namespace frazil::app
