#include "decode/new_table_columns.h"

#include <utility>

namespace frazil::decode {

Result<NewTableColumns> BeginNewTable(const std::vector<iceberg::Field>& declared, const DecoderOptions& options,
                                      iceberg::ColumnNames names) {
  NewTableColumns table{declared, {}, std::move(names), 0};
  const auto take = [&](const iceberg::Field& field) -> Status {
    if (!table.taken.insert(field.name).second) return {};
    table.columns += iceberg::PlainColumns(*field.type);
    if (const auto clash = table.names.TakeNew("", field)) {
      return Fail(ErrorKind::kInvalidArgument,
                  "the table cannot have column \"{}\" of `schema:`, `metadata:` or `unknown_fields_column:`: {}",
                  clash->column, clash->why);
    }
    return {};
  };
  for (const iceberg::Field& field : declared) FRAZIL_RETURN_IF_ERROR(take(field));
  for (const iceberg::Field& field : FilledFields(options)) FRAZIL_RETURN_IF_ERROR(take(field));
  return table;
}

}  // namespace frazil::decode
