#include "common/random.h"

#include <fmt/core.h>

#include <optional>
#include <random>

namespace frazil {
namespace {
std::string FormatUuid(uint64_t high, uint64_t low) {
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff, high & 0xffff, low >> 48,
                     low & 0xffffffffffffULL);
}
constexpr uint64_t kVariantMask = 0x3fffffffffffffffULL;
constexpr uint64_t kVariant = 0x8000000000000000ULL;

#ifdef FRAZIL_FAILPOINTS
thread_local std::optional<std::mt19937_64> seeded;
#endif
}  // namespace

#ifdef FRAZIL_FAILPOINTS
void SeedRandom(uint64_t seed) { seeded.emplace(seed); }
#endif

uint64_t RandomUint64() {
#ifdef FRAZIL_FAILPOINTS
  if (seeded) return (*seeded)();
#endif
  // Each value comes from the kernel, so that two processes that start together cannot share a seed. This is cheap
  // enough: identifiers are made per file and per commit, never per record.
  static thread_local std::random_device device("/dev/urandom");
  return (static_cast<uint64_t>(device()) << 32) | device();
}

std::string RandomUuid() {
  return FormatUuid((RandomUint64() & ~0xf000ULL) | 0x4000ULL, (RandomUint64() & kVariantMask) | kVariant);
}

std::string TimeOrderedUuid(int64_t now_millis) {
  const uint64_t high = (static_cast<uint64_t>(now_millis) << 16) | 0x7000ULL | (RandomUint64() & 0x0fffULL);
  return FormatUuid(high, (RandomUint64() & kVariantMask) | kVariant);
}

int64_t RandomSnapshotId() {
  for (;;) {
    const auto id = static_cast<int64_t>(RandomUint64() >> 1);
    if (id > 0) return id;
  }
}
}  // namespace frazil
