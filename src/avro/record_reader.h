// Reads records straight into structs and matches fields by Iceberg field id, whatever schema the writer used.
// Manifests are read this way. Fields that are not asked for are skipped.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "avro/binary.h"
#include "avro/schema.h"

namespace frazil::avro {

// If `node` is a union, reads the branch index and returns the branch; otherwise returns `node`. Returns nullptr for a
// null branch, and after `reader` has failed.
const Node* ReadBranch(const Node& node, BinaryReader& reader);

// Reads the value of a node that must have the given kind. ReadLongOf accepts an int, too. For any other kind `reader`
// fails, with `what` as the name of the place.
int64_t ReadLongOf(const Node& node, BinaryReader& reader, std::string_view what);
int32_t ReadIntOf(const Node& node, BinaryReader& reader, std::string_view what);
bool ReadBooleanOf(const Node& node, BinaryReader& reader, std::string_view what);
// Accepts bytes, string and fixed alike.
std::string_view ReadBytesOf(const Node& node, BinaryReader& reader, std::string_view what);
// True if `node` has the kind `kind`. Otherwise `reader` fails.
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

// How to read one field into a T. `node` is the type of the value, with unions already resolved. Not called for null.
template <class T>
struct FieldBinding {
  int32_t field_id;
  void (*read)(const Node& node, BinaryReader& reader, T& into);
};

template <class T>
class RecordReader {
 public:
  using ReadField = std::function<void(const Node& node, BinaryReader& reader, T& into)>;

  // `record` must be of kind kRecord and outlive this object.
  RecordReader(const Node& record, std::span<const FieldBinding<T>> bindings) {
    for (const NodeField& field : record.fields) steps_.push_back({&field, nullptr});
    for (const FieldBinding<T>& binding : bindings) Bind(binding.field_id, binding.read);
  }

  // Binds a function object, for fields whose reading needs more than T. Does nothing if the record lacks the field.
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
