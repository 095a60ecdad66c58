// Helpers of all JSON readers: giving a record's bytes to simdjson, and reading raw tokens.
#pragma once

#include <simdjson.h>

#include <charconv>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <string_view>

#include "record/record_batch.h"

namespace frazil::decode {

static_assert(record::kSpareBytes >= simdjson::SIMDJSON_PADDING);

// Makes no copy: the bytes of other records, or the batch's spare bytes, follow a record. simdjson may read them but
// does not use them: a document that seems to go on after its end fails at_end().
inline simdjson::padded_string_view Padded(std::string_view value) {
  return simdjson::padded_string_view(value.data(), value.size(), value.size() + record::kSpareBytes);
}

// Throws for errors of simdjson that do not concern the record: no memory, or wrong use of the library. All other
// errors mean that the record is malformed.
inline void ThrowIfOurs(simdjson::error_code error) {
  switch (error) {
    case simdjson::MEMALLOC:
      throw std::bad_alloc();
    case simdjson::UNINITIALIZED:
    case simdjson::IO_ERROR:
    case simdjson::PARSER_IN_USE:
    case simdjson::UNSUPPORTED_ARCHITECTURE:
      throw std::logic_error(simdjson::error_message(error));
    default:
      break;
  }
}

inline std::string_view TrimEnd(std::string_view token) {
  while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') token.remove_suffix(1);
  return token;
}

// The text of a value: a whole number, literal or string, or the bracket of an array or object.
inline std::string_view Token(simdjson::ondemand::value& value) { return TrimEnd(value.raw_json_token()); }

// Checks the grammar of numbers (RFC 8259, section 6). `integer` tells whether there is no fraction and no exponent.
inline bool IsJsonNumber(std::string_view text, bool* integer) {
  size_t at = 0;
  const auto digits = [&] {
    const size_t from = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - from;
  };
  *integer = true;
  if (at < text.size() && text[at] == '-') ++at;
  const size_t lead = at;
  const size_t count = digits();
  if (count == 0 || (count > 1 && text[lead] == '0')) return false;
  if (at < text.size() && text[at] == '.') {
    *integer = false;
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    *integer = false;
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

inline bool FitsInt64(std::string_view integer) {
  int64_t value = 0;
  return std::from_chars(integer.data(), integer.data() + integer.size(), value).ec == std::errc();
}

}  // namespace frazil::decode
