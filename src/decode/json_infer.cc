// Derives the columns of a new table from a sample of JSON records.
#include <algorithm>
#include <unordered_set>

#include "common/system/thread.h"
#include "common/warn_once.h"
#include "decode/column_growth.h"
#include "decode/json_format.h"
#include "decode/json_shape.h"
#include "decode/json_shape_reader.h"
#include "decode/new_table_columns.h"

namespace frazil::decode {
namespace {

// How many leaf columns a record would add to those whose names are taken.
int64_t NewColumns(const JsonShape& all, const JsonShape& record, const std::unordered_set<std::string>& taken) {
  static const JsonShape kNew;
  int64_t columns = 0;
  for (const auto& [name, shape] : record.fields()) {
    if (taken.contains(name)) continue;
    const JsonShape* there = all.Find(name);
    columns += (there ? *there : kNew).ColumnsFrom(shape);
  }
  return columns;
}

// The names of the columns that the sample needs.
class SampleNames {
 public:
  SampleNames(iceberg::ColumnNames names, int max_nested_lists)
      : names_(std::move(names)), max_nested_lists_(max_nested_lists) {}

  // False if the table cannot have the columns that `record` would add to `all`.
  bool Take(const JsonShape& all, const JsonShape& record, const std::unordered_set<std::string>& taken) {
    taken_now_.clear();
    const bool fits = std::all_of(record.fields().begin(), record.fields().end(), [&](const auto& field) {
      return taken.contains(field.first) || TakeField(all.Find(field.first), field.first, field.second, "", 0);
    });
    if (!fits) GiveBack();
    return fits;
  }
  void GiveBack() {
    for (const auto& [above, field] : taken_now_) names_.GiveBack(above, field);
    taken_now_.clear();
  }

 private:
  // `there` is what earlier records need in this place, or null. `lists` is the number of enclosing lists.
  bool TakeField(const JsonShape* there, const std::string& name, const JsonShape& shape, const std::string& above,
                 int lists) {
    const std::string full = above.empty() ? name : above + "." + name;
    if (there != nullptr) return TakeBelow(*there, shape, full, lists);
    iceberg::Field field;
    field.name = name;
    field.type = shape.ToType();
    if (lists + NestedLists(*field.type) > max_nested_lists_ || names_.TakeNew(above, field)) return false;
    taken_now_.emplace_back(above, std::move(field));
    return true;
  }

  bool TakeBelow(const JsonShape& there, const JsonShape& shape, const std::string& above, int lists) {
    if (there.json_class() != shape.json_class()) return true;  // nothing below them is new, or they contradict
    if (shape.json_class() == JsonClass::kArray) {
      return TakeBelow(there.element(), shape.element(), above + ".element", lists + 1);
    }
    return std::all_of(shape.fields().begin(), shape.fields().end(), [&](const auto& field) {
      return TakeField(there.Find(field.first), field.first, field.second, above, lists);
    });
  }

  iceberg::ColumnNames names_;
  const int max_nested_lists_;
  std::vector<std::pair<std::string, iceberg::Field>> taken_now_;  // by the last record
};

Result<std::vector<iceberg::Field>> Infer(const std::vector<record::RecordBatch>& sample,
                                          const std::vector<iceberg::Field>& declared, const DecoderOptions& options,
                                          iceberg::ColumnNames names) {
  FRAZIL_ASSIGN_OR_RETURN(NewTableColumns table, BeginNewTable(declared, options, std::move(names)));
  const std::unordered_set<std::string>& taken = table.taken;

  if (!SampleTells(declared, options)) return table.fields;
  const bool text = options.on_type_conflict == OnTypeConflict::kString;
  JsonShapeReader reader(options.infer_time, options.renames, options.on_type_conflict == OnTypeConflict::kColumn);
  JsonShape all(text);
  SampleNames sampled(std::move(table.names), options.max_nested_lists);
  for (const record::RecordBatch& batch : sample) {
    for (const record::RecordView& record : batch.records) {
      if (!record.value.data()) continue;
      JsonShape shape(text);
      if (reader.Read(record.value, shape) != JsonShapeReader::Outcome::kRead) continue;
      // A record that contradicts earlier ones, or needs columns that the table cannot have, will be bad, so it gives
      // no column.
      const int64_t more = NewColumns(all, shape, taken);
      if (table.columns + more > options.max_columns || !sampled.Take(all, shape, taken)) continue;
      if (all.Join(shape)) {
        table.columns += more;
      } else {
        sampled.GiveBack();
      }
    }
  }
  for (const auto& [name, shape] : all.fields()) {
    if (taken.contains(name)) continue;
    iceberg::Field field;
    field.name = name;
    field.type = shape.ToType();
    table.fields.push_back(std::move(field));
  }
  if (CarriesItsSchema(all)) log::WarnOnce(std::string(kCarriesItsSchema));
  return table.fields;
}

}  // namespace

Result<std::vector<iceberg::Field>> InferJsonSchema(const std::vector<record::RecordBatch>& sample,
                                                    const std::vector<iceberg::Field>& declared,
                                                    const DecoderOptions& options, iceberg::ColumnNames names) {
  return OrThrown("looking at a sample of the topic",
                  [&] { return Infer(sample, declared, options, std::move(names)); });
}

}  // namespace frazil::decode
