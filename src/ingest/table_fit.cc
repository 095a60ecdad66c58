#include "ingest/table_fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "common/time/clock.h"
#include "iceberg/spec_update.h"
#include "iceberg/table_rules.h"
#include "iceberg/type_text.h"
#include "ingest/declared_columns.h"
#include "ingest/partition_fanout.h"

namespace frazil::ingest {
namespace {

// The default name of the reference implementation.
std::string FieldName(const iceberg::TransformTerm& term) {
  using iceberg::TransformKind;
  switch (term.transform.kind) {
    case TransformKind::kBucket:
      return term.column + "_bucket";
    case TransformKind::kTruncate:
      return term.column + "_trunc";
    case TransformKind::kYear:
      return term.column + "_year";
    case TransformKind::kMonth:
      return term.column + "_month";
    case TransformKind::kDay:
      return term.column + "_day";
    case TransformKind::kHour:
      return term.column + "_hour";
    default:
      return term.column;
  }
}

// One name for each term. If a column has two buckets, the second one's name contains its number: "id_bucket_4".
std::vector<std::string> FieldNames(const std::vector<iceberg::TransformTerm>& terms) {
  std::vector<std::string> names;
  for (const auto& term : terms) {
    std::string name = FieldName(term);
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      name += fmt::format("_{}", term.transform.parameter);
    }
    names.push_back(std::move(name));
  }
  return names;
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

// Declared columns must be there and hold what their types do, or come to. The types of metadata columns the decoder
// checks.
Result<iceberg::SchemaChange> WhatIsMissing(const iceberg::Schema& schema, int32_t format_version,
                                            const SinkOptions& options) {
  const std::string name = options.table.ToString();
  iceberg::SchemaChange missing;
  for (const iceberg::Field& field : options.schema) {
    const iceberg::Field* found = schema.FindAtRoot(field.name);
    if (found == nullptr) {
      if (field.required) {
        return Fail(ErrorKind::kInvalidArgument,
                    "column '{}' is declared required, but table {} has rows without it. Declare it 'required: false'",
                    field.name, name);
      }
      missing.additions.push_back({0, field});
      continue;
    }
    auto change = iceberg::ChangeTo(*found, *field.type, format_version);
    if (!change) {
      return Fail(
          ErrorKind::kInvalidArgument,
          "column '{}' of table {} is {}, but 'schema:' declares it {}, and no change of a column's type leads "
          "there. Change the declaration; or rename the table's column with another engine, and the declared one "
          "comes beside it",
          field.name, name, iceberg::TypeText(*found->type), iceberg::TypeText(*field.type));
    }
    std::move(change->additions.begin(), change->additions.end(), std::back_inserter(missing.additions));
    std::move(change->promotions.begin(), change->promotions.end(), std::back_inserter(missing.promotions));
  }
  for (auto& field : decode::FilledFields(options.decoder)) {
    if (schema.FindAtRoot(field.name) == nullptr) missing.additions.push_back({0, std::move(field)});
  }
  if (!missing.empty() && !options.decoder.add_columns) {
    const std::string what =
        missing.additions.empty()
            ? fmt::format("column '{}' of table {} is to become {}", schema.FullName(missing.promotions[0].field_id),
                          name, iceberg::TypeText(*missing.promotions[0].type))
            : fmt::format("table {} lacks column '{}'", name, missing.additions.front().field.name);
    return Fail(ErrorKind::kInvalidArgument,
                "Schema evolution not allowed in strict mode: {}. Say 'schema_evolution: add_columns', or change the "
                "table with another engine",
                what);
  }
  return missing;
}

Result<iceberg::TableMetadata> Apply(const iceberg::TableMetadata& base,
                                     const std::vector<iceberg::TableUpdate>& updates) {
  return iceberg::ApplyUpdates(base, "", updates, Clock::System().NowMillis());
}

// `base` with a change of its schema.
Result<iceberg::TableMetadata> Changed(const iceberg::TableMetadata& base, const iceberg::SchemaChange& change,
                                       const SinkOptions& options) {
  const auto updates = iceberg::ChangeSchema(base, change);
  if (!updates) {
    const bool drops = !change.drops.empty() && change.additions.empty();
    return Fail(updates.error().kind, "table {}: {}{}", options.table.ToString(), updates.error().message,
                drops ? ". Keep it declared under 'schema:', or drop it with another engine" : "");
  }
  return Apply(base, *updates);
}

std::string PartitioningText(const iceberg::TableMetadata& table) {
  std::vector<std::string> parts;
  for (const auto& field : table.spec()->fields) {
    parts.push_back(ToString(iceberg::TransformTerm{table.schema()->FullName(field.source_id), field.transform}));
  }
  return parts.empty() ? "not partitioned" : fmt::format("partitioned by {}", fmt::join(parts, ", "));
}

std::string SortingText(const iceberg::TableMetadata& table) {
  std::vector<std::string> parts;
  for (const auto& field : iceberg::DefaultOrder(table).fields) {
    parts.push_back(ToString(iceberg::SortTerm{
        {table.schema()->FullName(field.source_id), field.transform}, field.ascending, field.nulls_first}));
  }
  return parts.empty() ? "not sorted" : fmt::format("sorted by {}", fmt::join(parts, ", "));
}

}  // namespace

std::vector<std::string> PartitionFieldNames(const SinkOptions& options) {
  std::vector<std::string> reserved;
  if (!options.partition_by) return reserved;
  const auto names = FieldNames(*options.partition_by);
  for (size_t i = 0; i < names.size(); ++i) {
    if ((*options.partition_by)[i].transform.kind != iceberg::TransformKind::kIdentity) reserved.push_back(names[i]);
  }
  return reserved;
}

namespace {

// The column of a term. `use` says, for messages, what the column is needed for.
Result<const iceberg::Field*> SourceOf(const iceberg::TransformTerm& term, const iceberg::Schema& schema,
                                       const SinkOptions& options, std::string_view what, std::string_view use) {
  const iceberg::Field* source = schema.FindByName(term.column);
  if (source == nullptr) {
    return Fail(ErrorKind::kInvalidArgument,
                "{} field '{}' is no column of table {}, which has:\n{}\nDeclare it under 'schema:' if the sampled "
                "records did not carry it",
                what, term.column, options.table.ToString(), schema.ToString());
  }
  if (source->type->is_nested() || schema.InRepeated(source->id)) {
    return Fail(ErrorKind::kInvalidArgument, "{} field '{}' of table {} is {}: only plain columns can {}", what,
                term.column, options.table.ToString(), source->type->ToString(), use);
  }
  if (auto fits = term.transform.ResultType(*source->type); !fits) {
    return Fail(ErrorKind::kInvalidArgument, "table {} cannot be {}ed by {} of '{}': {}", options.table.ToString(),
                what, term.transform.ToString(), term.column, fits.error().message);
  }
  return source;
}

}  // namespace

Result<std::vector<iceberg::PartitionField>> PartitionFieldsFor(const SinkOptions& options,
                                                                const iceberg::Schema& schema) {
  std::vector<iceberg::PartitionField> fields;
  if (!options.partition_by) return fields;
  const auto names = FieldNames(*options.partition_by);
  for (size_t i = 0; i < names.size(); ++i) {
    const auto& term = (*options.partition_by)[i];
    FRAZIL_ASSIGN_OR_RETURN(const auto* source, SourceOf(term, schema, options, "partition", "partition"));
    fields.push_back({source->id, 0, names[i], term.transform});
  }
  return fields;
}

Result<std::vector<iceberg::SortField>> SortFieldsFor(const SinkOptions& options, const iceberg::Schema& schema) {
  std::vector<iceberg::SortField> fields;
  if (!options.sort_by) return fields;
  for (const auto& [term, ascending, nulls_first] : *options.sort_by) {
    FRAZIL_ASSIGN_OR_RETURN(const auto* source, SourceOf(term, schema, options, "sort", "sort"));
    fields.push_back({source->id, term.transform, ascending, nulls_first});
  }
  return fields;
}

Result<TableFit> FitTable(const iceberg::TableMetadata& table, const SinkOptions& options) {
  TableFit fit;
  FRAZIL_RETURN_IF_ERROR(CheckFormat(table, options.table.ToString()));
  if (const auto loadable = iceberg::CheckLoadable(table); !loadable) {
    return Fail(
        ErrorKind::kUnsupported,
        "other engines do not load table {}, so nothing is added to it: {}. Feed a new table in its place, where "
        "records that want such a column are bad records",
        options.table.ToString(), loadable.error().message);
  }
  fit.before = table.schema();
  FRAZIL_ASSIGN_OR_RETURN(WantedRenames renames, RenamesFor(*fit.before, options));
  FRAZIL_ASSIGN_OR_RETURN(fit.after, Changed(table, {.renames = renames.renames}, options));
  WantedDrops drops = DropsFor(fit.after, options);
  FRAZIL_ASSIGN_OR_RETURN(fit.after, Changed(fit.after, {.drops = drops.drops}, options));
  FRAZIL_ASSIGN_OR_RETURN(fit.change, WhatIsMissing(*fit.after.schema(), table.format_version, options));
  fit.change.renames = std::move(renames.renames);
  fit.change.drops = std::move(drops.drops);
  fit.notes = std::move(renames.notes);
  std::move(drops.notes.begin(), drops.notes.end(), std::back_inserter(fit.notes));
  FRAZIL_ASSIGN_OR_RETURN(fit.after, Changed(table, fit.change, options));
  if (options.partition_by) {
    FRAZIL_ASSIGN_OR_RETURN(const auto fields, PartitionFieldsFor(options, *fit.after.schema()));
    const auto spec = iceberg::ChangeDefaultSpec(fit.after, fields);
    FRAZIL_ASSIGN_OR_RETURN(fit.after, Apply(fit.after, spec));
    fit.new_spec = !spec.empty();
  }
  if (options.sort_by) {
    FRAZIL_ASSIGN_OR_RETURN(const auto fields, SortFieldsFor(options, *fit.after.schema()));
    const auto order = iceberg::ChangeDefaultOrder(fit.after, fields);
    FRAZIL_ASSIGN_OR_RETURN(fit.after, Apply(fit.after, order));
    fit.new_order = !order.empty();
  }
  // The lanes will need a decoder, so its errors are found here.
  FRAZIL_RETURN_IF_ERROR(options.format->MakeDecoder({fit.after.schema(), fit.after.partition_specs}, options.decoder));
  FRAZIL_RETURN_IF_ERROR(PartitionFanout::Make(*fit.after.schema(), *fit.after.spec()));
  return fit;
}

std::vector<std::string> Describe(const iceberg::SchemaChange& change, const iceberg::Schema& before) {
  std::vector<std::string> changes;
  for (const auto& [field_id, name] : change.renames) {
    changes.push_back(fmt::format("column '{}' is called '{}' from now on", before.FullName(field_id), name));
  }
  for (const int32_t field_id : change.drops) {
    changes.push_back(fmt::format("column '{}' is dropped: 'schema:' has it no longer", before.FullName(field_id)));
  }
  for (const auto& [parent_id, field] : change.additions) {
    const std::string parent = before.FullName(parent_id);
    changes.push_back(fmt::format("new column '{}{}{}' {}", parent, parent.empty() ? "" : ".", field.name,
                                  iceberg::TypeText(*field.type)));
  }
  for (const auto& [field_id, type] : change.promotions) {
    changes.push_back(fmt::format("column '{}' becomes {}", before.FullName(field_id), iceberg::TypeText(*type)));
  }
  for (const int32_t field_id : change.relaxed) {
    changes.push_back(fmt::format("column '{}' becomes optional", before.FullName(field_id)));
  }
  return changes;
}

std::vector<std::string> FieldsWithoutColumn(const iceberg::TableMetadata& table) {
  std::vector<std::string> names;
  for (const auto& field : table.spec()->fields) {
    const bool gone = table.schema()->FindById(field.source_id) == nullptr;
    if (gone && field.transform.kind != iceberg::TransformKind::kVoid) names.push_back(field.name);
  }
  return names;
}

std::vector<std::string> Describe(const TableFit& fit) {
  std::vector<std::string> changes = Describe(fit.change, *fit.before);
  if (fit.new_spec) {
    changes.push_back(
        fmt::format("new files are {}; those that are there stay as they are", PartitioningText(fit.after)));
  }
  if (fit.new_order) changes.push_back("rows of new files are " + SortingText(fit.after));
  return changes;
}

}  // namespace frazil::ingest
