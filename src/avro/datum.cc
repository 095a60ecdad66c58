#include "avro/datum.h"

#include <algorithm>

namespace frazil::avro {

namespace {

// A count in the input alone never reserves room for more items than this.
constexpr int64_t kMaxReserve = 1024;

Datum::Value ReadValue(const Node& node, BinaryReader& reader);

Datum ReadDatum(const Node& node, BinaryReader& reader) {
  Datum datum;
  const Node* type = &node;
  if (node.kind == Kind::kUnion) {
    const size_t branch = reader.ReadIndex(node.children.size(), "union branch");
    if (!reader.ok()) return datum;
    datum.branch = static_cast<int32_t>(branch);
    type = node.children[branch];
  }
  datum.value = ReadValue(*type, reader);
  return datum;
}

Datum::List ReadRecord(const Node& node, BinaryReader& reader) {
  const size_t start = reader.position();
  Datum::List fields;
  fields.reserve(node.fields.size());
  for (const NodeField& field : node.fields) {
    if (!reader.ok()) break;
    fields.push_back(ReadDatum(*field.type, reader));
  }
  if (reader.position() == start) reader.ChargeEmpty(1);
  return fields;
}

Datum::List ReadArray(const Node& node, BinaryReader& reader) {
  const uint64_t min_item_size = node.items().min_size;
  Datum::List items;
  for (auto block = reader.ReadBlock(min_item_size); block.count > 0; block = reader.ReadBlock(min_item_size)) {
    if (items.empty()) items.reserve(static_cast<size_t>(std::min(block.count, kMaxReserve)));
    for (int64_t i = 0; i < block.count && reader.ok(); ++i) items.push_back(ReadDatum(node.items(), reader));
    reader.EndBlock(block);
  }
  return items;
}

Datum::Map ReadMap(const Node& node, BinaryReader& reader) {
  const uint64_t min_item_size = uint64_t{node.values().min_size} + 1;
  Datum::Map entries;
  for (auto block = reader.ReadBlock(min_item_size); block.count > 0; block = reader.ReadBlock(min_item_size)) {
    for (int64_t i = 0; i < block.count && reader.ok(); ++i) {
      std::string key(reader.ReadBytes());
      entries.emplace_back(std::move(key), ReadDatum(node.values(), reader));
    }
    reader.EndBlock(block);
  }
  return entries;
}

Datum::Value ReadValue(const Node& node, BinaryReader& reader) {
  switch (node.kind) {
    case Kind::kNull:
    case Kind::kUnion:
      return std::monostate();
    case Kind::kBoolean:
      return reader.ReadBoolean();
    case Kind::kInt:
      return reader.ReadInt();
    case Kind::kLong:
      return reader.ReadLong();
    case Kind::kFloat:
      return reader.ReadFloat();
    case Kind::kDouble:
      return reader.ReadDouble();
    case Kind::kBytes:
    case Kind::kString:
      return std::string(reader.ReadBytes());
    case Kind::kFixed:
      return std::string(reader.ReadFixed(static_cast<size_t>(node.size)));
    case Kind::kEnum:
      return static_cast<int32_t>(reader.ReadIndex(node.symbols.size(), "enum symbol"));
    default:
      break;
  }
  Datum::Value value;
  if (!reader.Enter()) return value;
  if (node.kind == Kind::kRecord) {
    value = ReadRecord(node, reader);
  } else if (node.kind == Kind::kArray) {
    value = ReadArray(node, reader);
  } else {
    value = ReadMap(node, reader);
  }
  reader.Leave();
  return value;
}

tl::unexpected<Error> Mismatch(const Node& node) {
  return Fail(ErrorKind::kInvalidArgument, "the value is not of Avro type {}{}{}", ToString(node.kind),
              node.name.empty() ? "" : " ", node.name);
}

template <class T>
const T* Get(const Datum& datum) {
  return std::get_if<T>(&datum.value);
}

Status EncodeRecord(const Node& node, const Datum& datum, BinaryWriter* writer) {
  const auto* fields = Get<Datum::List>(datum);
  if (fields == nullptr || fields->size() != node.fields.size()) return Mismatch(node);
  for (size_t i = 0; i < fields->size(); ++i) {
    const Status status = Encode(*node.fields[i].type, (*fields)[i], writer);
    if (!status) return Wrap(status.error(), "field " + node.fields[i].name);
  }
  return {};
}

Status EncodeArray(const Node& node, const Datum& datum, BinaryWriter* writer) {
  const auto* items = Get<Datum::List>(datum);
  if (items == nullptr) return Mismatch(node);
  if (!items->empty()) writer->WriteBlock(items->size());
  for (const Datum& item : *items) FRAZIL_RETURN_IF_ERROR(Encode(node.items(), item, writer));
  writer->EndBlocks();
  return {};
}

Status EncodeMap(const Node& node, const Datum& datum, BinaryWriter* writer) {
  const auto* entries = Get<Datum::Map>(datum);
  if (entries == nullptr) return Mismatch(node);
  if (!entries->empty()) writer->WriteBlock(entries->size());
  for (const auto& [key, value] : *entries) {
    writer->WriteBytes(key);
    FRAZIL_RETURN_IF_ERROR(Encode(node.values(), value, writer));
  }
  writer->EndBlocks();
  return {};
}

}  // namespace

Result<Datum> Decode(const Node& node, BinaryReader& reader) {
  Datum datum = ReadDatum(node, reader);
  FRAZIL_RETURN_IF_ERROR(reader.status());
  return datum;
}

Result<Datum> Decode(const Node& node, std::string_view bytes) {
  BinaryReader reader(bytes);
  Datum datum = ReadDatum(node, reader);
  if (reader.remaining() > 0) reader.Fail(fmt::format("{} bytes are left over behind the value", reader.remaining()));
  FRAZIL_RETURN_IF_ERROR(reader.status());
  return datum;
}

Status Encode(const Node& node, const Datum& datum, BinaryWriter* writer) {
  switch (node.kind) {
    case Kind::kNull:
      return Get<std::monostate>(datum) == nullptr ? Mismatch(node) : Status();
    case Kind::kUnion: {
      const auto branch = static_cast<size_t>(datum.branch);
      if (branch >= node.children.size()) return Mismatch(node);
      writer->WriteLong(datum.branch);
      return Encode(*node.children[branch], datum, writer);
    }
    case Kind::kRecord:
      return EncodeRecord(node, datum, writer);
    case Kind::kArray:
      return EncodeArray(node, datum, writer);
    case Kind::kMap:
      return EncodeMap(node, datum, writer);
    default:
      break;
  }
  if (const auto* value = Get<bool>(datum); value != nullptr && node.kind == Kind::kBoolean) {
    writer->WriteBoolean(*value);
  } else if (const auto* number = Get<int32_t>(datum);
             number != nullptr && (node.kind == Kind::kInt || (node.kind == Kind::kEnum && *number >= 0 &&
                                                               static_cast<size_t>(*number) < node.symbols.size()))) {
    writer->WriteLong(*number);
  } else if (const auto* wide = Get<int64_t>(datum); wide != nullptr && node.kind == Kind::kLong) {
    writer->WriteLong(*wide);
  } else if (const auto* single = Get<float>(datum); single != nullptr && node.kind == Kind::kFloat) {
    writer->WriteFloat(*single);
  } else if (const auto* twice = Get<double>(datum); twice != nullptr && node.kind == Kind::kDouble) {
    writer->WriteDouble(*twice);
  } else if (const auto* bytes = Get<std::string>(datum);
             bytes != nullptr && (node.kind == Kind::kBytes || node.kind == Kind::kString)) {
    writer->WriteBytes(*bytes);
  } else if (bytes != nullptr && node.kind == Kind::kFixed && bytes->size() == static_cast<size_t>(node.size)) {
    writer->WriteFixed(*bytes);
  } else {
    return Mismatch(node);
  }
  return {};
}

}  // namespace frazil::avro
