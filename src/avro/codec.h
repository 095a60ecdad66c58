// The compression codecs of container blocks (Avro specification 1.12, "Required Codecs" and "Optional Codecs").
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"

namespace frazil::avro {

enum class Codec : uint8_t { kNull, kDeflate, kSnappy, kZstandard };

std::string_view ToString(Codec codec);           // as in avro.codec
Result<Codec> ParseCodec(std::string_view name);  // kUnsupported for those that are valid but not built in

Result<std::string> Compress(Codec codec, std::string_view bytes);
// kCorrupt when the bytes break their format or would grow beyond `max_bytes`. Memory grows with what is really
// decompressed, never on the word of a header.
Result<std::string> Decompress(Codec codec, std::string_view bytes, size_t max_bytes);

}  // namespace frazil::avro
