#include "ingest/table_setup.h"

#include <algorithm>

#include "common/failpoint.h"
#include "common/log.h"

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

iceberg::Transform TransformFor(const SinkOptions& options) {
  using iceberg::TransformKind;
  if (*options.partitioning == Partitioning::kBucket) return {TransformKind::kBucket, options.num_buckets, ""};
  if (*options.partitioning != Partitioning::kTime) return {TransformKind::kIdentity, 0, ""};
  switch (options.time_granularity) {
    case TimeGranularity::kYear:
      return {TransformKind::kYear, 0, ""};
    case TimeGranularity::kMonth:
      return {TransformKind::kMonth, 0, ""};
    case TimeGranularity::kDay:
      return {TransformKind::kDay, 0, ""};
    case TimeGranularity::kHour:
      return {TransformKind::kHour, 0, ""};
  }
  return {};
}

// The reference's default names.
std::string FieldName(const std::string& column, const iceberg::Transform& transform) {
  using iceberg::TransformKind;
  switch (transform.kind) {
    case TransformKind::kBucket:
      return column + "_bucket";
    case TransformKind::kYear:
      return column + "_year";
    case TransformKind::kMonth:
      return column + "_month";
    case TransformKind::kDay:
      return column + "_day";
    case TransformKind::kHour:
      return column + "_hour";
    default:
      return column;
  }
}

bool SameType(const iceberg::Type& a, const iceberg::Type& b) {
  if (a.kind() != b.kind()) return false;
  if (!a.is_nested()) return a == b;
  return a.fields().size() == b.fields().size() &&
         std::equal(a.fields().begin(), a.fields().end(), b.fields().begin(),
                    [](const auto& x, const auto& y) { return x.name == y.name && SameType(*x.type, *y.type); });
}

std::vector<iceberg::Field> MetadataFields(const SinkOptions& options) {
  std::vector<iceberg::Field> fields;
  for (const decode::MetadataColumn column : options.decoder.metadata) fields.push_back(decode::MetadataField(column));
  return fields;
}

Result<std::shared_ptr<table::Table>> CreateTable(const std::shared_ptr<catalog::Catalog>& catalog,
                                                  const SinkOptions& options, source::Source& source) {
  FRAZIL_ASSIGN_OR_RETURN(const auto partitions, source.Partitions());
  FRAZIL_ASSIGN_OR_RETURN(const auto starts, source.ResolveStart(partitions, {source::StartAt::Kind::kEarliest, 0}));
  std::vector<record::RecordBatch> sample;
  size_t records = 0;
  for (const auto& partition : partitions) {
    FRAZIL_ASSIGN_OR_RETURN(record::RecordBatch batch,
                            source.ReadSample(partition, starts.at(partition), kSampleRecords));
    records += batch.records.size();
    sample.push_back(std::move(batch));
  }
  FRAZIL_ASSIGN_OR_RETURN(std::vector<iceberg::Field> fields,
                          decode::InferJsonSchema(sample, options.schema, options.decoder));
  if (fields.empty() && records == 0) return std::shared_ptr<table::Table>();
  for (auto& field : MetadataFields(options)) fields.push_back(std::move(field));
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
    if (auto there = catalog->LoadTable(options.table)) created = std::move(there);
  }
  if (!created) return Wrap(created.error(), fmt::format("could not create table {}", options.table.ToString()));
  FRAZIL_FAILPOINT("after-table-create");
  log::info("created table {} at {} with {} columns from {} sampled records", options.table.ToString(),
            created->metadata->location, created->metadata->schema()->fields().size(), records);
  return std::make_shared<table::Table>(catalog, options.table, *std::move(created));
}

Status CheckFormat(const iceberg::TableMetadata& metadata, const std::string& name) {
  if (metadata.format_version == 1) {
    return Fail(
        ErrorKind::kUnsupported,
        "table {} has format version 1, which cannot carry what exactly-once needs. Upgrade it: ALTER TABLE {} SET "
        "TBLPROPERTIES ('format-version'='2') in Spark, or ALTER TABLE {} SET PROPERTIES format_version = 2 in Trino",
        name, name, name);
  }
  if (metadata.format_version > 2) {
    return Fail(ErrorKind::kUnsupported,
                "table {} has format version {}: writing versions above 2 is not supported yet (reading version 3 is)",
                name, metadata.format_version);
  }
  return {};
}

