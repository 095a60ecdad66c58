// Hashes that formats prescribe.
#pragma once

#include <cstdint>
#include <string_view>

namespace frazil {

// MurmurHash3 x86, 32 bits (Iceberg spec, appendix B uses seed 0).
uint32_t Murmur3(std::string_view bytes, uint32_t seed = 0);
// The hash of the 8 little-endian bytes of `value`.
uint32_t Murmur3(uint64_t value, uint32_t seed = 0);

}  // namespace frazil
