#include "app/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <variant>

#include "app/offset_trial.h"
#include "app/open_catalog.h"
#include "app/text_table.h"
#include "catalog/glue/glue_files.h"
#include "common/random.h"
#include "iceberg/column_names.h"
#include "iceberg/location_provider.h"
#include "ingest/dead_letters.h"
#include "ingest/group_sinks.h"
#include "ingest/table_fit.h"
#include "io/file_io.h"
#include "source/open.h"
#include "storage/storage.h"
#include "table/offset_store.h"
#include "table/state_validity.h"

namespace frazil::app {
namespace {

using Outcome = CheckLine::Outcome;

class Lines {
 public:
  explicit Lines(std::string prefix) : prefix_(std::move(prefix)) {}

  void Ok(std::string_view what, std::string detail) { Add(Outcome::kOk, what, std::move(detail), ""); }
  void Skipped(std::string_view what, std::string detail) { Add(Outcome::kSkipped, what, std::move(detail), ""); }
  // For what works with the pipeline but not with every engine. It does not make the check fail.
  void Warned(std::string_view what, std::string detail, std::string advice) {
    Add(Outcome::kWarned, what, std::move(detail), std::move(advice));
  }
  void Failed(std::string_view what, std::string detail, std::string advice) {
    Add(Outcome::kFailed, what, std::move(detail), std::move(advice));
  }
  void Failed(std::string_view what, const Error& error, std::string_view otherwise) {
    Failed(what, error.message, AdviceFor(error, otherwise));
  }
  std::vector<CheckLine> Take() { return std::move(lines_); }

 private:
  void Add(Outcome outcome, std::string_view what, std::string detail, std::string advice) {
    lines_.push_back({outcome, fmt::format("{}: {}", prefix_, what), std::move(detail), std::move(advice)});
  }
  static std::string AdviceFor(const Error& error, std::string_view otherwise) {
    switch (error.kind) {
      case ErrorKind::kUnavailable:
        return "is it running, is the address right, and does a firewall let this machine through?";
      case ErrorKind::kUnauthorized:
        return "check the credentials in the configuration and what they permit";
      default:
        return std::string(otherwise);
    }
  }

