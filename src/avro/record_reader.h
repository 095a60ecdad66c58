// Reads records of a foreign schema straight into structs, matching fields by Iceberg field id: what manifests are read
// with. Fields that nobody asked for are skipped.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "avro/binary.h"
#include "avro/schema.h"

namespace frazil::avro {

// Reads a union's branch index and gives the branch; a node that is no union is given back. Null branches are nullptr,
// as is everything once `reader` has failed.
const Node* ReadBranch(const Node& node, BinaryReader& reader);

// The value of a node that must be of the given kind; an int is taken for a long and a float for a double.
// Otherwise `reader` fails with the place called `what`.
int64_t ReadLongOf(const Node& node, BinaryReader& reader, std::string_view what);
int32_t ReadIntOf(const Node& node, BinaryReader& reader, std::string_view what);
bool ReadBooleanOf(const Node& node, BinaryReader& reader, std::string_view what);
// bytes, string and fixed are taken for each other.
std::string_view ReadBytesOf(const Node& node, BinaryReader& reader, std::string_view what);
bool Expect(const Node& node, Kind kind, BinaryReader& reader, std::string_view what);

// Calls `item(node)` for each item of an array.
template <class F>
void ReadArrayOf(const Node& node, BinaryReader& reader, std::string_view what, F item) {
  if (!Expect(node, Kind::kArray, reader, what)) return;
  const uint64_t min_item_size = node.items().min_size;
  for (auto block = reader.ReadBlock(min_item_size); block.count > 0; block = reader.ReadBlock(min_item_size)) {
    for (int64_t i = 0; i < block.count && reader.ok(); ++i) item(node.items());
    reader.EndBlock(block);
  }
}

// What to do with one field of T; `node` is the value's own type, a union resolved. Not called for null.
template <class T>
struct FieldBinding {
  int32_t field_id;
  void (*read)(const Node& node, BinaryReader& reader, T& into);
};

template <class T>
class RecordReader {
 public:
  using ReadField = std::function<void(const Node& node, BinaryReader& reader, T& into)>;

  // `record` must be a record and outlive the reader.
  RecordReader(const Node& record, std::span<const FieldBinding<T>> bindings) {
    for (const NodeField& field : record.fields) steps_.push_back({&field, nullptr});
    for (const FieldBinding<T>& binding : bindings) Bind(binding.field_id, binding.read);
  }

  // For fields that need to know more than T. Nothing happens if the record lacks the field.
  void Bind(int32_t field_id, ReadField read) {
    for (Step& step : steps_) {
      if (step.field->field_id == field_id) step.read = read;
    }
  }

  void Read(BinaryReader& reader, T& into) const {
    for (const Step& step : steps_) {
      if (!reader.ok()) return;
      if (step.read == nullptr) {
        reader.Skip(*step.field->type);
      } else if (const Node* node = ReadBranch(*step.field->type, reader)) {
        step.read(*node, reader, into);
      }
    }
  }

 private:
  struct Step {
    const NodeField* field;
    ReadField read;
  };
  std::vector<Step> steps_;
};

}  // namespace frazil::avro
