#include "ingest/table_setup.h"

#include "common/failpoint.h"
#include "common/log.h"
#include "ingest/new_tables.h"
#include "ingest/table_fit.h"

namespace frazil::ingest {
namespace {

constexpr int kSampleRecords = 1000;  // of each Kafka partition, from its start

std::string_view CodecName(parquet::Compression compression) {
  switch (compression) {
    case parquet::Compression::kNone:
      return "uncompressed";
    case parquet::Compression::kSnappy:
      return "snappy";
    case parquet::Compression::kGzip:
      return "gzip";
    case parquet::Compression::kLz4:
      return "lz4";
    case parquet::Compression::kZstd:
      return "zstd";
    case parquet::Compression::kBrotli:
      return "brotli";
  }
  return "zstd";
}

Result<std::shared_ptr<table::Table>> CreateTable(const std::shared_ptr<catalog::Catalog>& catalog,
                                                  const SinkOptions& options, source::Source& source) {
  FRAZIL_ASSIGN_OR_RETURN(const auto partitions, source.Partitions());
  FRAZIL_ASSIGN_OR_RETURN(const auto starts, source.ResolveStart(partitions, {source::StartAt::Kind::kEarliest, 0}));
  FRAZIL_ASSIGN_OR_RETURN(const auto sample, source.ReadSample(starts, kSampleRecords));
  size_t records = 0;
  for (const auto& batch : sample) records += batch.records.size();
  FRAZIL_ASSIGN_OR_RETURN(std::vector<iceberg::Field> fields,
                          decode::InferJsonSchema(sample, options.schema, options.decoder));
  if (fields.empty() && records == 0) return std::shared_ptr<table::Table>();
  for (const decode::MetadataColumn column : options.decoder.metadata) fields.push_back(decode::MetadataField(column));
  if (fields.empty()) {
    return Fail(
        ErrorKind::kInvalidArgument,
        "table {} does not exist, and none of the first {} records of its topic is a JSON object with a value to "
        "tell a column from. Declare the columns under 'schema:' in the sink",
        options.table.ToString(), records);
  }

  iceberg::NewTable table;
  int32_t last_id = 0;
  table.schema = iceberg::AssignFreshIds(fields, 1, &last_id);
  FRAZIL_ASSIGN_OR_RETURN(table.spec, PartitionFieldsFor(options, iceberg::Schema(0, table.schema)));
  table.properties["write.parquet.compression-codec"] = CodecName(options.compression);
  KeepFewMetadataFiles(table);

  FRAZIL_ASSIGN_OR_RETURN(const bool has_namespace, catalog->NamespaceExists(options.table.ns));
  if (!has_namespace) {
    // Of two that start together one is too late; not every server has a name for that (Apache's answers 500).
    auto made = catalog->CreateNamespace(options.table.ns);
    if (!made && !catalog->NamespaceExists(options.table.ns).value_or(false)) {
      return tl::unexpected<Error>(made.error());
    }
  }
  auto created = catalog->CreateTable(options.table, table);
  if (!created) {
    if (auto there = catalog->LoadHeads(options.table)) created = std::move(there);
  }
  if (!created) return Wrap(created.error(), fmt::format("could not create table {}", options.table.ToString()));
  FRAZIL_FAILPOINT("after-table-create");
  log::info("created table {} at {} with {} columns from {} sampled records", options.table.ToString(),
            created->metadata->location, created->metadata->schema()->fields().size(), records);
  return std::make_shared<table::Table>(catalog, options.table, *std::move(created));
}

}  // namespace

Result<std::shared_ptr<table::Table>> SetUpTable(const std::shared_ptr<catalog::Catalog>& catalog,
                                                 const SinkOptions& options, source::Source& source) {
  auto loaded = catalog->LoadHeads(options.table);
  if (!loaded && loaded.error().kind == ErrorKind::kNotFound) {
    FRAZIL_ASSIGN_OR_RETURN(const auto created, CreateTable(catalog, options, source));
    if (created == nullptr) return created;
    loaded = created->current();
  }
  if (!loaded) return tl::unexpected<Error>(loaded.error());

  // A table made just now may be another process's: it is held to the options like any other.
  auto table = std::make_shared<table::Table>(catalog, options.table, *std::move(loaded));
  FRAZIL_ASSIGN_OR_RETURN(const TableFit fit, FitTable(*table->current().metadata, options));
  for (const std::string& change : Describe(fit)) log::info("table {}: {}", options.table.ToString(), change);
  if (!fit.new_columns.empty()) FRAZIL_RETURN_IF_ERROR(table->AddColumns(fit.new_columns));
  if (fit.new_spec) {
    // By the ids that the columns got: another writer may have been quicker.
    FRAZIL_ASSIGN_OR_RETURN(const auto fields, PartitionFieldsFor(options, *table->current().metadata->schema()));
    FRAZIL_RETURN_IF_ERROR(table->SetDefaultSpec(fields));
  }
  return table;
}

}  // namespace frazil::ingest