// Declared columns must be there with their types, or be added.
Status AddMissingColumns(table::Table& table, const SinkOptions& options) {
  const iceberg::SchemaPtr schema = table.current().metadata->schema();
  std::vector<iceberg::ColumnAddition> missing;
  std::vector<iceberg::Field> wanted = options.schema;
  for (auto& field : MetadataFields(options)) wanted.push_back(std::move(field));
  for (const iceberg::Field& field : wanted) {
    const iceberg::Field* found = schema->FindByName(field.name);
    if (found == nullptr) {
      if (field.required) {
        return Fail(ErrorKind::kInvalidArgument,
                    "column '{}' is declared required, but table {} has rows without it. Declare it 'required: false'",
                    field.name, options.table.ToString());
      }
      missing.push_back({"", field});
    } else if (!SameType(*found->type, *field.type)) {
      return Fail(ErrorKind::kInvalidArgument,
                  "column '{}' of table {} is {}, but 'schema:' declares it {}. Change the declaration, or the table's "
                  "column with another engine",
                  field.name, options.table.ToString(), found->type->ToString(), field.type->ToString());
    }
  }
  if (missing.empty()) return {};
  if (!options.decoder.add_columns) {
    return Fail(ErrorKind::kInvalidArgument,
                "Schema evolution not allowed in strict mode: table {} lacks column '{}'. Say 'schema_evolution: "
                "add_columns', or add the column with another engine",
                options.table.ToString(), missing.front().field.name);
  }
  FRAZIL_RETURN_IF_ERROR(table.AddColumns(missing));
  return {};
}

}  // namespace

Result<std::vector<iceberg::PartitionField>> PartitionFieldsFor(const SinkOptions& options,
                                                                const iceberg::Schema& schema) {
  std::vector<iceberg::PartitionField> fields;
  if (!options.partitioning || *options.partitioning == Partitioning::kNone ||
      *options.partitioning == Partitioning::kTableDefault) {
    return fields;
  }
  const iceberg::Transform transform = TransformFor(options);
  for (const std::string& name : options.partition_fields) {
    const iceberg::Field* source = schema.FindByName(name);
    if (source == nullptr) {
      return Fail(
          ErrorKind::kInvalidArgument,
          "partition field '{}' is no column of table {}, which has:\n{}\nDeclare it under 'schema:' if the sampled "
          "records did not carry it",
          name, options.table.ToString(), schema.ToString());
    }
    if (source->type->is_nested() || schema.InRepeated(source->id)) {
      return Fail(ErrorKind::kInvalidArgument,
                  "partition field '{}' of table {} is {}: only plain columns can partition", name,
                  options.table.ToString(), source->type->ToString());
    }
    if (auto fits = transform.ResultType(*source->type); !fits) {
      return Fail(ErrorKind::kInvalidArgument, "table {} cannot be partitioned by {} of '{}': {}",
                  options.table.ToString(), transform.ToString(), name, fits.error().message);
    }
    fields.push_back({source->id, 0, FieldName(name, transform), transform});
  }
  return fields;
}

Result<std::shared_ptr<table::Table>> SetUpTable(const std::shared_ptr<catalog::Catalog>& catalog,
                                                 const SinkOptions& options, source::Source& source) {
  auto loaded = catalog->LoadTable(options.table);
  if (!loaded && loaded.error().kind == ErrorKind::kNotFound) {
    FRAZIL_ASSIGN_OR_RETURN(const auto created, CreateTable(catalog, options, source));
    if (created == nullptr) return created;
    loaded = created->current();
  }
  if (!loaded) return tl::unexpected<Error>(loaded.error());

  // A table made just now may be another process's: it is held to the options like any other.
  auto table = std::make_shared<table::Table>(catalog, options.table, *std::move(loaded));
  FRAZIL_RETURN_IF_ERROR(CheckFormat(*table->current().metadata, options.table.ToString()));
  FRAZIL_RETURN_IF_ERROR(AddMissingColumns(*table, options));
  if (options.partitioning && *options.partitioning != Partitioning::kTableDefault) {
    FRAZIL_ASSIGN_OR_RETURN(const auto fields, PartitionFieldsFor(options, *table->current().metadata->schema()));
    FRAZIL_RETURN_IF_ERROR(table->SetDefaultSpec(fields));
  }
  return table;
}

}  // namespace frazil::ingest
