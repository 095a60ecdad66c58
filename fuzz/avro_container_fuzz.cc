// Container files; and, when the input does not begin as one, a schema and a value of it with a zero byte between.
#include <string_view>

#include "avro/container.h"
#include "avro/datum.h"
#include "fuzz.h"

namespace frazil {
namespace {

using avro::BinaryReader;
using avro::BinaryWriter;
using avro::Datum;
using avro::Node;

std::string Encoded(const Node& node, const Datum& datum) {
  BinaryWriter writer;
  fuzz::Check(avro::Encode(node, datum, &writer).has_value(), "what was read can be written");
  return writer.Take();
}

// A value that can be read can be written, and comes back the same; skipping it ends where reading it does.
Result<std::string> ReadAndWrite(const Node& node, BinaryReader& reader) {
  BinaryReader skipper = reader;
  FRAZIL_ASSIGN_OR_RETURN(const Datum datum, avro::Decode(node, reader));
  std::string bytes = Encoded(node, datum);
  const auto again = avro::Decode(node, bytes);
  // Values of no bytes are paid for by bytes before, which are not here.
  fuzz::Check(again ? Encoded(node, *again) == bytes : again.error().message.find("no bytes") != std::string::npos,
              "a value comes back as it was written");
  skipper.Skip(node);
  fuzz::Check(skipper.ok() && skipper.position() == reader.position(), "skipping ends where reading does");
  return bytes;
}

Status FuzzContainer(std::string_view input) {
  FRAZIL_ASSIGN_OR_RETURN(const auto file, avro::ContainerReader::Open(input));
  const Node& root = file.schema().root();
  avro::ContainerWriter writer(file.schema().text(), {}, {file.codec(), 100});
  size_t objects = 0;
  FRAZIL_RETURN_IF_ERROR(file.ForEach([&](BinaryReader& reader) {
    const auto bytes = ReadAndWrite(root, reader);
    if (!bytes) return;
    ++objects;
    fuzz::Check(writer.Append(*bytes).has_value(), "a value can be appended");
  }));
  const auto written = writer.Finish();
  fuzz::Check(written.has_value(), "a file can be finished");
  size_t again = 0;
  const auto reopened = avro::ContainerReader::Open(*written);
  fuzz::Check(reopened.has_value(), "a written file can be opened");
  const Status status = reopened->ForEach([&](BinaryReader& reader) {
    reader.Skip(root);
    ++again;
  });
  // Values of no bytes and the ratio of compression are limited by a file's own size, which is another here.
  fuzz::Check(!status || again == objects, "a written file holds what was appended");
  return {};
}

Status FuzzValue(std::string_view input) {
  const size_t end = input.find('\0');
  if (end == std::string_view::npos) return {};
  FRAZIL_ASSIGN_OR_RETURN(const auto schema, avro::Schema::Parse(input.substr(0, end)));
  BinaryReader reader(input.substr(end + 1));
  FRAZIL_RETURN_IF_ERROR(ReadAndWrite(schema->root(), reader));
  return {};
}

constexpr std::string_view kEverything = R"({"type": "record", "name": "ns.r", "doc": "d", "fields": [
    {"name": "n", "type": "null"}, {"name": "b", "type": "boolean", "default": false},
    {"name": "i", "type": {"type": "int", "logicalType": "date"}, "field-id": 3},
    {"name": "l", "type": {"type": "long", "logicalType": "timestamp-micros", "adjust-to-utc": true}},
    {"name": "f", "type": "float"}, {"name": "d", "type": {"type": "double"}}, {"name": "y", "type": "bytes"},
    {"name": "s", "type": "string"}, {"name": "x", "type": {"type": "fixed", "name": "F", "size": 3}},
    {"name": "p", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
    {"name": "u", "type": {"type": "fixed", "name": "other.U", "size": 16, "logicalType": "uuid"}},
    {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["A", "B"]}},
    {"name": "a", "type": {"type": "array", "items": ["null", "long"], "element-id": 7}},
    {"name": "m", "type": {"type": "map", "values": "F"}}, {"name": "next", "type": ["null", "r"]}]})";

std::string EveryValue(int depth) {
  BinaryWriter writer;
  writer.WriteBoolean(true);
  writer.WriteLong(-20000);
  writer.WriteLong(int64_t{1} << 50);
  writer.WriteFloat(1.5F);
  writer.WriteDouble(-0.25);
  writer.WriteBytes("bytes");
  writer.WriteBytes("text");
  writer.WriteFixed("fix");
  writer.WriteBytes("\x01\x02");
  writer.WriteFixed("0123456789abcdef");
  writer.WriteLong(1);
  writer.WriteBlock(2);
  writer.WriteLong(0);
  writer.WriteLong(1);
  writer.WriteLong(300);
  writer.WriteLong(-1);  // a block that tells its size
  writer.WriteLong(1);
  writer.WriteLong(0);
  writer.EndBlocks();
  writer.WriteBlock(1);
  writer.WriteBytes("key");
  writer.WriteFixed("abc");
  writer.EndBlocks();
  writer.WriteLong(depth > 0 ? 1 : 0);
  if (depth > 0) writer.WriteFixed(EveryValue(depth - 1));
  return writer.Take();
}

}  // namespace

std::vector<std::string> fuzz::Seeds() {
  std::vector<std::string> seeds;
  for (const avro::Codec codec :
       {avro::Codec::kNull, avro::Codec::kDeflate, avro::Codec::kSnappy, avro::Codec::kZstandard}) {
    avro::ContainerWriter writer(kEverything, {{"key", "value"}}, {codec, 200});
    for (int depth = 0; depth < 3; ++depth) {
      Check(writer.Append(EveryValue(depth)).has_value(), "a seed can be appended");
    }
    seeds.push_back(*writer.Finish());
  }
  seeds.push_back(std::string(kEverything) + '\0' + EveryValue(1));
  seeds.push_back(R"({"type": "array", "items": {"type": "record", "name": "r", "fields": []}})" +
                  std::string("\0\x14\0", 3));
  return seeds;
}

}  // namespace frazil

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  (void)(input.starts_with("Obj") ? frazil::FuzzContainer(input) : frazil::FuzzValue(input));
  return 0;
}
