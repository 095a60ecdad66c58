#include "app/starting_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <initializer_list>

#include "app/catalog_config.h"
#include "app/config.h"
#include "app/key_reference.h"

namespace frazil::app {
namespace {

// As a value of YAML that is taken for what it is, whatever stands in it.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (c == '$') quoted += '$';
    quoted += c;
  }
  return quoted + '"';
}

// Names of sources, sinks and pipelines hold less than those of topics and tables do.
std::string NameOf(std::string_view text) {
  std::string name(text);
  std::replace_if(
      name.begin(), name.end(),
      [](char c) { return !std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-' && c != '.'; }, '_');
  return name;
}

const Key* FindKey(const KeyTable& table, std::string_view name) {
  for (const Key& key : table.keys()) {
    if (key.name == name) return &key;
  }
  for (const Kind& kind : table.kinds()) {
    if (const Key* key = FindKey(*kind.keys, name)) return key;
  }
  return nullptr;
}

// The keys of the map that this path of names leads to.
const KeyTable& TableAt(std::initializer_list<std::string_view> path) {
  const KeyTable* table = &RootKeys();
  for (const std::string_view name : path) table = FindKey(*table, name)->below;
  return *table;
}

// Commented out: what holds without them, or an example where nothing does.
struct Suggested {
  std::string_view key;
  std::string_view example = {};
};
std::string Suggestions(const KeyTable& table, std::initializer_list<Suggested> suggested, std::string_view indent) {
  std::string lines;
  for (const auto& [name, example] : suggested) {
    const Key* key = FindKey(table, name);
    const std::string about = PlainText(key->about);
    const std::string said = fmt::format("# {}: {}", name, example.empty() ? key->fallback : std::string(example));
    lines += fmt::format("{}{:<36}  # {}\n", indent, said, about.substr(0, about.find(". ")));
  }
  return lines;
}

constexpr std::string_view kInConfig = "      ", kInCatalog = "          ";

// The map below `catalog:`.
struct CatalogLines {
  std::string lines;
  void Type(std::string_view type) { lines = fmt::format("        type: {0}\n        {0}:\n", type); }
  void Add(std::string_view key, std::string_view value) {
    if (!value.empty()) lines += fmt::format("{}{}: {}\n", kInCatalog, key, Quoted(value));
  }
};

Result<std::string> CatalogOf(const StartingPoint& start) {
  CatalogLines out;
  const KeyTable& keys = TableAt({"sinks", "config", "catalog"});
  if (start.catalog.starts_with("thrift://")) {
    out.Type("hive");
    out.Add("uri", start.catalog);
    out.Add("warehouse", start.warehouse);
    return out.lines;
  }
  FRAZIL_ASSIGN_OR_RETURN(const CatalogConfig config,
                          CatalogFromFlags({.catalog = start.catalog, .warehouse = start.warehouse, .name = {}}));
  if (const auto* rest = std::get_if<catalog::RestCatalogOptions>(&config)) {
    out.Type("rest");
    out.Add("uri", rest->uri);
    out.Add("warehouse", rest->warehouse);
    return out.lines +
           Suggestions(*FindKey(keys, "rest")->below, {{"credential", "${CATALOG_CREDENTIAL}"}}, kInCatalog);
  }
  const auto& sql = std::get<catalog::SqlCatalogOptions>(config);
  out.Type("sql");
  out.Add("uri", sql.uri.Reveal());
  out.Add("warehouse", sql.warehouse);
  if (sql.uri.Reveal().starts_with("sqlite:")) return out.lines;
  return out.lines +
         Suggestions(*FindKey(keys, "sql")->below, {{"password", "${file:/run/secrets/catalog}"}}, kInCatalog);
}

// Where the warehouse wants keys that the environment may lack.
std::string StorageOf(const std::string& warehouse) {
  const auto of = [](std::string_view section, std::string_view keys) {
    const Key* key = FindKey(TableAt({"sinks", "config"}), section);
    return fmt::format("{}# {}: {}  # {}\n", kInConfig, section, keys, PlainText(key->about));
  };
  if (warehouse.starts_with("s3")) return of("s3", "{region: eu-west-1}");
  if (warehouse.starts_with("gs:")) return of("gcs", "{service_account_key: \"${file:/run/secrets/gcs.json}\"}");
  if (warehouse.starts_with("abfs") || warehouse.starts_with("wasb")) {
    return of("azure", "{access_key: \"${AZURE_STORAGE_KEY}\"}");
  }
  return {};
}

}  // namespace

Result<std::string> StartingFile(const StartingPoint& start) {
  if (start.topic.empty()) return Fail(ErrorKind::kInvalidArgument, "which topic is to be read? give --topic");
  FRAZIL_ASSIGN_OR_RETURN(
      const auto table, catalog::ParseTableIdent(start.table.empty() ? "default." + NameOf(start.topic) : start.table));
  FRAZIL_ASSIGN_OR_RETURN(const std::string catalog, CatalogOf(start));
  const KeyTable& source = TableAt({"sources", "config"});
  const KeyTable& sink = TableAt({"sinks", "config"});
  const std::string name = NameOf(start.topic);
  std::string text = fmt::format(
      R"(# Records of topic {topic} become rows of table {table}.
#
#   frazil check -c FILE    tries the broker, the catalog and the storage
#   frazil plan -c FILE     shows the table as it would be
#   frazil run -c FILE      moves records until it is stopped
#
# What is commented out holds as it stands there. All keys: docs/configuration.md, or `frazil schema KEY`. Editors know
# them once `frazil schema > frazil.schema.json` has written what this names:
# yaml-language-server: $schema=frazil.schema.json
version: "1.0"

sources:
  {name}:
    connector: kafka
    config:
      brokers: {brokers}
      topics: [{quoted_topic}]
{source_keys}
sinks:
  lake:
    connector: iceberg
    config:
      catalog:
{catalog}      namespace: {ns}
      table: {quoted_table}
{sink_keys}
pipelines:
  {name}:
    source: {name}
    sink: lake
{pipeline_keys})",
      fmt::arg("topic", start.topic), fmt::arg("table", table.ToString()), fmt::arg("name", name),
      fmt::arg("brokers", Quoted(start.brokers)), fmt::arg("quoted_topic", Quoted(start.topic)),
      fmt::arg("source_keys",
               Suggestions(source, {{"start"}, {"format"}, {"security", "{protocol: SASL_SSL, mechanism: PLAIN}"}},
                           kInConfig)),
      fmt::arg("catalog", catalog), fmt::arg("ns", Quoted(fmt::format("{}", fmt::join(table.ns, ".")))),
      fmt::arg("quoted_table", Quoted(table.name)),
      fmt::arg("sink_keys", Suggestions(sink,
                                        {{"partition_by", "[day(COLUMN)]"},
                                         {"batch_size"},
                                         {"flush_interval_secs"},
                                         {"target_file_size_mb"},
                                         {"compression"},
                                         {"schema_evolution"},
                                         {"on_bad_record"},
                                         {"infer_time"},
                                         {"metadata", "[partition, offset, timestamp]"}},
                                        kInConfig) +
                                StorageOf(start.warehouse)),
      fmt::arg("pipeline_keys", Suggestions(TableAt({"pipelines"}), {{"memory_limit_mb"}}, "    ")));
  const auto none = [](const std::string&) -> std::optional<std::string> { return std::nullopt; };
  FRAZIL_RETURN_IF_ERROR(ParseConfig(text, "the new file", none));
  return text;
}

}  // namespace frazil::app
