#include "decode/layout.h"

#include <arrow/type.h>

#include <algorithm>
#include <utility>

#include "parquet/schema_bridge.h"

namespace frazil::decode {

Result<Layout> MakeLayout(const DecoderTable& table, const DecoderOptions& options) {
  const iceberg::Schema& schema = *table.schema;
  Layout layout;
  FRAZIL_ASSIGN_OR_RETURN(layout.schema, parquet::ToArrowSchema(schema));
  layout.missing = options.metadata;
  for (const MetadataColumn column : options.metadata) layout.reserved.push_back(MetadataField(column).name);
  std::vector<iceberg::Field> payload;
  for (const iceberg::Field& field : schema.fields()) {
    const auto asked = std::find_if(layout.missing.begin(), layout.missing.end(),
                                    [&](MetadataColumn column) { return MetadataField(column).name == field.name; });
    if (asked == layout.missing.end()) {
      layout.sources.emplace_back();
      payload.push_back(field);
      continue;
    }
    const iceberg::Field wanted = MetadataField(*asked);
    if (!SameShape(*wanted.type, *field.type)) {
      return Fail(ErrorKind::kInvalidArgument,
                  "the table's column {} is {}, but metadata fills it with {}; rename the column, or take it out of "
                  "`metadata:`",
                  field.name, field.type->ToString(), wanted.type->ToString());
    }
    if (field.required && (*asked == MetadataColumn::kKey || *asked == MetadataColumn::kTimestamp)) {
      return Fail(ErrorKind::kInvalidArgument,
                  "the table's column {} is required, but a record may have none; make the column optional",
                  field.name);
    }
    layout.sources.emplace_back(*asked);
    layout.missing.erase(asked);
  }
  if (!layout.missing.empty() && !options.add_columns) {
    return Fail(
        ErrorKind::kInvalidArgument,
        "Schema evolution not allowed in strict mode: the table has no column {}, which `metadata:` asks for; set "
        "`schema_evolution: add_columns`, or add the column to the table",
        MetadataField(layout.missing[0]).name);
  }
  for (const iceberg::Field& field : schema.fields()) layout.columns += iceberg::PlainColumns(*field.type);
  layout.names = iceberg::ColumnNames(table.specs, schema);
  // A clash is ignored here: iceberg::CheckLoadable refuses a table that breaks these rules.
  for (const iceberg::Field& field : schema.fields()) layout.names.Take("", field);
  for (const MetadataColumn column : layout.missing) {
    const iceberg::Field field = MetadataField(column);
    layout.columns += iceberg::PlainColumns(*field.type);
    if (const auto clash = layout.names.TakeNew("", field)) {
      return Fail(ErrorKind::kInvalidArgument,
                  "the table cannot have column {}, which `metadata:` asks for: \"{}\": {}; rename the table's column, "
                  "or take it out of `metadata:`",
                  field.name, clash->column, clash->why);
    }
  }
  layout.payload.type = iceberg::Type::Struct(std::move(payload));
  layout.payload.required = true;
  return layout;
}

}  // namespace frazil::decode
