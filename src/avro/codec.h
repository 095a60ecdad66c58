// The compression codecs of container blocks (Avro specification 1.12, "Required Codecs" and "Optional Codecs").
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"

namespace frazil::avro {

enum class Codec : uint8_t { kNull, kDeflate, kSnappy, kZstandard };

std::string_view ToString(Codec codec);           // the name that avro.codec holds
Result<Codec> ParseCodec(std::string_view name);  // kUnsupported: a valid codec that is not built in

Result<std::string> Compress(Codec codec, std::string_view bytes);
// kCorrupt if the bytes are malformed, or decompress to more than `max_bytes`. Memory is taken for what is really
// decompressed, never for what a header claims.
Result<std::string> Decompress(Codec codec, std::string_view bytes, size_t max_bytes);

}  // namespace frazil::avro
