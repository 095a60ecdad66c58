// Any Avro value as a tree, for data whose schema is known only at run time. Manifests do not go through it: see
// record_reader.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "avro/binary.h"
#include "avro/schema.h"
#include "common/result.h"

namespace frazil::avro {

// The schema says what a value means: int32_t is an int or an enum's symbol, a string is bytes, string or fixed, a List
// is an array's items or a record's fields. A union's value is its branch's, with the branch's index beside it (unions
// do not nest directly).
struct Datum {
  using List = std::vector<Datum>;
  using Map = std::vector<std::pair<std::string, Datum>>;  // in the order of the bytes
  using Value = std::variant<std::monostate, bool, int32_t, int64_t, float, double, std::string, List, Map>;

  Value value;
  int32_t branch = 0;

  bool operator==(const Datum& other) const = default;
};

// Reads one value; `reader` stands behind it then. Takes memory in proportion to the bytes read.
Result<Datum> Decode(const Node& node, BinaryReader& reader);
// All of `bytes` is one value: bytes left over are kCorrupt.
Result<Datum> Decode(const Node& node, std::string_view bytes);

// kInvalidArgument names the place where `datum` is not of the type `node`.
Status Encode(const Node& node, const Datum& datum, BinaryWriter* writer);

}  // namespace frazil::avro
