// Reads deletion vectors, which hold the deleted rows of one data file (Puffin specification, "deletion-vector-v1").
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "common/result.h"

namespace frazil::iceberg {

// Calls `take` for each position in a blob, in ascending order, until `take` fails. kCorrupt if the frame, the checksum
// or the bitmaps are malformed (RoaringFormatSpec, "portable", with the extension for 64 bits).
using TakePosition = std::function<Status(int64_t position)>;
Status ReadDeletionVector(std::string_view blob, const TakePosition& take);

}  // namespace frazil::iceberg
