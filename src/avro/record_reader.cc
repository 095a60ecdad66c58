#include "avro/record_reader.h"

namespace frazil::avro {

const Node* ReadBranch(const Node& node, BinaryReader& reader) {
  const Node* branch = &node;
  if (node.kind == Kind::kUnion) branch = node.children[reader.ReadIndex(node.children.size(), "union branch")];
  return branch->kind == Kind::kNull || !reader.ok() ? nullptr : branch;
}

bool Expect(const Node& node, Kind kind, BinaryReader& reader, std::string_view what) {
  if (node.kind == kind) return true;
  reader.Fail(fmt::format("{} is of type {} and not {}", what, ToString(node.kind), ToString(kind)));
  return false;
}

int64_t ReadLongOf(const Node& node, BinaryReader& reader, std::string_view what) {
  if (node.kind == Kind::kInt) return reader.ReadInt();
  return Expect(node, Kind::kLong, reader, what) ? reader.ReadLong() : 0;
}

int32_t ReadIntOf(const Node& node, BinaryReader& reader, std::string_view what) {
  return Expect(node, Kind::kInt, reader, what) ? reader.ReadInt() : 0;
}

bool ReadBooleanOf(const Node& node, BinaryReader& reader, std::string_view what) {
  return Expect(node, Kind::kBoolean, reader, what) && reader.ReadBoolean();
}

std::string_view ReadBytesOf(const Node& node, BinaryReader& reader, std::string_view what) {
  if (node.kind == Kind::kFixed) return reader.ReadFixed(static_cast<size_t>(node.size));
  if (node.kind == Kind::kString) return reader.ReadBytes();
  return Expect(node, Kind::kBytes, reader, what) ? reader.ReadBytes() : std::string_view();
}

}  // namespace frazil::avro