  std::string prefix_;
  std::vector<CheckLine> lines_;
};

// Writes, reads and deletes a small object.
Status Probe(io::FileIo& io, const std::string& location) {
  constexpr std::string_view kText = "frazil check\n";
  FRAZIL_RETURN_IF_ERROR(io.PrepareToWrite(location));
  FRAZIL_RETURN_IF_ERROR(io.WriteAll(location, kText));
  const auto read = io.ReadAll(location);
  FRAZIL_RETURN_IF_ERROR(io.Delete(location));
  FRAZIL_RETURN_IF_ERROR(read);
  if (*read != kText) return Fail(ErrorKind::kIo, "{} reads back other bytes than were written", location);
  return {};
}

std::string ProbeName() { return "frazil-probe-" + RandomUuid(); }

void CheckStorage(io::FileIo& io, const std::string& location, Lines& lines) {
  const auto what = fmt::format("storage {}", location.substr(0, location.rfind('/')));
  if (const auto status = Probe(io, location); !status) {
    lines.Failed(what, status.error(), "the pipeline must be able to write, read and delete there");
  } else {
    lines.Ok(what, "wrote, read and deleted a probe object");
  }
}

// Checks the storage for a table that does not exist yet.
void CheckWarehouse(const CatalogConfig& config, Lines& lines) {
  const std::string& warehouse = WarehouseOf(config);
  // Of a REST catalog it may be a name, also one like "tabular://organization/warehouse".
  const bool folder = warehouse.starts_with('/') ||
                      (warehouse.find(":/") != std::string::npos && storage::StorageOf(warehouse) != nullptr);
  if (!folder) return lines.Skipped("storage", "the catalog chooses the place when the table is made");
  const auto* glue = std::get_if<catalog::GlueCatalogOptions>(&config);
  const auto io = glue != nullptr ? catalog::OpenGlueFiles(*glue) : storage::MakeFileIo(StorageOf(config));
  if (!io) return lines.Failed("storage " + warehouse, io.error(), "");
  CheckStorage(**io, fmt::format("{}/{}", warehouse, ProbeName()), lines);
}

// Warns of names that some engines cannot tell apart, or do not read at all.
void CheckColumnNames(const iceberg::Schema& schema, const std::string& what, Lines& lines) {
  for (const auto& [first, second] : iceberg::CaseTwins(schema)) {
    lines.Warned(what, fmt::format("columns \"{}\" and \"{}\" differ in case alone", first, second),
                 "Spark, Trino and DuckDB fold names and cannot tell them apart; rename one in the records, or with "
                 "another engine");
  }
  for (const auto& field : schema.fields()) {
    if (!iceberg::IsReservedName(field.name)) continue;
    lines.Warned(what, fmt::format("column \"{}\" has the name of a metadata column of Iceberg's", field.name),
                 "Spark does not read tables that have one; rename it");
  }
}

void CheckTable(const iceberg::TableMetadata& metadata, const ingest::SinkOptions& options, const std::string& what,
                Lines& lines) {
  const auto fit = ingest::FitTable(metadata, options);
  if (!fit) return lines.Failed(what, fit.error().message, "");
  lines.Ok(what, fmt::format("format v{}, {} columns, {} snapshots", metadata.format_version,
                             metadata.schema()->fields().size(), metadata.snapshots.size()));
  for (const auto& change : ingest::Describe(*fit)) lines.Ok(what, "the first run will change it: " + change);
  for (const auto& note : fit->notes) lines.Warned(what, note, "");
  for (const auto& field : ingest::FieldsWithoutColumn(fit->after)) {
    lines.Warned(what, fmt::format("the column of partition field \"{}\" was dropped: it is null in new files", field),
                 "say by partition_by what new files are partitioned by");
  }
  CheckColumnNames(*fit->after.schema(), what, lines);
}

// Checks the columns that a new table will have before any record is seen.
void CheckDeclared(const ingest::SinkOptions& options, const std::string& what, Lines& lines) {
  iceberg::ColumnNames names;
  for (const auto& name : ingest::PartitionFieldNames(options)) names.Reserve(name);
  const auto fields = options.format->InferSchema({}, options.schema, options.decoder, std::move(names));
  if (!fields) return lines.Failed(what, fields.error().message, "rename the column under schema:");
  lines.Ok(what, "will be made by the first run");
  int32_t last = 0;
  CheckColumnNames(iceberg::Schema(0, iceberg::AssignFreshIds(*fields, 1, &last)), what, lines);
}

std::string_view Described(table::OffsetForm form) {
  return form == table::OffsetForm::kProperty ? "in the table's properties"
                                              : "in a snapshot that a tag keeps: the catalog takes no table property";
}

// Checks that no other pipeline feeds the table from one of our topics, and that our own offsets are usable.
void CheckOffsets(const PipelineConfig& pipeline, const catalog::LoadedTable& loaded, Lines& lines) {
  const auto& metadata = *loaded.metadata;
  const std::string& name = pipeline.options.name;
  const auto what = fmt::format("offsets of pipeline {}", name);
  auto states = table::StoredStates(metadata, *loaded.io);
  if (!states) return lines.Failed(what, states.error(), "");
  table::EraseOutlived(*states);
  const auto& sink = pipeline.options.sink;
  if (sink.delivery == ingest::Delivery::kAtLeastOnce) return lines.Ok(what, "are kept by the consumer group");
  const std::vector<std::string> topics = source::Describe(pipeline.reads).topics;
  int64_t partitions = 0;
  std::string_view where;
  for (const auto& [state, form] : *states) {
    // Only the broker knows the topics that a pattern matches. For a pattern, the run itself checks what others feed.
    const bool read =
        topics.empty() ? state.pipeline == name : std::find(topics.begin(), topics.end(), state.topic) != topics.end();
    if (!read) continue;
    if (state.pipeline != name && state.pipeline != sink.take_over) {
      if (sink.independent) continue;
      return lines.Failed(what, fmt::format("the table is already fed by pipeline {}", state.pipeline),
                          fmt::format("say take_over: {} to go on from its offsets, or independent: true to write "
                                      "beside it",
                                      state.pipeline));
    }
    const auto validity = table::CheckValidity(state, metadata);
    if (validity == table::StateValidity::kCopied) {
      return lines.Failed(what, "were written for another table: this one is a copy",
                          "give the pipeline another name, and say where it should start");
    }
    if (validity == table::StateValidity::kRolledBack && sink.on_rollback == ingest::OnRollback::kStop) {
      return lines.Failed(what, "belong to a commit that was rolled back",
                          "say on_rollback: reingest to read what was rolled back again, or continue to leave it out");
    }
    partitions += static_cast<int64_t>(state.partitions.size());
    where = Described(form);
  }
  lines.Ok(what, partitions == 0 ? "none yet: it begins where the source's start says"
                                 : fmt::format("{} partitions, {}", partitions, where));
}

// Checks whether the catalog keeps offsets, for a table that has none yet.
void CheckExactlyOnce(const std::shared_ptr<catalog::Catalog>& catalog, const SinkConfig& sink, bool has_namespace,
                      bool scratch_table, Lines& lines) {
  constexpr std::string_view kWhat = "exactly once";
  if (catalog->traits().keeps_what_it_takes) {
    return lines.Ok(kWhat, fmt::format("offsets will be {}", Described(table::OffsetForm::kProperty)));
  }
  if (!scratch_table) {
    return lines.Skipped(kWhat,
                         "whether the catalog keeps table properties, or tags, the first commit tells; check "
                         "--scratch-table tries it on a table that it makes and drops");
  }
  if (!has_namespace) return lines.Skipped(kWhat, "there is no namespace yet to make a scratch table in");
  const auto form = TryToKeepOffsets(catalog, sink.options.table.ns);
  if (!form) {
    return lines.Failed(kWhat, form.error(), "");
  }
  lines.Ok(kWhat, fmt::format("offsets will be {} (tried on a scratch table)", Described(*form)));
}

void CheckDeadLetters(const PipelineConfig& pipeline, bool silent, Lines& lines) {
  const auto what = "dead_letter_topic " + pipeline.options.sink.dead_letter_topic;
  if (silent) return lines.Skipped(what, "whether it exists cannot be told: no broker answers us");
  const auto source = source::Open(pipeline.reads);
  if (!source) return lines.Failed(what, source.error(), "");
  const auto partitions = (*source)->Streams();
  if (!partitions) return lines.Failed(what, partitions.error(), "");
  const auto letters = ingest::DeadLetters::Open((*source)->topics(), *partitions, pipeline.options);
  if (!letters) return lines.Failed(what, letters.error(), "");
  lines.Ok(what, fmt::format("exists; takes the bad records of pipeline {}", pipeline.options.name));
}

// Checks that no process of the consumer group feeds another table. `table` is null if it does not exist yet.
void CheckGroup(const PipelineConfig& pipeline, const iceberg::TableMetadata* table, bool silent, Lines& lines) {
  const auto what = "consumer group " + source::Describe(pipeline.reads).group;
  if (silent) return lines.Skipped(what, "whether it feeds another table too cannot be told: no broker answers us");
  const auto source = source::Open(pipeline.reads);
  if (!source) return lines.Failed(what, source.error(), "");
  if ((*source)->group() == nullptr) return;
  const auto others =
      (*source)->group()->OtherSinks(table == nullptr ? "" : ingest::SinkName(pipeline.options.sink.table, *table));
  if (!others) return lines.Failed(what, others.error(), "");
  if (others->empty()) return lines.Ok(what, "no process of it feeds another table");
  lines.Failed(what,
               fmt::format("in it is a process that feeds another table, {}: of each topic, either would get a "
                           "part of the partitions",
                           fmt::join(*others, ", ")),
               fmt::format("give pipeline {} another name, or its source another group", pipeline.options.name));
}

// Returns false if no broker answers.
bool CheckBrokers(const SourceConfig& source, Lines& lines) {
  const auto [server, topics, named, group] = source::Describe(source.reads);
  source::Config reads = source.reads;
  source::NameGroup(reads, "frazil-check");  // never joined
  const auto opened = source::Open(reads);
  if (!opened) {
    lines.Failed(server, opened.error(), "");
    return false;
  }
  const auto cluster = (*opened)->ClusterId();
  if (!cluster) {
    lines.Failed(server, cluster.error(), "check brokers and security");
    return false;
  }
  lines.Ok(server, "cluster " + *cluster);
  const auto partitions = (*opened)->Streams();
  if (!partitions) {
    lines.Failed(topics, partitions.error(), "create the topic, or correct its name");
    return true;
  }
  std::map<std::string, int> counts;
  for (const auto& partition : *partitions) ++counts[partition.topic];
  std::vector<std::string> found;
  found.reserve(counts.size());
  for (const auto& [topic, count] : counts) found.push_back(fmt::format("{} has {} partitions", topic, count));
  lines.Ok(topics, fmt::format("{}", fmt::join(found, ", ")));
  return true;
}

void CheckRegistry(decode::SchemaRegistry& registry, Lines& lines) {
  const auto what = "schema registry " + registry.ToString();
  if (const auto status = registry.Try(); !status) return lines.Failed(what, status.error(), "");
  lines.Ok(what, "answers when asked for a schema");
}

// As the first pipeline has them that feeds the sink: with its source's format, and what it declared before.
const ingest::SinkOptions& OptionsOf(const SinkConfig& sink, const std::vector<PipelineConfig>& pipelines) {
  const auto feeds = std::find_if(pipelines.begin(), pipelines.end(), [&](const PipelineConfig& pipeline) {
    return pipeline.sink == sink.name && pipeline.enabled;
  });
  return feeds == pipelines.end() ? sink.options : feeds->options.sink;
}

bool HasState(const catalog::LoadedTable& table) {
  const auto states = table::StoredStates(*table.metadata, *table.io);
  return states && !states->empty();
}

}  // namespace

CheckedSource CheckSource(const SourceConfig& source) {
  Lines lines("source " + source.name);
  const bool answers = CheckBrokers(source, lines);
  if (auto* registry = source.format->registry()) CheckRegistry(*registry, lines);
  return {lines.Take(), answers};
}

std::vector<CheckLine> CheckSink(const SinkConfig& sink, const std::vector<PipelineConfig>& pipelines,
                                 const std::set<std::string>& silent, bool scratch_table) {
  Lines lines("sink " + sink.name);
  for (const auto& pipeline : pipelines) {
    const bool ours = pipeline.sink == sink.name && pipeline.enabled;
    if (ours && sink.options.on_bad_record == ingest::OnBadRecord::kTopic) {
      CheckDeadLetters(pipeline, silent.contains(pipeline.source), lines);
    }
  }
  const auto opened = OpenCatalog(sink.catalog);
  if (!opened) {
    lines.Failed("catalog", opened.error(), "");
    return lines.Take();
  }
  auto& catalog = **opened;
  const auto& ident = sink.options.table;
  const auto exists = catalog.NamespaceExists(ident.ns);
  if (!exists) {
    lines.Failed("catalog", exists.error(), "");
    return lines.Take();
  }
  lines.Ok("catalog", catalog.Describe());
  lines.Ok(fmt::format("namespace {}", fmt::join(ident.ns, ".")), *exists ? "exists" : "will be made by the first run");

  const std::string what = "table " + ident.ToString();
  const auto table = *exists ? catalog.LoadTable(ident) : Fail(ErrorKind::kNotFound, "no namespace");
  if (!table && table.error().kind != ErrorKind::kNotFound) {
    lines.Failed(what, table.error(), "");
    return lines.Take();
  }
  // Offsets that the table holds already show how the catalog keeps them. A scratch table is asked for to try it
  // anyway.
  const bool exactly_once = sink.options.delivery == ingest::Delivery::kExactlyOnce;
  const bool tell_how = exactly_once && (scratch_table || !table || !HasState(*table));
  for (const auto& pipeline : pipelines) {
    if (pipeline.sink == sink.name && pipeline.enabled) {
      CheckGroup(pipeline, table ? table->metadata.get() : nullptr, silent.contains(pipeline.source), lines);
    }
  }
  if (!table) {
    CheckDeclared(sink.options, what, lines);
    CheckWarehouse(sink.catalog, lines);
    if (tell_how) CheckExactlyOnce(*opened, sink, *exists, scratch_table, lines);
    return lines.Take();
  }
  CheckTable(*table->metadata, OptionsOf(sink, pipelines), what, lines);
  const iceberg::LocationProvider locations(*table->metadata);
  CheckStorage(*table->io, locations.MetadataFile(ProbeName()), lines);
  CheckStorage(*table->io, locations.DataFile("", ProbeName()), lines);
  for (const auto& pipeline : pipelines) {
    if (pipeline.sink == sink.name && pipeline.enabled) CheckOffsets(pipeline, *table, lines);
  }
  if (tell_how) CheckExactlyOnce(*opened, sink, *exists, scratch_table, lines);
  return lines.Take();
}

}  // namespace frazil::app
