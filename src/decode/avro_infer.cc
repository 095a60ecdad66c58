#include "decode/avro_infer.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/log.h"
#include "decode/column_growth.h"
#include "decode/new_table_columns.h"

namespace frazil::decode {
namespace {

Result<std::vector<avro::SchemaPtr>> SchemasOf(const AvroSchemas& schemas,
                                               const std::vector<record::RecordBatch>& sample) {
  if (schemas.only != nullptr) return std::vector<avro::SchemaPtr>{schemas.only};
  std::vector<avro::SchemaPtr> found;
  std::set<uint32_t> seen;
  for (const record::RecordBatch& batch : sample) {
    for (const record::RecordView& record : batch.records) {
      const auto framed = ReadFrame(record.value);
      if (!framed || !seen.insert(framed->schema_id).second) continue;
      FRAZIL_ASSIGN_OR_RETURN(const auto answer, schemas.registry->Find(framed->schema_id));
      if (answer.schema != nullptr) found.push_back(answer.schema);
    }
  }
  return found;
}

// True if a table can have `fields` beside the names in `names`.
bool NamesFit(iceberg::ColumnNames names, const std::vector<iceberg::Field>& fields) {
  return std::none_of(fields.begin(), fields.end(),
                      [&](const iceberg::Field& field) { return names.TakeNew("", field).has_value(); });
}

}  // namespace

Result<std::vector<iceberg::Field>> InferAvroSchema(const AvroSchemas& schemas,
                                                    const std::vector<record::RecordBatch>& sample,
                                                    const std::vector<iceberg::Field>& declared,
                                                    const DecoderOptions& options, iceberg::ColumnNames names) {
  FRAZIL_ASSIGN_OR_RETURN(NewTableColumns table, BeginNewTable(declared, options, std::move(names)));
  if (!SampleTells(declared, options)) return table.fields;
  FRAZIL_ASSIGN_OR_RETURN(const auto found, SchemasOf(schemas, sample));
  std::vector<iceberg::Field> all;
  for (const avro::SchemaPtr& schema : found) {
    auto read = AvroColumns(schema->root());
    if (!read) continue;  // each record of it is told why it is bad
    const auto columns = FieldsNow(*std::move(read), options.renames.empty() ? nullptr : &options.renames);
    std::vector<iceberg::Field> with = all;
    for (const iceberg::Field& field : columns) {
      if (table.taken.contains(field.name)) continue;
      const auto same = std::find_if(with.begin(), with.end(), [&](const auto& one) { return one.name == field.name; });
      if (same == with.end()) {
        with.push_back(field);
      } else {
        JoinAvroColumn(*same, field);
      }
    }
    int64_t plain = table.columns;
    int lists = 0;
    for (const iceberg::Field& field : with) {
      plain += iceberg::PlainColumns(*field.type);
      lists = std::max(lists, NestedLists(*field.type));
    }
    if (plain <= options.max_columns && lists <= options.max_nested_lists && NamesFit(table.names, with)) {
      all = std::move(with);
    }
  }
  table.fields.insert(table.fields.end(), all.begin(), all.end());
  return table.fields;
}

}  // namespace frazil::decode
