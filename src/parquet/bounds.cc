#include "parquet/bounds.h"

#include <cstdint>

namespace frazil::parquet {
namespace {

constexpr uint32_t kMaxCodePoint = 0x10FFFF;
constexpr uint32_t kFirstSurrogate = 0xD800;
constexpr uint32_t kLastSurrogate = 0xDFFF;

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// The length in bytes of the first `count` code points.
size_t PrefixBytes(std::string_view text, int count) {
  size_t i = 0;
  while (i < text.size() && count > 0) {
    ++i;
    while (i < text.size() && IsContinuation(text[i])) ++i;
    --count;
  }
  return i;
}

// Decodes one code point; nullopt if the bytes are not valid UTF-8.
std::optional<uint32_t> Decode(std::string_view bytes) {
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(bytes[i])); };
  const auto tail = [&](size_t i) { return byte(i) & 0x3F; };
  switch (bytes.size()) {
    case 1:
      return byte(0) < 0x80 ? std::optional(byte(0)) : std::nullopt;
    case 2:
      return (byte(0) & 0xE0) == 0xC0 ? std::optional((byte(0) & 0x1F) << 6 | tail(1)) : std::nullopt;
    case 3:
      return (byte(0) & 0xF0) == 0xE0 ? std::optional((byte(0) & 0x0F) << 12 | tail(1) << 6 | tail(2)) : std::nullopt;
    case 4:
      return (byte(0) & 0xF8) == 0xF0 ? std::optional((byte(0) & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3))
                                      : std::nullopt;
    default:
      return std::nullopt;
  }
}

void Append(std::string* text, uint32_t code_point) {
  const auto put = [&](uint32_t byte) { text->push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

}  // namespace

std::string LowerStringBound(std::string_view value, int length) {
  return std::string(value.substr(0, PrefixBytes(value, length)));
}

std::string LowerBytesBound(std::string_view value, int length) {
  return std::string(value.substr(0, static_cast<size_t>(length)));
}

std::optional<std::string> UpperStringBound(std::string_view value, int length) {
  std::string bound = LowerStringBound(value, length);
  if (bound.size() == value.size()) return bound;
  while (!bound.empty()) {
    size_t last = bound.size() - 1;
    while (last > 0 && IsContinuation(bound[last])) --last;
    const std::optional<uint32_t> code_point = Decode(std::string_view(bound).substr(last));
    if (!code_point) return std::nullopt;
    bound.resize(last);
    if (*code_point < kMaxCodePoint) {
      const uint32_t next = *code_point + 1;
      Append(&bound, next == kFirstSurrogate ? kLastSurrogate + 1 : next);
      return bound;
    }
  }
  return std::nullopt;
}

std::optional<std::string> UpperBytesBound(std::string_view value, int length) {
  std::string bound = LowerBytesBound(value, length);
  if (bound.size() == value.size()) return bound;
  while (!bound.empty()) {
    if (const auto last = static_cast<unsigned char>(bound.back()); last < 0xFF) {
      bound.back() = static_cast<char>(last + 1);
      return bound;
    }
    bound.pop_back();
  }
  return std::nullopt;
}

}  // namespace frazil::parquet
