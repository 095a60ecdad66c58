// What a fuzz target gives: LLVMFuzzerTestOneInput, and Seeds() unless its seeds are text and lie in corpus/NAME.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace frazil::fuzz {

// Seeds in a binary format are made by the code that writes it: none is kept as a binary file, and they follow the
// code. Weak: nullptr in targets that define none.
[[gnu::weak]] std::vector<std::string> Seeds();

// Stops with a report when an invariant does not hold.
inline void Check(bool holds, const char* what, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
  std::abort();
}

}  // namespace frazil::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
