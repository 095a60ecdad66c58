// Reads small pieces of JSON text, a word or a vector at a time. All functions may read up to record::kSpareBytes after
// the text, but ignore those bytes.
#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "common/text/digits.h"

namespace frazil::decode {

// True if the first `size` bytes are equal. `size` must be at least 1. Up to 7 more bytes of each are read.
inline bool SameBytes(const char* a, const char* b, size_t size) {
  for (; size > 8; a += 8, b += 8, size -= 8) {
    if (LoadWord(a) != LoadWord(b)) return false;
  }
  return (LoadWord(a) ^ LoadWord(b)) << (64 - 8 * size) == 0;
}

constexpr size_t kTextStep = 16;

// The first byte in [at, end) that is a quote, a backslash or a control character; nullptr if there is none. `ascii`
// becomes false if a byte before it is not ASCII.
inline const char* PlainTextEnd(const char* at, const char* end, bool& ascii) {
#ifdef __SSE2__
  for (; at < end; at += kTextStep) {
    const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(text, _mm_set1_epi8(0x1F)), text);
    const __m128i sign =
        _mm_or_si128(_mm_cmpeq_epi8(text, _mm_set1_epi8('"')), _mm_cmpeq_epi8(text, _mm_set1_epi8('\\')));
    const auto stops = static_cast<uint32_t>(_mm_movemask_epi8(_mm_or_si128(control, sign)));
    const auto beyond_ascii = static_cast<uint32_t>(_mm_movemask_epi8(text));
    if (stops != 0) {
      const int first = std::countr_zero(stops);
      if ((beyond_ascii & ((1U << first) - 1)) != 0) ascii = false;
      return at + first < end ? at + first : nullptr;
    }
    if (beyond_ascii != 0) ascii = false;
  }
#else
  for (; at < end; ++at) {
    const auto byte = static_cast<unsigned char>(*at);
    if (byte == '"' || byte == '\\' || byte < 0x20) return at;
    if (byte >= 0x80) ascii = false;
  }
#endif
  return nullptr;
}

// Copies in steps of kTextStep bytes. `to` must have room for kTextStep - 1 more bytes.
inline void CopyText(uint8_t* to, const char* from, size_t size) {
  for (size_t i = 0; i < size; i += kTextStep) std::memcpy(to + i, from + i, kTextStep);
}

// Reads an integer of up to 18 digits and returns its end. Returns nullptr for anything else, and for -0.
inline const char* TakeInteger(const char* at, int64_t& number) {
  const bool minus = *at == '-';
  const char* const first = at + (minus ? 1 : 0);
  uint64_t digits = 0;
  const char* const past = TakeDigits(first, digits);
  if (past == first || past - first > 18) return nullptr;
  if (*first == '0' && (past - first > 1 || minus)) return nullptr;
  number = minus ? -static_cast<int64_t>(digits) : static_cast<int64_t>(digits);
  return past;
}

// Reads a number as the nearest double and returns its end. Returns nullptr if it is not a number, is out of range, or
// is an integer with more than 18 digits.
inline const char* TakeDouble(const char* at, const char* end, double& number) {
  constexpr uint64_t kExact = uint64_t{1} << 53;  // a double holds integers up to here exactly, and also these powers
  static constexpr std::array kPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
                                         1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
  const bool minus = *at == '-';
  const char* const first = at + (minus ? 1 : 0);
  uint64_t digits = 0;
  const char* past = TakeDigits(first, digits);
  const auto whole = past - first;
  if (whole == 0 || whole > 18 || (*first == '0' && whole > 1)) return nullptr;
  size_t fraction = 0;
  if (*past == '.') {
    const char* const point = past++;
    past = TakeDigits(past, digits);
    fraction = static_cast<size_t>(past - point) - 1;
    if (fraction == 0) return nullptr;
  }
  if (static_cast<size_t>(whole) + fraction > 18 || digits > kExact || *past == 'e' || *past == 'E') {
    const auto [end_of_number, error] = std::from_chars(at, end, number);
    return error == std::errc() && end_of_number >= past ? end_of_number : nullptr;
  }
  // both operands are exact, so only the division rounds
  const double exact = static_cast<double>(digits) / kPowers[fraction];
  number = minus ? -exact : exact;
  return past;
}

}  // namespace frazil::decode
