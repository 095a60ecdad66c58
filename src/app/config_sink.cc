// `sinks.<name>`: the table records go to, and how.
#include <fmt/format.h>

#include <algorithm>

#include "app/config_sections.h"
#include "app/readers.h"
#include "common/text/nearest_word.h"
#include "ingest/table_fit.h"

namespace frazil::app {
namespace {

using ingest::CommitMode;
using ingest::Delivery;
using ingest::OnBadRecord;
using ingest::OnRollback;
using ingest::SinkOptions;

// What `config` of an Iceberg sink says.
struct IcebergSink {
  CatalogConfig catalog;
  io::Properties storage;
  Partitioning partitioning;
  SinkOptions options;
  std::vector<std::string> readers;
};

Status ParseNamespace(catalog::TableIdent& table, const std::string& text) {
  if (text.empty() || text.starts_with('.') || text.ends_with('.') || text.find("..") != std::string::npos) {
    return Fail(ErrorKind::kInvalidArgument, "expected names separated by single dots");
  }
  table.ns = catalog::ParseNamespace(text);
  return catalog::CheckNames(table.ns);
}

Status ParseTable(catalog::TableIdent& table, const std::string& text) {
  table.name = text;
  return catalog::CheckNames(catalog::TableIdent{{}, text});
}

const Section<catalog::TableIdent>& TableKeys() {
  static const auto keys = Section<catalog::TableIdent>("catalog")
                               .Parsed("namespace", ParseNamespace, "dots separate levels; made if it does not exist")
                               .Required("the table's namespace; dots separate levels")
                               .Parsed("table", ParseTable, "made if it does not exist")
                               .Required("the table's name");
  return keys;
}

const Section<SinkOptions>& BatchingKeys() {
  using enum parquet::Compression;
  static const auto keys =
      Section<SinkOptions>("ingest")
          .Whole("batch_size", &SinkOptions::batch_size, {1, 1'000'000'000}, "records that make a commit due")
          .Whole("flush_interval_secs", &SinkOptions::flush_interval, {1, 86'400, kSeconds},
                 "age of the oldest record in hand that makes a commit due. An empty interval commits nothing. A "
                 "process's first commit does not wait: it comes once what was there at the start is read")
          .Whole("target_file_size_mb", &SinkOptions::target_file_size, {1, 10'240, kMebibytes},
                 "size of a data file at which it is closed, which makes a commit due too")
          .Whole("min_commit_interval_ms", &SinkOptions::min_commit_interval, {0, 3'600'000, kMilliseconds},
                 "least time between two commits. A commit takes everything in hand, so a backlog becomes few commits")
          .Whole("offset_flush_secs", &SinkOptions::offset_flush, {1, 86'400, kSeconds},
                 "progress without rows (aborted transactions, skipped records) is committed at least this often")
          .Word("compression", &SinkOptions::compression,
                {{"none", kNone},
                 {"snappy", kSnappy},
                 {"gzip", kGzip},
                 {"lz4", kLz4},
                 {"zstd", kZstd},
                 {"brotli", kBrotli}},
                "of Parquet");
  return keys;
}

void ReadMetadata(const Key& key, YamlMap& config, std::vector<decode::MetadataColumn>& columns) {
  for (const auto& word : config.Texts(key.name)) {
    const auto column = decode::ParseMetadataColumn(word);
    if (!column) {
      config.Add(key.name,
                 fmt::format("expected topic, partition, offset, timestamp, key or headers, found \"{}\"", word));
    } else if (std::find(columns.begin(), columns.end(), *column) != columns.end()) {
      config.Add(key.name, fmt::format("\"{}\" stands here twice", word));
    } else {
      columns.push_back(*column);
    }
  }
}

void ReadEvolution(const Key& key, YamlMap& config, decode::DecoderOptions& options) {
  const auto said = config.Word(key.name, key.words, key.refused);
  options.add_columns = said != "strict";
  options.full = said == "full";
}

void ReadRenames(const Key& key, YamlMap& config, decode::DecoderOptions& options) {
  auto renames = decode::Renames::Make(config.TextMap(key.name));
  if (renames) {
    options.renames = *std::move(renames);
  } else {
    config.Add(key.name, renames.error().message);
  }
}

void CheckEvolution(YamlMap& config, decode::DecoderOptions& options) {
  if (config.Has("rename") && !options.full) {
    config.Add("rename", "changes names of the table's columns, which takes schema_evolution: full");
  }
  if (config.Has("unknown_fields_column") && options.on_unknown_field != decode::OnUnknownField::kColumn) {
    config.Add("unknown_fields_column", "has no effect without on_unknown_field: column");
  } else if (options.unknown_fields_column.empty()) {
    config.Add("unknown_fields_column", "expected the column's name");
  }
}

const Section<decode::DecoderOptions>& DecoderKeys() {
  using decode::DecoderOptions;
  using decode::EpochUnit;
  using decode::OnTypeConflict;
  using decode::OnUnknownField;
  static const auto keys =
      Section<DecoderOptions>("decode")
          .Add({.type = Key::Type::kText,
                .name = "schema_evolution",
                .about = "`strict`: a record with a field the table lacks is a bad record; `full`: columns are also "
                         "[renamed, dropped and made wider](#schema-evolution)",
                .fallback = "add_columns",
                .words = {"strict", "add_columns", "full"}},
               ReadEvolution)
          .Word("on_unknown_field", &DecoderOptions::on_unknown_field,
                {{"fail", OnUnknownField::kFail},
                 {"ignore", OnUnknownField::kIgnore},
                 {"column", OnUnknownField::kColumn}},
                "what becomes of [fields without a column](json.md#fields-without-a-column)")
          .Otherwise("as `schema_evolution` says")
          .Text("unknown_fields_column", &DecoderOptions::unknown_fields_column,
                "with `on_unknown_field: column`: the column that takes them, as JSON text")
          .Word(
              "on_type_conflict", &DecoderOptions::on_type_conflict,
              {{"bad", OnTypeConflict::kBad}, {"string", OnTypeConflict::kString}, {"column", OnTypeConflict::kColumn}},
              "what becomes of [values that contradict their columns](json.md#values-that-contradict-their-columns)")
          .Add({.type = Key::Type::kTextMap,
                .name = "rename",
                .about = "with `schema_evolution: full`: `{old: new}`, names that columns get"},
               ReadRenames)
          .Rule(CheckEvolution)
          .Whole("max_columns", &DecoderOptions::max_columns, {1, 1'000'000},
                 "columns (fields of structs one by one) that the table may have before a record that would bring it "
                 "more is a bad record: topics whose keys are ids would add columns without end. Columns that are "
                 "declared, or that the table has already, are never refused")
          .Whole("max_nested_lists", &DecoderOptions::max_nested_lists, {0, 63},
                 "lists within each other that a [new column](json.md#new-columns) may have; a record that wants more "
                 "is a bad record")
          .Rule([](YamlMap& config, DecoderOptions& options) {
            for (const char* limit : {"max_columns", "max_nested_lists"}) {
              if (!config.Has(limit) || options.add_columns) continue;
              config.Warn(limit, "has no effect with schema_evolution: strict");
            }
          })
          .Word("time_unit", &DecoderOptions::time_unit,
                {{"seconds", EpochUnit::kSeconds},
                 {"milliseconds", EpochUnit::kMillis},
                 {"microseconds", EpochUnit::kMicros},
                 {"nanoseconds", EpochUnit::kNanos}},
                "what integers in timestamp columns count since 1970")
          .Flag("infer_time", &DecoderOptions::infer_time,
                "`true`: strings in ISO 8601 form become `date`, `timestamp` or `timestamptz` in columns that are "
                "made from the data")
          .Add({.type = Key::Type::kTexts,
                .name = "metadata",
                .about = "columns from the Kafka record itself, called `_kafka_topic` and so on",
                .words = {"topic", "partition", "offset", "timestamp", "key", "headers"}},
               [](const Key& key, YamlMap& config, DecoderOptions& options) {
                 ReadMetadata(key, config, options.metadata);
               });
  return keys;
}

void CheckModes(YamlMap& config, SinkOptions& options) {
  if (config.Has("overwrite_confirm") && options.commit_mode != CommitMode::kOverwrite) {
    config.Add("overwrite_confirm", "has no effect without commit_mode: overwrite");
  }
}

void CheckPolicies(YamlMap& config, SinkOptions& options) {
  const bool to_topic = options.on_bad_record == OnBadRecord::kTopic;
  if (to_topic && options.dead_letter_topic.empty()) {
    config.Add("on_bad_record", "topic needs dead_letter_topic, the name of the topic that takes bad records");
  } else if (!to_topic && config.Has("dead_letter_topic")) {
    config.Add("dead_letter_topic", "takes bad records only with on_bad_record: topic; add that, or remove this");
  }
  if (options.max_errors && options.on_bad_record == OnBadRecord::kFail) {
    config.Warn("max_errors", "has no effect with on_bad_record: fail");
  }
  if (options.on_bad_record == OnBadRecord::kErrorsTable && options.delivery != Delivery::kExactlyOnce) {
    config.Add("on_bad_record",
               "errors_table keeps what it needs with the offsets in the table: it takes delivery: exactly_once");
  }
}

const Section<SinkOptions>& ModeKeys() {
  static const auto keys =
      Section<SinkOptions>("ingest")
          .Word("commit_mode", &SinkOptions::commit_mode,
                {{"append", CommitMode::kAppend}, {"overwrite", CommitMode::kOverwrite}},
                "`overwrite`: [what a load brings takes the place](#overwriting) of all that its partitions hold")
          .RefusedWords({{"upsert", "use append"}})
          .Word("overwrite_confirm", &SinkOptions::overwrite_per_batch, {{"per_batch", true}},
                "`per_batch`: `overwrite` without `--once`")
          .Rule(CheckModes);
  return keys;
}

const Section<SinkOptions>& PolicyKeys() {
  static const auto keys =
      Section<SinkOptions>("ingest")
          .Word("delivery", &SinkOptions::delivery,
                {{"exactly_once", Delivery::kExactlyOnce}, {"at_least_once", Delivery::kAtLeastOnce}},
                "offsets are kept in the table: in a property, or where the catalog takes none in a snapshot that a "
                "tag keeps. `at_least_once`: by the consumer group, for tables in which neither may be touched")
          .Word("on_bad_record", &SinkOptions::on_bad_record,
                {{"fail", OnBadRecord::kFail},
                 {"skip", OnBadRecord::kSkip},
                 {"errors_table", OnBadRecord::kErrorsTable},
                 {"topic", OnBadRecord::kTopic}},
                "a record that cannot become a row stops the pipeline, naming topic, partition, offset and reason; "
                "`skip` counts and logs it; `errors_table` keeps it in [a table of its own](errors.md), exactly once; "
                "`topic` sends it to [a topic](errors.md#a-topic-instead), at least once")
          .RefusedWords({{"dead_letter", "use errors_table, or topic"}})
          .Text("dead_letter_topic", &SinkOptions::dead_letter_topic,
                "with `on_bad_record: topic`: a topic of the source's cluster, which must be there")
          .Whole("max_errors", &SinkOptions::max_errors, {1, 1'000'000'000},
                 "bad records within one `flush_interval_secs`; more of them stop the pipeline with the first of them "
                 "by name, and nothing since the last commit is committed. Not with `fail`")
          .Rule(CheckPolicies)
          .Word("on_rollback", &SinkOptions::on_rollback,
                {{"stop", OnRollback::kStop}, {"reingest", OnRollback::kReingest}, {"continue", OnRollback::kContinue}},
                "when the table was rolled back behind the pipeline's offsets: `stop`; `reingest` reads again what "
                "was rolled back; `continue` leaves it out");
  return keys;
}

// A column is declared by the name that it has from now on.
void CheckRenamed(const decode::Renames& renames, const std::vector<iceberg::Field>& declared, YamlMap& config) {
  for (const iceberg::Field& field : declared) {
    if (renames.names().contains(field.name)) {
      config.Add("rename", fmt::format("column \"{}\" is declared under schema: by its old name; declare \"{}\"",
                                       field.name, renames.NameNow(field.name)));
    }
    if (const auto* below = renames.Below(field.name)) CheckRenamed(*below, field.type->fields(), config);
  }
}

// Declared columns, and the others that a table is to have from its start.
void ReadColumns(const Key& key, YamlMap& config, IcebergSink& sink) {
  SinkOptions& options = sink.options;
  options.partition_by = sink.partitioning.partition_by;
  options.sort_by = sink.partitioning.sort_by;
  iceberg::ColumnNames names;
  for (const std::string& name : ingest::PartitionFieldNames(options)) names.Reserve(name);
  options.schema = ReadSchema(config, key.name, names);
  if (std::all_of(options.schema.begin(), options.schema.end(), [](const auto& field) { return field.type; })) {
    CheckRenamed(options.decoder.renames, options.schema, config);
    options.decoder.declared = options.schema;
  }
  for (const iceberg::Field& field : decode::FilledFields(options.decoder)) {
    const bool declared = std::any_of(options.schema.begin(), options.schema.end(),
                                      [&](const iceberg::Field& other) { return other.name == field.name; });
    const auto clash = declared ? std::nullopt : names.Take("", field);
    if (!clash) continue;
    const bool rest = field.name == options.decoder.unknown_fields_column;
    config.Add(rest ? "unknown_fields_column" : "metadata",
               fmt::format("column \"{}\": {}", clash->column, clash->why));
  }
}

void ReadReaders(const Key& key, YamlMap& config, IcebergSink& sink) {
  for (const std::string& reader : config.Texts(key.name)) {
    if (std::find(key.words.begin(), key.words.end(), reader) == key.words.end()) {
      config.Add(key.name, fmt::format("expected {}, found \"{}\"{}", fmt::join(key.words, ", "), reader,
                                       DidYouMean(reader, key.words)));
    } else {
      sink.readers.push_back(reader);
    }
  }
}

const Section<IcebergSink>& IcebergKeys() {
  static const auto keys =
      Section<IcebergSink>("ingest")
          .Map("catalog", &IcebergSink::catalog, CatalogKeys(), "[where tables are known](#catalog)")
          .Required("a map with type and the catalog's settings")
          .With(
              [](IcebergSink & sink) -> auto& { return sink.options.table; }, TableKeys())
          .With(&IcebergSink::options, BatchingKeys())
          .With(&IcebergSink::partitioning, PartitioningKeys())
          .With(&IcebergSink::options, ModeKeys())
          .With(
              [](IcebergSink & sink) -> auto& { return sink.options.decoder; }, DecoderKeys())
          .With(&IcebergSink::options, PolicyKeys())
          .Add({.type = Key::Type::kMaps,
                .name = "schema",
                .about = "[declared columns](#schema)",
                .otherwise = "from the data",
                .below = &ColumnKeys()},
               ReadColumns)
          .Add(
              {.type = Key::Type::kTexts,
               .name = "readers",
               .about = "engines that are to read the table: [`frazil plan`](cli.md#plan) says what they will not read",
               .words = {Readers().begin(), Readers().end()}},
              ReadReaders)
          .Map("s3", &IcebergSink::storage, S3Keys(), "[Amazon S3, MinIO and others that speak it](#s3)")
          .Otherwise("the AWS environment variables")
          .Map("gcs", &IcebergSink::storage, GcsKeys(), "[Google Cloud Storage](#gcs)")
          .Map("azure", &IcebergSink::storage, AzureKeys(), "[Azure Blob Storage](#azure)")
          .NotYet({{"key_fields", "rows can only be appended"},
                   {"dead_letters", "use on_bad_record: errors_table, or topic"},
                   {"dead_letter", "use on_bad_record: errors_table, or topic"},
                   {"routing", "use one sink for each table"},
                   {"tables", "use one sink for each table"},
                   {"maintenance", ""},
                   {"transforms", ""},
                   {"transform", ""}})
          .Instead({{"auto_create_table",
                     "leave it out: a table that is not there is made, and frazil check says "
                     "beforehand whether it is"},
                    {"write_properties",
                     "set them on the table, where they hold for every writer (ALTER TABLE … SET "
                     "TBLPROPERTIES); for Parquet's compression write compression: zstd"},
                    {"rate_limit", "leave it out and give the consumer a quota at the broker (consumer_byte_rate)"}});
  return keys;
}

void ReadIceberg(const Key& key, YamlMap& map, SinkConfig& sink) {
  auto config = map.Map(key.name);
  if (!config) return;
  IcebergSink read;
  IcebergKeys().Read(*config, read);
  std::visit([&](auto& catalog) { catalog.io = read.storage; }, read.catalog);
  sink.catalog = std::move(read.catalog);
  sink.options = std::move(read.options);
  sink.readers = std::move(read.readers);
}

}  // namespace

const Section<SinkConfig>& SinkKeys() {
  static const auto iceberg =
      Section<SinkConfig>("ingest")
          .Add({.type = Key::Type::kMap,
                .name = "config",
                .about = "which table, and how it is written",
                .missing = "a map with catalog, namespace and table",
                .below = &IcebergKeys()},
               ReadIceberg)
          .Instead({{"topics",
                     "write them into the config of a source, and join the two by a pipeline: {source: …, "
                     "sink: …}"},
                    {"topic",
                     "write topics: into the config of a source, and join the two by a pipeline: {source: …, "
                     "sink: …}"},
                    {"consumer_group", "write group: NAME into the config of the source"},
                    {"start_offset", "write start: earliest, latest or {timestamp: …} into the config of the source"},
                    {"rate_limit", "leave it out and give the consumer a quota at the broker (consumer_byte_rate)"},
                    {"dead_letter_topic", "write on_bad_record: topic and dead_letter_topic: NAME into config"}})
          .NotYet({{"transforms", ""}});
  static const auto keys = Section<SinkConfig>("ingest")
                               .Kinds("connector", {{"iceberg", &iceberg}}, "what kind of sink it is")
                               .Required("iceberg");
  return keys;
}

}  // namespace frazil::app
