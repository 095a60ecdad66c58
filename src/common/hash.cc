#include "common/hash.h"

#include <bit>
#include <cstddef>

namespace frazil {
namespace {

uint32_t Scramble(uint32_t block) { return std::rotl(block * 0xcc9e2d51U, 15) * 0x1b873593U; }

uint32_t Mix(uint32_t hash, uint32_t block) { return std::rotl(hash ^ Scramble(block), 13) * 5 + 0xe6546b64U; }

uint32_t Finish(uint32_t hash, size_t length) {
  hash ^= static_cast<uint32_t>(length);
  hash = (hash ^ (hash >> 16)) * 0x85ebca6bU;
  hash = (hash ^ (hash >> 13)) * 0xc2b2ae35U;
  return hash ^ (hash >> 16);
}

// `count` bytes, 1 to 4, as a little-endian number.
uint32_t LoadLittle(const char* at, size_t count) {
  uint32_t block = 0;
  for (size_t i = 0; i < count; ++i) block |= static_cast<uint32_t>(static_cast<unsigned char>(at[i])) << (8 * i);
  return block;
}

}  // namespace

uint32_t Murmur3(std::string_view bytes, uint32_t seed) {
  uint32_t hash = seed;
  size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) hash = Mix(hash, LoadLittle(bytes.data() + at, 4));
  if (at < bytes.size()) hash ^= Scramble(LoadLittle(bytes.data() + at, bytes.size() - at));
  return Finish(hash, bytes.size());
}

uint32_t Murmur3(uint64_t value, uint32_t seed) {
  return Finish(Mix(Mix(seed, static_cast<uint32_t>(value)), static_cast<uint32_t>(value >> 32)), sizeof(value));
}

}  // namespace frazil
