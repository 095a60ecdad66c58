// Types of a new table's columns from a sample of JSON records.
#include <algorithm>
#include <unordered_set>

#include "common/out_of_memory.h"
#include "common/warn_once.h"
#include "decode/decoder.h"
#include "decode/json_shape.h"
#include "decode/json_shape_reader.h"

namespace frazil::decode {
namespace {

// Plain columns that a record would add beside those whose names are taken.
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

std::vector<iceberg::Field> Infer(const std::vector<record::RecordBatch>& sample,
                                  const std::vector<iceberg::Field>& declared, const DecoderOptions& options) {
  std::vector<iceberg::Field> fields = declared;
  std::unordered_set<std::string> taken;
  int64_t columns = 0;
  const auto take = [&](const iceberg::Field& field) {
    if (taken.insert(field.name).second) columns += iceberg::PlainColumns(*field.type);
  };
  for (const iceberg::Field& field : declared) take(field);
  for (const MetadataColumn column : options.metadata) take(MetadataField(column));

  JsonShapeReader reader(options.infer_time);
  JsonShape all;
  for (const record::RecordBatch& batch : sample) {
    for (const record::RecordView& record : batch.records) {
      if (!record.value.data()) continue;
      JsonShape shape;
      if (reader.Read(record.value, shape) != JsonShapeReader::Outcome::kRead) continue;
      const int64_t more = NewColumns(all, shape, taken);
      // One that contradicts those before it, or has too many fields, will be a bad record: it gives no column.
      if (columns + more <= options.max_columns && all.Join(shape)) columns += more;
    }
  }
  for (const auto& [name, shape] : all.fields()) {
    if (taken.contains(name)) continue;
    iceberg::Field field;
    field.name = name;
    field.type = shape.ToType();
    fields.push_back(std::move(field));
  }
  if (CarriesItsSchema(all)) log::WarnOnce(std::string(kCarriesItsSchema));
  return fields;
}

}  // namespace

Result<std::vector<iceberg::Field>> InferJsonSchema(const std::vector<record::RecordBatch>& sample,
                                                    const std::vector<iceberg::Field>& declared,
                                                    const DecoderOptions& options) {
  return OrOutOfMemory("looking at a sample of the topic",
                       [&]() -> Result<std::vector<iceberg::Field>> { return Infer(sample, declared, options); });
}

}  // namespace frazil::decode
