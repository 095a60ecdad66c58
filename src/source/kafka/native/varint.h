// Variable-length numbers in record batches (kafka.apache.org/documentation, "Record Batch").
#pragma once

#include <cstdint>
#include <string_view>

namespace frazil::source::kafka {

// Reads a zigzag varint. Returns the position after it, or nullptr if it does not end before `end`. Bytes after `end`
// are readable, but belong to something else.
inline const char* ReadVarlong(const char* at, const char* end, int64_t& value) {
  uint64_t raw = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (at >= end) return nullptr;
    const auto byte = static_cast<uint8_t>(*at++);
    raw |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      value = static_cast<int64_t>(raw >> 1) ^ -static_cast<int64_t>(raw & 1);
      return at;
    }
  }
  return nullptr;
}

inline const char* ReadVarint(const char* at, const char* end, int64_t& value) {
  // Most lengths and deltas take one byte.
  if (at < end && static_cast<uint8_t>(*at) < 0x80) {
    const auto raw = static_cast<uint8_t>(*at);
    value = (raw >> 1) ^ -(raw & 1);
    return at + 1;
  }
  return ReadVarlong(at, end, value);
}

// Reads a length and that many bytes. Length -1 means null, and leaves `view` as it is.
inline const char* ReadView(const char* at, const char* end, std::string_view& view) {
  int64_t size = 0;
  at = ReadVarint(at, end, size);
  if (at == nullptr || size > end - at) return nullptr;
  if (size < 0) return at;
  view = std::string_view(at, static_cast<size_t>(size));
  return at + size;
}

}  // namespace frazil::source::kafka
