// Types of a new table's columns from a sample of JSON records.
#include <algorithm>
#include <unordered_set>

#include "decode/decoder.h"
#include "decode/json_shape.h"
#include "decode/json_shape_reader.h"

namespace frazil::decode {

Result<std::vector<iceberg::Field>> InferJsonSchema(const std::vector<record::RecordBatch>& sample,
                                                    const std::vector<iceberg::Field>& declared,
                                                    const DecoderOptions& options) {
  JsonShapeReader reader(options.infer_time);
  JsonShape all;
  for (const record::RecordBatch& batch : sample) {
    for (const record::RecordView& record : batch.records) {
      if (!record.value.data()) continue;
      JsonShape shape;
      if (reader.Read(record.value, shape) != JsonShapeReader::Outcome::kRead) continue;
      // One that contradicts those before it will be a bad record: it gives no column.
      all.Join(shape);
    }
  }
  std::vector<iceberg::Field> fields = declared;
  std::unordered_set<std::string> taken;
  for (const iceberg::Field& field : declared) taken.insert(field.name);
  for (const MetadataColumn column : options.metadata) taken.insert(MetadataField(column).name);
  for (const auto& [name, shape] : all.fields()) {
    if (taken.contains(name)) continue;
    iceberg::Field field;
    field.name = name;
    field.type = shape.ToType();
    fields.push_back(std::move(field));
  }
  return fields;
}

}  // namespace frazil::decode
