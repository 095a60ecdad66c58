// The codecs of Kafka's record batches (KIP-110, KIP-57).
#pragma once

#include <cstdint>
#include <string_view>

#include "common/result.h"
#include "source/kafka/native/bytes.h"

namespace frazil::source::kafka {

enum class Codec : uint8_t { kNone = 0, kGzip = 1, kSnappy = 2, kLz4 = 3, kZstd = 4 };
constexpr uint8_t kCodecs = 5;
std::string_view ToString(Codec codec);

// A batch that unpacks to more is refused: no producer makes one, and it would take the memory of everything else.
constexpr size_t kMaxUnpackedBytes = size_t{1} << 30;

// Appends what `packed` holds to `out`. kCorrupt. Thread-safe; keeps contexts of its own per thread.
Status Decompress(Codec codec, std::string_view packed, Bytes& out);

}  // namespace frazil::source::kafka
