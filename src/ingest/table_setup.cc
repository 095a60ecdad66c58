#include "ingest/table_setup.h"

#include <algorithm>
#include <span>

#include "common/failpoint.h"
#include "common/log.h"
#include "ingest/declared_columns.h"
#include "ingest/new_tables.h"
#include "ingest/table_fit.h"

namespace frazil::ingest {
namespace {

constexpr int kSampleRecords = 1000;  // of each stream

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

using Fields = std::vector<iceberg::Field>;

Result<iceberg::NewTable> WithColumns(const SinkOptions& options, const Fields& fields) {
  iceberg::NewTable table;
  int32_t last_id = 0;
  table.schema = iceberg::AssignFreshIds(fields, 1, &last_id);
  FRAZIL_ASSIGN_OR_RETURN(table.spec, PartitionFieldsFor(options, iceberg::Schema(0, table.schema)));
  FRAZIL_ASSIGN_OR_RETURN(table.sort_order.fields, SortFieldsFor(options, iceberg::Schema(0, table.schema)));
  table.properties["write.parquet.compression-codec"] = CodecName(options.compression);
  KeepFewMetadataFiles(table);
  return table;
}

// Creates the table with these columns. If another process has just created it, loads that one.
Result<catalog::LoadedTable> CreateWith(catalog::Catalog& catalog, const SinkOptions& options, const Fields& fields) {
  FRAZIL_ASSIGN_OR_RETURN(const iceberg::NewTable table, WithColumns(options, fields));
  auto created = catalog.CreateTable(options.table, table);
  if (created) return created;
  if (auto there = catalog.LoadHeads(options.table)) return there;
  return created;
}

// Adds columns that a sample needs. Columns that the catalog refuses are found by bisection and left out.
Status AddSampled(table::Table& table, std::span<const iceberg::Field> fields) {
  if (fields.empty()) return {};
  std::vector<iceberg::ColumnAddition> additions;
  for (const auto& field : fields) additions.push_back({0, field});
  while (true) {
    using Outcome = table::Table::Growth::Outcome;
    FRAZIL_ASSIGN_OR_RETURN(const auto growth,
                            table.Grow({.additions = additions}, table.current().metadata->schema()));
    if (growth.outcome == Outcome::kAdded) return {};
    if (growth.outcome == Outcome::kOvertaken) continue;
    if (fields.size() == 1) {
      log::warn("table {}: no column '{}', which sampled records ask for: {}", table.ident().ToString(), fields[0].name,
                growth.why);
      return {};
    }
    FRAZIL_RETURN_IF_ERROR(AddSampled(table, fields.first(fields.size() / 2)));
    return AddSampled(table, fields.subspan(fields.size() / 2));
  }
}

// True if the options' partition fields or sort order use the column.
bool IsNeeded(const iceberg::Field& field, const SinkOptions& options) {
  const auto is_of = [&](const iceberg::TransformTerm& term) {
    return term.column == field.name || term.column.starts_with(field.name + ".");
  };
  const auto sorts = [&](const iceberg::SortTerm& term) { return is_of(term.term); };
  return (options.partition_by && std::any_of(options.partition_by->begin(), options.partition_by->end(), is_of)) ||
         (options.sort_by && std::any_of(options.sort_by->begin(), options.sort_by->end(), sorts));
}

// A column may have a name that only the catalog refuses, with 400, or with 500 for any reason. Then the table is
// created without such columns, and the records that need them are judged one by one.
Result<catalog::LoadedTable> CreateWithoutRefused(const std::shared_ptr<catalog::Catalog>& catalog,
                                                  const SinkOptions& options, const Fields& fields, Error refusal) {
  Fields kept;
  Fields sampled;
  for (size_t i = 0; i < fields.size(); ++i) {
    const size_t metadata = fields.size() - decode::FilledFields(options.decoder).size();
    const bool asked_for = i < options.schema.size() || i >= metadata || IsNeeded(fields[i], options);
    (asked_for ? kept : sampled).push_back(fields[i]);
  }
  Result<catalog::LoadedTable> created = tl::unexpected<Error>(std::move(refusal));
  if (!kept.empty() && !sampled.empty()) {
    if (auto without = CreateWith(*catalog, options, kept)) created = std::move(without);
  }
  for (size_t i = 0; kept.empty() && !created && i < sampled.size(); ++i) {
    if (auto without = CreateWith(*catalog, options, {sampled[i]})) {
      created = std::move(without);
      sampled.erase(sampled.begin() + static_cast<ptrdiff_t>(i));
    }
  }
  if (!created) return created;
  table::Table table(catalog, options.table, *std::move(created));
  FRAZIL_RETURN_IF_ERROR(AddSampled(table, sampled));
  return table.current();
}

size_t RecordsIn(const std::vector<record::RecordBatch>& sample) {
  size_t records = 0;
  for (const auto& batch : sample) records += batch.records.size();
  return records;
}

// The columns of a new table: none where neither the options nor the sample has any.
Result<Fields> ColumnsFrom(const SinkOptions& options, const std::vector<record::RecordBatch>& sample) {
  const size_t records = RecordsIn(sample);
  iceberg::ColumnNames names;
  for (const std::string& name : PartitionFieldNames(options)) names.Reserve(name);
  FRAZIL_ASSIGN_OR_RETURN(Fields fields, options.format->InferSchema(sample, options.schema, options.decoder, names));
  if (fields.empty() && records == 0) return fields;
  for (const iceberg::Field& field : decode::FilledFields(options.decoder)) {
    const auto same = [&](const iceberg::Field& other) { return other.name == field.name; };
    if (std::none_of(fields.begin(), fields.end(), same)) fields.push_back(field);
  }
  if (fields.empty()) {
    return Fail(
        ErrorKind::kInvalidArgument,
        "table {} does not exist, and none of the first {} records of its topic is {}. Declare the columns under "
        "'schema:' in the sink",
        options.table.ToString(), records, options.format->telling_record());
  }
  return fields;
}

Result<std::shared_ptr<table::Table>> CreateTable(const std::shared_ptr<catalog::Catalog>& catalog,
                                                  const SinkOptions& options, source::Log& source) {
  FRAZIL_ASSIGN_OR_RETURN(const auto partitions, source.Streams());
  FRAZIL_ASSIGN_OR_RETURN(const auto starts, source.ResolveStart(partitions, {source::StartAt::Kind::kEarliest, 0}));
  FRAZIL_ASSIGN_OR_RETURN(const auto sample, SampleForSchema(source, starts));
  FRAZIL_ASSIGN_OR_RETURN(const Fields fields, ColumnsFrom(options, sample));
  if (fields.empty()) return std::shared_ptr<table::Table>();

  FRAZIL_ASSIGN_OR_RETURN(const bool has_namespace, catalog->NamespaceExists(options.table.ns));
  if (!has_namespace) {
    // If two processes start together, one creates the namespace too late. Not every server has an error for that:
    // Apache's test server answers 500.
    auto made = catalog->CreateNamespace(options.table.ns);
    if (!made && !catalog->NamespaceExists(options.table.ns).value_or(false)) {
      return tl::unexpected<Error>(made.error());
    }
  }
  auto created = CreateWith(*catalog, options, fields);
  if (!created &&
      (created.error().kind == ErrorKind::kInvalidArgument || created.error().kind == ErrorKind::kCommitUnknown)) {
    created = CreateWithoutRefused(catalog, options, fields, created.error());
  }
  if (!created) return Wrap(created.error(), fmt::format("could not create table {}", options.table.ToString()));
  FRAZIL_FAILPOINT("after-table-create");
  log::info("created table {} at {} with {} columns from {} sampled records", options.table.ToString(),
            created->metadata->location, created->metadata->schema()->fields().size(), RecordsIn(sample));
  return std::make_shared<table::Table>(catalog, options.table, *std::move(created));
}

}  // namespace

Result<std::vector<record::RecordBatch>> SampleForSchema(source::Log& source, const source::Positions& from) {
  return source.ReadSample(from, kSampleRecords);
}

Result<std::optional<iceberg::NewTable>> DescribeNewTable(const SinkOptions& options,
                                                          const std::vector<record::RecordBatch>& sample) {
  FRAZIL_ASSIGN_OR_RETURN(const Fields fields, ColumnsFrom(options, sample));
  if (fields.empty()) return std::nullopt;
  return WithColumns(options, fields);
}

Result<std::shared_ptr<table::Table>> SetUpTable(const std::shared_ptr<catalog::Catalog>& catalog,
                                                 const SinkOptions& options, source::Log& source) {
  auto loaded = catalog->LoadHeads(options.table);
  if (!loaded && loaded.error().kind == ErrorKind::kNotFound) {
    FRAZIL_ASSIGN_OR_RETURN(const auto created, CreateTable(catalog, options, source));
    if (created == nullptr) return created;
    loaded = created->current();
  }
  if (!loaded) return tl::unexpected<Error>(loaded.error());

  // Another process may have created the table just now, so it is compared with the options like any other.
  auto table = std::make_shared<table::Table>(catalog, options.table, *std::move(loaded));
  FRAZIL_ASSIGN_OR_RETURN(const TableFit fit, FitTable(*table->current().metadata, options));
  for (const std::string& change : Describe(fit)) log::info("table {}: {}", options.table.ToString(), change);
  for (const std::string& field : FieldsWithoutColumn(fit.after)) {
    log::warn(
        "table {}: the column of partition field '{}' was dropped: the field is null in new files ('partition_by' "
        "changes what they are partitioned by)",
        options.table.ToString(), field);
  }
  for (const std::string& note : fit.notes) log::warn("table {}: {}", options.table.ToString(), note);
  if (!fit.change.empty()) FRAZIL_RETURN_IF_ERROR(table->ChangeSchema(fit.change));
  FRAZIL_RETURN_IF_ERROR(KeepDeclared(options, *table));
  if (fit.new_spec) {
    // Uses the ids that the columns got, because another writer may have added them first.
    FRAZIL_ASSIGN_OR_RETURN(const auto fields, PartitionFieldsFor(options, *table->current().metadata->schema()));
    FRAZIL_RETURN_IF_ERROR(table->SetDefaultSpec(fields));
  }
  if (fit.new_order) {
    FRAZIL_ASSIGN_OR_RETURN(const auto fields, SortFieldsFor(options, *table->current().metadata->schema()));
    FRAZIL_RETURN_IF_ERROR(table->SetDefaultOrder(fields));
  }
  return table;
}

}  // namespace frazil::ingest
