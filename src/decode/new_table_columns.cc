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
      return Fail(ErrorKind::kInvalidArgument, "the table cannot have column \"{}\" of `schema:` or `metadata:`: {}",
                  clash->column, clash->why);
    }
    return {};
  };
  for (const iceberg::Field& field : declared) FRAZIL_RETURN_IF_ERROR(take(field));
  for (const MetadataColumn column : options.metadata) FRAZIL_RETURN_IF_ERROR(take(MetadataField(column)));
  return table;
}

}  // namespace frazil::decode
