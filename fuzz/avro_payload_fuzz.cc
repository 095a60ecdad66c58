// Avro payloads as a topic brings them: a byte of flags, the writer's schema, a zero byte, the payload. Whatever they
// are, arrays are valid, batches make no difference, and what Avro itself does not read is bad.
#include <string>

#include "avro/datum.h"
#include "decode/avro_format.h"
#include "decode/json_stream_support.h"
#include "fuzz.h"

namespace {

using frazil::decode::Optional;
using frazil::decode::Required;
using frazil::fuzz::Check;
using frazil::iceberg::Field;
using frazil::iceberg::Type;
using frazil::iceberg::TypeKind;

// Bits of the first byte: the columns are inferred from the schema, or fields "a" to "d" have columns of some kind,
// which the bits between these tell.
constexpr uint8_t kStrict = 1;
constexpr uint8_t kRequired = 2;
constexpr uint8_t kInfer = 64;

constexpr TypeKind kPlain[] = {TypeKind::kBoolean,     TypeKind::kInt,    TypeKind::kLong, TypeKind::kFloat,
                               TypeKind::kDouble,      TypeKind::kDate,   TypeKind::kTime, TypeKind::kTimestamp,
                               TypeKind::kTimestampTz, TypeKind::kString, TypeKind::kUuid, TypeKind::kBinary,
                               TypeKind::kTimestampNs};

frazil::iceberg::TypePtr ColumnType(int number) {
  const auto text = Type::Primitive(TypeKind::kString);
  switch (number) {
    case 0:
      return Type::Decimal(20, 3);
    case 1:
      return Type::Fixed(3);
    case 2:
      return Type::List(0, Type::Primitive(TypeKind::kLong), false);
    case 3:
      return Type::Map(0, text, 0, Type::Primitive(TypeKind::kInt), false);
    case 4:
      return Type::Struct({Optional("a", text), Optional("b", Type::Primitive(TypeKind::kDouble))});
    default:
      return Type::Primitive(kPlain[static_cast<size_t>(number - 5) % std::size(kPlain)]);
  }
}

std::vector<Field> Columns(uint8_t flags) {
  std::vector<Field> fields;
  for (int i = 0; i < 4; ++i) {
    const std::string name(1, static_cast<char>('a' + i));
    const auto type = ColumnType((flags >> 2 & 15) + 4 * i);
    fields.push_back((flags & kRequired) != 0 && i == 3 ? Required(name, type) : Optional(name, type));
  }
  return fields;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t end = input.find('\0');
  if (end == input.npos || end == 0) return 0;
  const auto schema = frazil::avro::Schema::Parse(input.substr(1, end - 1));
  if (!schema || (*schema)->root().kind != frazil::avro::Kind::kRecord) return 0;
  const std::string payload(input.substr(end + 1));
  const auto format = frazil::decode::MakeAvroFormat({.only = *schema, .registry = nullptr});
  frazil::decode::DecoderOptions options;
  options.add_columns = (data[0] & kStrict) == 0;
  auto columns = Columns(data[0]);
  if ((data[0] & kInfer) != 0) {
    const auto inferred = format->InferSchema({}, {}, options);
    Check(inferred.has_value(), "any schema gives columns, or none");
    columns = *inferred;
  }
  if (columns.empty()) return 0;
  const std::vector<std::optional<std::string>> values = {payload, payload + "x", payload};
  const auto whole = frazil::decode::RunStream(columns, values, {3}, options, *format);
  const auto parts = frazil::decode::RunStream(columns, values, {1, 2, 3}, options, *format);
  Check(whole.schema == parts.schema && whole.rows == parts.rows && whole.bad == parts.bad,
        "batches make no difference");
  const bool bad = whole.bad.contains(0);
  if (!frazil::avro::Decode((*schema)->root(), payload)) Check(bad, "what Avro does not read is no row");
  return 0;
}

namespace frazil::fuzz {

std::vector<std::string> Seeds() {
  const std::string schema = R"({"type": "record", "name": "r", "fields": [
      {"name": "a", "type": ["null", {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 3}]},
      {"name": "b", "type": {"type": "array", "items": "long"}},
      {"name": "c", "type": {"type": "map", "values": "int"}},
      {"name": "d", "type": {"type": "record", "name": "s", "fields": [
          {"name": "a", "type": "string"}, {"name": "b", "type": ["double", "int"]}]}},
      {"name": "e", "type": {"type": "enum", "name": "en", "symbols": ["X", "Y"]}},
      {"name": "t", "type": {"type": "long", "logicalType": "timestamp-millis"}},
      {"name": "u", "type": {"type": "string", "logicalType": "uuid"}},
      {"name": "n", "type": ["null", "r"]}]})";
  const std::string plain = R"({"type": "record", "name": "r", "fields": [
      {"name": "a", "type": "int"}, {"name": "b", "type": ["null", "long"]}, {"name": "c", "type": "double"},
      {"name": "d", "type": {"type": "int", "logicalType": "time-millis"}},
      {"name": "f", "type": {"type": "fixed", "name": "fx", "size": 3}}, {"name": "g", "type": "float"},
      {"name": "h", "type": "boolean"}]})";
  using avro::Datum;
  const auto encoded = [](const std::string& text, const Datum& datum) {
    avro::BinaryWriter writer;
    Check(avro::Encode((*avro::Schema::Parse(text))->root(), datum, &writer).has_value(), "a seed is of its schema");
    return writer.Take();
  };
  const Datum row{Datum::List{
      Datum{std::string("\x01\x02"), 1}, Datum{Datum::List{Datum{int64_t{1}}, Datum{int64_t{-2}}}},
      Datum{Datum::Map{{"x", Datum{int32_t{1}}}, {"y", Datum{int32_t{2}}}}},
      Datum{Datum::List{Datum{std::string("s")}, Datum{int32_t{4}, 1}}}, Datum{int32_t{1}},
      Datum{int64_t{1'767'881'109'500}}, Datum{std::string("f79c3e09-677c-4bbd-a479-3f349cb785e7")}, Datum{}}};
  const Datum plain_row{Datum::List{Datum{int32_t{5}}, Datum{int64_t{6}, 1}, Datum{2.5}, Datum{int32_t{7}},
                                    Datum{std::string("abc")}, Datum{1.5F}, Datum{true}}};
  std::vector<std::string> seeds;
  for (int flags = 0; flags < 128; flags += 3) {
    const std::string front(1, static_cast<char>(flags));
    seeds.push_back(front + schema + '\0' + encoded(schema, row));
    seeds.push_back(front + plain + '\0' + encoded(plain, plain_row));
  }
  return seeds;
}

}  // namespace frazil::fuzz
