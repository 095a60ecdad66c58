#include "decode/layout.h"

#include <arrow/type.h>

#include <algorithm>
#include <utility>

#include "parquet/schema_bridge.h"

namespace frazil::decode {
namespace {

std::string_view AskedBy(const iceberg::Field& filled, const DecoderOptions& options) {
  const bool rest = options.on_unknown_field == OnUnknownField::kColumn && filled.name == options.unknown_fields_column;
  return rest ? "`unknown_fields_column:`" : "`metadata:`";
}

}  // namespace

Result<Layout> MakeLayout(const DecoderTable& table, const DecoderOptions& options) {
  const iceberg::Schema& schema = *table.schema;
  Layout layout;
  FRAZIL_ASSIGN_OR_RETURN(layout.schema, parquet::ToArrowSchema(schema));
  layout.missing = FilledFields(options);
  for (const iceberg::Field& field : layout.missing) layout.reserved.push_back(field.name);
  std::vector<iceberg::Field> payload;
  for (const iceberg::Field& field : schema.fields()) {
    const auto wanted = std::find_if(layout.missing.begin(), layout.missing.end(),
                                     [&](const iceberg::Field& one) { return one.name == field.name; });
    const auto asked = std::find_if(options.metadata.begin(), options.metadata.end(),
                                    [&](MetadataColumn column) { return MetadataField(column).name == field.name; });
    const bool from_record = asked != options.metadata.end();
    layout.sources.push_back(from_record ? std::optional(*asked) : std::nullopt);
    if (!from_record) payload.push_back(field);
    if (wanted == layout.missing.end()) continue;
    if (!SameShape(*wanted->type, *field.type)) {
      return Fail(ErrorKind::kInvalidArgument,
                  "the table's column {} is {}, but {} fills it with {}; rename the column, or {}", field.name,
                  field.type->ToString(), from_record ? "metadata" : "`on_unknown_field: column`",
                  wanted->type->ToString(),
                  from_record ? "take it out of `metadata:`" : "give `unknown_fields_column:` another name");
    }
    const bool may_lack = !from_record || *asked == MetadataColumn::kKey || *asked == MetadataColumn::kTimestamp;
    if (field.required && may_lack) {
      return Fail(ErrorKind::kInvalidArgument,
                  "the table's column {} is required, but a record may have none; make the column optional",
                  field.name);
    }
    layout.missing.erase(wanted);
  }
  if (!layout.missing.empty() && !options.add_columns) {
    return Fail(ErrorKind::kInvalidArgument,
                "Schema evolution not allowed in strict mode: the table has no column {}, which {} asks for; set "
                "`schema_evolution: add_columns`, or add the column to the table",
                layout.missing[0].name, AskedBy(layout.missing[0], options));
  }
  for (const iceberg::Field& field : schema.fields()) layout.columns += iceberg::PlainColumns(*field.type);
  layout.names = iceberg::ColumnNames(table.specs, schema);
  // A clash is ignored here: iceberg::CheckLoadable refuses a table that breaks these rules.
  for (const iceberg::Field& field : schema.fields()) layout.names.Take("", field);
  for (const iceberg::Field& field : layout.missing) {
    layout.columns += iceberg::PlainColumns(*field.type);
    if (const auto clash = layout.names.TakeNew("", field)) {
      return Fail(ErrorKind::kInvalidArgument,
                  "the table cannot have column {}, which {} asks for: \"{}\": {}; rename the table's column, or "
                  "take it out of there",
                  field.name, AskedBy(field, options), clash->column, clash->why);
    }
  }
  layout.payload.type = iceberg::Type::Struct(std::move(payload));
  layout.payload.required = true;
  return layout;
}

}  // namespace frazil::decode
