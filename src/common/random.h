// Random identifiers. Thread-safe.
#pragma once

#include <cstdint>
#include <string>

namespace frazil {

uint64_t RandomUint64();
std::string RandomUuid();                         // version 4, lower-case, with dashes
std::string TimeOrderedUuid(int64_t now_millis);  // version 7 (RFC 9562), as Idempotency-Key wants it
int64_t RandomSnapshotId();                       // positive, 63 random bits (Iceberg spec, appendix F)

#ifdef FRAZIL_FAILPOINTS
// For tests that must be repeatable: from now on, this thread's random values depend only on `seed`.
void SeedRandom(uint64_t seed);
#endif

}  // namespace frazil
