// A stream of JSON records, one a line behind a first byte of flags, "~" for a tombstone: whatever they hold, decoding
// them in one batch, one by one and in pairs, directly and by the long way gives the same schema, rows and bad records,
// and every array is valid. So it is where the columns are inferred from the records first.
#include <string>

#include "decode/json_stream_support.h"
#include "fuzz.h"

namespace {

using frazil::decode::DecoderOptions;
using frazil::decode::MetadataColumn;
using frazil::decode::Optional;
using frazil::decode::Required;
using frazil::fuzz::Check;
using frazil::iceberg::Field;
using frazil::iceberg::Type;
using frazil::iceberg::TypeKind;

using Values = std::vector<std::optional<std::string>>;

// Bits of the first byte. '0' to '?' and 'p' to DEL leave room for columns, '@' and what follows infer them.
constexpr uint8_t kStrict = 1;
constexpr uint8_t kInferTime = 2;
constexpr uint8_t kRequired = 4;
constexpr uint8_t kMetadata = 8;
constexpr uint8_t kRoomForColumns = 16;  // else two more and no other
constexpr uint8_t kInferColumns = 64;
// A second byte says what becomes of unknown fields, in its lowest two bits, of conflicts, in the two above, and
// whether columns may change.
constexpr uint8_t kMisfits = 128;
constexpr uint8_t kFull = 16;

std::vector<Field> AllTypes() {
  std::vector<Field> all;
  for (int kind = 0; kind <= static_cast<int>(TypeKind::kBinary); ++kind) {
    const auto k = static_cast<TypeKind>(kind);
    const auto type = k == TypeKind::kDecimal ? Type::Decimal(20, 3)
                      : k == TypeKind::kFixed ? Type::Fixed(3)
                                              : Type::Primitive(k);
    all.push_back(Optional(type->ToString(), type));
  }
  const auto text = Type::Primitive(TypeKind::kString);
  all.push_back(Optional("s", Type::Struct({Optional("a", text), Optional("b", Type::Primitive(TypeKind::kLong))})));
  all.push_back(Optional("l", Type::List(0, Type::Struct({Optional("a", text)}), false)));
  all.push_back(Optional("m", Type::Map(0, text, 0, Type::Struct({Optional("a", text)}), false)));
  return all;
}

std::vector<Field> RequiredColumns() {
  const auto number = Type::Primitive(TypeKind::kInt);
  return {Required("r", number),
          Optional("s", Type::Struct({Required("a", Type::Primitive(TypeKind::kDouble)), Optional("b", number)})),
          Required("l", Type::List(0, number, true)),
          Optional("m", Type::Map(0, Type::Primitive(TypeKind::kString), 0, Type::List(0, number, false), true)),
          Optional("n", Type::Map(0, number, 0, number, false))};
}

Values Lines(const uint8_t* data, size_t size) {
  Values values{std::string()};
  for (size_t i = 0; i < size; ++i) {
    if (data[i] == '\n') {
      values.emplace_back(std::string());
    } else {
      values.back()->push_back(static_cast<char>(data[i]));
    }
  }
  for (auto& value : values) {
    if (value == "~") value.reset();
  }
  return values;
}

std::vector<Field> Infer(const std::vector<frazil::record::RecordBatch>& sample, const std::vector<Field>& declared,
                         const DecoderOptions& options) {
  auto fields = frazil::decode::InferJsonSchema(sample, declared, options);
  Check(fields.has_value(), "any sample gives columns");
  return *std::move(fields);
}

std::vector<Field> InferColumns(const Values& values, const DecoderOptions& options) {
  const std::vector<Field> declared = {Optional("long", Type::Primitive(TypeKind::kLong))};
  std::vector<frazil::record::RecordBatch> whole, singles;
  whole.push_back(frazil::decode::JsonBatch(values));
  for (const auto& value : values) singles.push_back(frazil::decode::JsonBatch({value}));
  auto fields = Infer(whole, declared, options);
  const auto others = Infer(singles, declared, options);
  Check(frazil::iceberg::TypeText(*Type::Struct(fields)) == frazil::iceberg::TypeText(*Type::Struct(others)),
        "batches make no difference to what is inferred");
  return fields;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const uint8_t flags = data[0];
  DecoderOptions options;
  options.add_columns = (flags & kStrict) == 0;
  options.infer_time = (flags & kInferTime) != 0;
  if ((flags & kMetadata) != 0) {
    options.metadata = {MetadataColumn::kTopic,     MetadataColumn::kPartition, MetadataColumn::kOffset,
                        MetadataColumn::kTimestamp, MetadataColumn::kKey,       MetadataColumn::kHeaders};
  }
  size_t begin = 1;
  if ((flags & kMisfits) != 0 && size > 1) {
    using frazil::decode::OnTypeConflict;
    options.on_unknown_field = static_cast<frazil::decode::OnUnknownField>(data[1] & 3);
    options.on_type_conflict = static_cast<OnTypeConflict>((data[1] >> 2 & 3) % 3);
    if ((data[1] & kFull) != 0 && options.add_columns) {
      options.full = true;
      options.declared = {Optional("s", Type::Struct({Optional("b", Type::Primitive(TypeKind::kInt))}))};
      options.renames =
          *frazil::decode::Renames::Make({{"c", "a"}, {"s.c", "a"}, {"l.element.c", "a"}, {"m.value.c", "a"}});
    }
    begin = 2;
  }
  const Values values = Lines(data + begin, size - begin);
  if (values.size() > 16) return 0;
  auto columns = (flags & kInferColumns) != 0 ? InferColumns(values, options)
                 : (flags & kRequired) != 0   ? RequiredColumns()
                                              : AllTypes();
  if (!options.add_columns) {
    for (const Field& field : frazil::decode::FilledFields(options)) columns.push_back(field);
  }
  if ((flags & kRoomForColumns) == 0) options.max_columns = frazil::iceberg::PlainColumns(*Type::Struct(columns)) + 2;
  std::vector<size_t> singles, pairs;
  for (size_t i = 1; i <= values.size(); ++i) {
    singles.push_back(i);
    if (i % 2 == 0 || i == values.size()) pairs.push_back(i);
  }
  const auto whole = frazil::decode::RunStream(columns, values, {values.size()}, options);
  for (const auto& ends : {singles, pairs}) {
    const auto parts = frazil::decode::RunStream(columns, values, ends, options);
    Check(parts.schema == whole.schema, "batches make no difference to the schema");
    Check(parts.rows == whole.rows, "batches make no difference to rows");
    Check(parts.tombstones == whole.tombstones, "batches make no difference to tombstones");
    Check(parts.bad.size() == whole.bad.size(), "batches make no difference to what is bad");
    Check(parts.counts == whole.counts, "batches make no difference to what is counted");
  }
  // None with a byte order mark goes the direct way; a second mark would be a fault.
  const std::string mark = "\xEF\xBB\xBF";
  Values marked = values;
  for (auto& value : marked) {
    if (value && !value->starts_with(mark)) value->insert(0, mark);
  }
  const auto long_way = frazil::decode::RunStream(columns, marked, {marked.size()}, options);
  Check(long_way.schema == whole.schema && long_way.rows == whole.rows && long_way.bad.size() == whole.bad.size(),
        "the way that a record takes makes no difference");
  return 0;
}
