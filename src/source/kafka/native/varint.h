// The variable-length numbers inside record batches (kafka.apache.org/documentation, "Record Batch").
#pragma once

#include <cstdint>
#include <string_view>

namespace frazil::source::kafka {

// Zigzag varints. Reading past `end` gives nullptr; the bytes behind are readable, but not ours.
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
  // Lengths and deltas of one byte are most of them.
  if (at < end && static_cast<uint8_t>(*at) < 0x80) {
    const auto raw = static_cast<uint8_t>(*at);
    value = (raw >> 1) ^ -(raw & 1);
    return at + 1;
  }
  return ReadVarlong(at, end, value);
}

// A length and as many bytes; -1 is null.
inline const char* ReadView(const char* at, const char* end, std::string_view& view) {
  int64_t size = 0;
  at = ReadVarint(at, end, size);
  if (at == nullptr || size > end - at) return nullptr;
  if (size < 0) return at;
  view = std::string_view(at, static_cast<size_t>(size));
  return at + size;
}

}  // namespace frazil::source::kafka
