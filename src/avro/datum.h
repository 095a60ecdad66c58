// Any Avro value as a tree, for data whose schema is known only at run time. Manifests are read without trees: see
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

// One value. Its type is in the schema, not here. int32_t holds an int or an enum's symbol; std::string holds bytes,
// string or fixed; List holds the items of an array or the fields of a record. The value of a union is the value of its
// branch, and `branch` is the index of that branch (unions do not nest directly).
struct Datum {
  using List = std::vector<Datum>;
  using Map = std::vector<std::pair<std::string, Datum>>;  // in the order of the encoded bytes
  using Value = std::variant<std::monostate, bool, int32_t, int64_t, float, double, std::string, List, Map>;

  Value value;
  int32_t branch = 0;

  bool operator==(const Datum& other) const = default;
};

// Reads one value and leaves `reader` after it. Memory use is proportional to the bytes read. kCorrupt if the bytes are
// malformed.
Result<Datum> Decode(const Node& node, BinaryReader& reader);
// Reads `bytes` as exactly one value. Bytes left over are kCorrupt.
Result<Datum> Decode(const Node& node, std::string_view bytes);

// Appends `datum`, encoded as type `node`. kInvalidArgument if it does not have that type; the message says where.
Status Encode(const Node& node, const Datum& datum, BinaryWriter* writer);

}  // namespace frazil::avro
