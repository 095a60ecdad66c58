// `sinks.<name>`: the table records go to, and how.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "app/config_sections.h"
#include "ingest/table_fit.h"

namespace frazil::app {
namespace {

using ingest::SinkOptions;

constexpr KnownPlace kPlaces[] = {
    {"brokers", "sources.<name>.config"},
    {"topics", "sources.<name>.config"},
    {"topic_pattern", "sources.<name>.config"},
    {"group", "sources.<name>.config"},
    {"start", "sources.<name>.config"},
    {"on_lost_records", "sources.<name>.config"},
    {"format", "sources.<name>.config"},
    {"isolation", "sources.<name>.config"},
    {"security", "sources.<name>.config"},
    {"catalog", "sinks.<name>.config"},
    {"namespace", "sinks.<name>.config"},
    {"table", "sinks.<name>.config"},
    {"batch_size", "sinks.<name>.config"},
    {"flush_interval_secs", "sinks.<name>.config"},
    {"target_file_size_mb", "sinks.<name>.config"},
    {"compression", "sinks.<name>.config"},
    {"partitioning", "sinks.<name>.config"},
    {"partition_fields", "sinks.<name>.config"},
    {"num_buckets", "sinks.<name>.config"},
    {"time_granularity", "sinks.<name>.config"},
    {"commit_mode", "sinks.<name>.config"},
    {"schema_evolution", "sinks.<name>.config"},
    {"max_columns", "sinks.<name>.config"},
    {"max_nested_lists", "sinks.<name>.config"},
    {"time_unit", "sinks.<name>.config"},
    {"delivery", "sinks.<name>.config"},
    {"schema", "sinks.<name>.config"},
    {"infer_time", "sinks.<name>.config"},
    {"metadata", "sinks.<name>.config"},
    {"on_bad_record", "sinks.<name>.config"},
    {"dead_letter_topic", "sinks.<name>.config"},
    {"max_errors", "sinks.<name>.config"},
    {"on_rollback", "sinks.<name>.config"},
    {"min_commit_interval_ms", "sinks.<name>.config"},
    {"offset_flush_secs", "sinks.<name>.config"},
    {"s3", "sinks.<name>.config"},
    {"region", "sinks.<name>.config.s3"},
    {"endpoint", "sinks.<name>.config.s3"},
    {"path_style_access", "sinks.<name>.config.s3"},
    {"access_key_id", "sinks.<name>.config.s3"},
    {"secret_access_key", "sinks.<name>.config.s3"},
    {"session_token", "sinks.<name>.config.s3"},
    {"gcs", "sinks.<name>.config"},
    {"project_id", "sinks.<name>.config.gcs"},
    {"service_account_key", "sinks.<name>.config.gcs"},
    {"azure", "sinks.<name>.config"},
    {"storage_account", "sinks.<name>.config.azure"},
    {"access_key", "sinks.<name>.config.azure"},
    {"sas_token", "sinks.<name>.config.azure"},
    {"connection_string", "sinks.<name>.config.azure"},
    {"uri", "sinks.<name>.config.catalog.<type>"},
    {"warehouse", "sinks.<name>.config.catalog"},
    {"credential", "sinks.<name>.config.catalog.rest"},
    {"enabled", "pipelines.<name>"},
    {"memory_limit_mb", "pipelines.<name>"},
    {"max_record_bytes", "pipelines.<name>"},
    {"lanes", "pipelines.<name>"},
    {"take_over", "pipelines.<name>"},
    {"independent", "pipelines.<name>"},
};

void ReadBatching(YamlMap& config, SinkOptions& options) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  options.batch_size = config.Integer("batch_size", 1, 1'000'000'000).value_or(options.batch_size);
  if (const auto value = config.Integer("flush_interval_secs", 1, 86'400)) options.flush_interval = seconds(*value);
  if (const auto value = config.Integer("target_file_size_mb", 1, 10'240)) options.target_file_size = *value << 20;
  if (const auto value = config.Integer("min_commit_interval_ms", 0, 3'600'000)) {
    options.min_commit_interval = milliseconds(*value);
  }
  if (const auto value = config.Integer("offset_flush_secs", 1, 86'400)) options.offset_flush = seconds(*value);
  using enum parquet::Compression;
  options.compression = config
                            .OneOf<parquet::Compression>("compression", {{"none", kNone},
                                                                         {"snappy", kSnappy},
                                                                         {"gzip", kGzip},
                                                                         {"lz4", kLz4},
                                                                         {"zstd", kZstd},
                                                                         {"brotli", kBrotli}})
                            .value_or(options.compression);
}

using Terms = std::vector<iceberg::TransformTerm>;

// One transform for all columns.
enum class Strategy { kNone, kTableDefault, kIdentity, kBucket, kTime };

std::optional<Terms> ReadStrategy(YamlMap& config, std::vector<std::string>& warnings) {
  using iceberg::TransformKind;
  const auto strategy = config.OneOf<Strategy>("partitioning", {{"none", Strategy::kNone},
                                                                {"table_default", Strategy::kTableDefault},
                                                                {"identity", Strategy::kIdentity},
                                                                {"bucket", Strategy::kBucket},
                                                                {"time", Strategy::kTime}});
  const std::vector<std::string> columns = config.Texts("partition_fields");
  const auto buckets = config.Integer("num_buckets", 1, std::numeric_limits<int32_t>::max());
  const auto granularity = config.OneOf<TransformKind>("time_granularity", {{"year", TransformKind::kYear},
                                                                            {"month", TransformKind::kMonth},
                                                                            {"day", TransformKind::kDay},
                                                                            {"hour", TransformKind::kHour}});
  const bool wants_columns =
      strategy == Strategy::kIdentity || strategy == Strategy::kBucket || strategy == Strategy::kTime;
  const bool readable = strategy.has_value() || !config.Has("partitioning");
  if (wants_columns && columns.empty()) {
    config.Add("partition_fields", "partitioning by identity, bucket or time needs at least one column here");
  }
  if (readable && !wants_columns && !columns.empty()) {
    config.Add("partition_fields", "has no effect without partitioning: identity, bucket or time");
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    if (std::count(columns.begin(), columns.begin() + static_cast<ptrdiff_t>(i), columns[i]) > 0) {
      config.Add("partition_fields", fmt::format("column \"{}\" stands here twice", columns[i]));
    }
  }
  if (config.Has("num_buckets") && strategy != Strategy::kBucket) {
    warnings.push_back(config.path() + ".num_buckets has no effect without partitioning: bucket");
  }
  if (config.Has("time_granularity") && strategy != Strategy::kTime) {
    warnings.push_back(config.path() + ".time_granularity has no effect without partitioning: time");
  }
  if (!strategy || strategy == Strategy::kTableDefault) return std::nullopt;
  iceberg::Transform transform;
  if (strategy == Strategy::kBucket) {
    transform = {TransformKind::kBucket, static_cast<int32_t>(buckets.value_or(16)), ""};
  } else if (strategy == Strategy::kTime) {
    transform = {granularity.value_or(TransformKind::kDay), 0, ""};
  }
  Terms terms;
  for (const std::string& column : columns) terms.push_back({column, transform});
  return terms;
}

bool IsTime(const iceberg::Transform& transform) {
  using iceberg::TransformKind;
  return transform.kind == TransformKind::kYear || transform.kind == TransformKind::kMonth ||
         transform.kind == TransformKind::kDay || transform.kind == TransformKind::kHour;
}

// The commas of "[day(ts), bucket(16, id)]" are YAML's as well: what it took apart is put together again.
std::optional<Terms> ReadTerms(YamlMap& config) {
  const auto terms = iceberg::ParseTransformTerms(fmt::format("{}", fmt::join(config.Texts("partition_by"), ", ")));
  if (!terms) {
    config.Add("partition_by", terms.error().message);
    return std::nullopt;
  }
  for (size_t i = 0; i < terms->size(); ++i) {
    const iceberg::TransformTerm& term = (*terms)[i];
    for (size_t before = 0; before < i; ++before) {
      const iceberg::TransformTerm& other = (*terms)[before];
      if (other.column != term.column) continue;
      if (other.transform == term.transform) {
        config.Add("partition_by", fmt::format("\"{}\" stands here twice", ToString(term)));
      } else if (IsTime(other.transform) && IsTime(term.transform)) {
        config.Add("partition_by", fmt::format("\"{}\" beside \"{}\": one of them tells all that the other does, and "
                                               "other engines refuse such a table; keep the one you want",
                                               ToString(term), ToString(other)));
      }
    }
  }
  return *terms;
}

std::optional<std::vector<iceberg::SortTerm>> ReadSortTerms(YamlMap& config) {
  const std::vector<std::string> said = config.Texts("sort_by");
  if (!config.Has("sort_by")) return std::nullopt;
  if (said.empty()) return std::vector<iceberg::SortTerm>();
  const auto terms = iceberg::ParseSortTerms(fmt::format("{}", fmt::join(said, ", ")));
  if (!terms) {
    config.Add("sort_by", terms.error().message);
    return std::nullopt;
  }
  for (size_t i = 0; i < terms->size(); ++i) {
    const auto same = [&](const iceberg::SortTerm& other) { return other.term == (*terms)[i].term; };
    if (std::any_of(terms->begin(), terms->begin() + static_cast<ptrdiff_t>(i), same)) {
      config.Add("sort_by", fmt::format("\"{}\" stands here twice", ToString((*terms)[i].term)));
    }
  }
  return *terms;
}

void ReadPartitioning(YamlMap& config, SinkOptions& options, std::vector<std::string>& warnings) {
  options.sort_by = ReadSortTerms(config);
  const bool by_terms = config.Has("partition_by");
  options.partition_by = ReadStrategy(config, warnings);
  if (!by_terms) return;
  if (config.Has("partitioning")) {
    config.Add("partition_by", "stands beside partitioning: keep one of the two");
  }
  options.partition_by = ReadTerms(config);
}

std::vector<decode::MetadataColumn> ReadMetadata(YamlMap& config) {
  using enum decode::MetadataColumn;
  constexpr Choice<decode::MetadataColumn> kColumns[] = {
      {"topic", kTopic}, {"partition", kPartition}, {"offset", kOffset}, {"timestamp", kTimestamp},
      {"key", kKey},     {"headers", kHeaders},
  };
  std::vector<decode::MetadataColumn> columns;
  for (const auto& word : config.Texts("metadata")) {
    const auto it =
        std::find_if(std::begin(kColumns), std::end(kColumns), [&](const auto& c) { return c.word == word; });
    if (it == std::end(kColumns)) {
      config.Add("metadata",
                 fmt::format("expected topic, partition, offset, timestamp, key or headers, found \"{}\"", word));
    } else if (std::find(columns.begin(), columns.end(), it->value) != columns.end()) {
      config.Add("metadata", fmt::format("\"{}\" stands here twice", word));
    } else {
      columns.push_back(it->value);
    }
  }
  return columns;
}

void ReadPolicies(YamlMap& config, SinkOptions& options, std::vector<std::string>& warnings) {
  using ingest::CommitMode;
  using ingest::Delivery;
  using ingest::OnBadRecord;
  using ingest::OnRollback;
  options.commit_mode =
      config
          .OneOf<CommitMode>("commit_mode", {{"append", CommitMode::kAppend}, {"overwrite", CommitMode::kOverwrite}},
                             {{"upsert", "use append"}})
          .value_or(options.commit_mode);
  options.overwrite_per_batch = config.OneOf<bool>("overwrite_confirm", {{"per_batch", true}}).value_or(false);
  if (config.Has("overwrite_confirm") && options.commit_mode != CommitMode::kOverwrite) {
    config.Add("overwrite_confirm", "has no effect without commit_mode: overwrite");
  }
  options.decoder.add_columns = config
                                    .OneOf<bool>("schema_evolution", {{"strict", false}, {"add_columns", true}},
                                                 {{"full", "use add_columns or strict"}})
                                    .value_or(true);
  options.decoder.max_columns = config.Integer("max_columns", 1, 1'000'000).value_or(options.decoder.max_columns);
  options.decoder.max_nested_lists =
      static_cast<int>(config.Integer("max_nested_lists", 0, 63).value_or(options.decoder.max_nested_lists));
  for (const char* limit : {"max_columns", "max_nested_lists"}) {
    if (config.Has(limit) && !options.decoder.add_columns) {
      warnings.push_back(fmt::format("{}.{} has no effect with schema_evolution: strict", config.path(), limit));
    }
  }
  using decode::EpochUnit;
  options.decoder.time_unit = config
                                  .OneOf<EpochUnit>("time_unit", {{"seconds", EpochUnit::kSeconds},
                                                                  {"milliseconds", EpochUnit::kMillis},
                                                                  {"microseconds", EpochUnit::kMicros},
                                                                  {"nanoseconds", EpochUnit::kNanos}})
                                  .value_or(options.decoder.time_unit);
  options.decoder.infer_time = config.Flag("infer_time").value_or(false);
  options.decoder.metadata = ReadMetadata(config);
  options.delivery = config
                         .OneOf<Delivery>("delivery", {{"exactly_once", Delivery::kExactlyOnce},
                                                       {"at_least_once", Delivery::kAtLeastOnce}})
                         .value_or(options.delivery);
  options.on_bad_record = config
                              .OneOf<OnBadRecord>("on_bad_record",
                                                  {{"fail", OnBadRecord::kFail},
                                                   {"skip", OnBadRecord::kSkip},
                                                   {"errors_table", OnBadRecord::kErrorsTable},
                                                   {"topic", OnBadRecord::kTopic}},
                                                  {{"dead_letter", "use errors_table, or topic"}})
                              .value_or(options.on_bad_record);
  options.dead_letter_topic = config.Text("dead_letter_topic").value_or("");
  const bool to_topic = options.on_bad_record == OnBadRecord::kTopic;
  if (to_topic && options.dead_letter_topic.empty()) {
    config.Add("on_bad_record", "topic needs dead_letter_topic, the name of the topic that takes bad records");
  } else if (!to_topic && config.Has("dead_letter_topic")) {
    config.Add("dead_letter_topic", "takes bad records only with on_bad_record: topic; add that, or remove this");
  }
  options.max_errors = config.Integer("max_errors", 1, 1'000'000'000);
  if (options.max_errors && options.on_bad_record == OnBadRecord::kFail) {
    warnings.push_back(config.path() + ".max_errors has no effect with on_bad_record: fail");
  }
  if (options.on_bad_record == OnBadRecord::kErrorsTable && options.delivery != Delivery::kExactlyOnce) {
    config.Add("on_bad_record",
               "errors_table keeps what it needs with the offsets in the table: it takes delivery: "
               "exactly_once");
  }
  options.on_rollback = config
                            .OneOf<OnRollback>("on_rollback", {{"stop", OnRollback::kStop},
                                                               {"reingest", OnRollback::kReingest},
                                                               {"continue", OnRollback::kContinue}})
                            .value_or(options.on_rollback);
}

void ReadIceberg(YamlMap& config, SinkConfig& sink, std::vector<std::string>& warnings) {
  io::Properties storage;
  if (auto s3 = config.Map("s3")) storage.merge(ReadS3(*s3));
  if (auto gcs = config.Map("gcs")) storage.merge(ReadGcs(*gcs));
  if (auto azure = config.Map("azure")) storage.merge(ReadAzure(*azure));
  config.Require("catalog", "a map with type and the catalog's settings");
  if (auto catalog = config.Map("catalog")) sink.catalog = ReadCatalog(*catalog, storage);
  config.Require("namespace", "the table's namespace; dots separate levels");
  config.Require("table", "the table's name");
  const auto ns = config.Text("namespace");
  if (ns && (ns->empty() || ns->starts_with('.') || ns->ends_with('.') || ns->find("..") != std::string::npos)) {
    config.Add("namespace", "expected names separated by single dots");
  } else if (ns) {
    sink.options.table.ns = catalog::ParseNamespace(*ns);
    if (const Status named = catalog::CheckNames(sink.options.table.ns); !named) {
      config.Add("namespace", named.error().message);
    }
  }
  const auto table = config.Text("table");
  sink.options.table.name = table.value_or("");
  if (table) {
    if (const Status named = catalog::CheckNames(catalog::TableIdent{{}, *table}); !named)
      config.Add("table", named.error().message);
  }
  ReadBatching(config, sink.options);
  ReadPartitioning(config, sink.options, warnings);
  ReadPolicies(config, sink.options, warnings);
  iceberg::ColumnNames names;
  for (const std::string& name : ingest::PartitionFieldNames(sink.options)) names.Reserve(name);
  sink.options.schema = ReadSchema(config, names);
  for (const auto column : sink.options.decoder.metadata) {
    const iceberg::Field field = decode::MetadataField(column);
    const bool declared = std::any_of(sink.options.schema.begin(), sink.options.schema.end(),
                                      [&](const iceberg::Field& other) { return other.name == field.name; });
    const auto clash = declared ? std::nullopt : names.Take("", field);
    if (clash) config.Add("metadata", fmt::format("column \"{}\": {}", clash->column, clash->why));
  }
  config.NotYet({{"key_fields", "rows can only be appended"},
                 {"dead_letters", "use on_bad_record: errors_table, or topic"},
                 {"dead_letter", "use on_bad_record: errors_table, or topic"},
                 {"routing", "use one sink for each table"},
                 {"tables", "use one sink for each table"},
                 {"maintenance", ""},
                 {"transforms", ""},
                 {"transform", ""},
                 {"sort_fields", ""}});
  config.Finish(KnownPlaces());
}

}  // namespace

std::span<const KnownPlace> KnownPlaces() { return kPlaces; }

SinkConfig ReadSink(YamlMap& sink, const std::string& name, std::vector<std::string>& warnings) {
  SinkConfig read;
  read.name = name;
  sink.Require("connector", "iceberg");
  const auto connector = sink.OneOf<bool>("connector", {{"iceberg", true}});
  if (sink.Has("connector") && !connector) return read;  // its other keys mean something else
  sink.Require("config", "a map with catalog, namespace and table");
  if (auto config = sink.Map("config")) ReadIceberg(*config, read, warnings);
  sink.Finish(KnownPlaces());
  return read;
}

}  // namespace frazil::app
