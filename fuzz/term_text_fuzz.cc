// Terms of partitions and of sort orders, as configurations have them: whatever is read is written as text that reads
// the same.
#include <string_view>

#include "fuzz.h"
#include "iceberg/term_text.h"

using frazil::fuzz::Check;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto terms = frazil::iceberg::ParseTransformTerms(text)) {
    for (const auto& term : *terms) {
      const auto again = frazil::iceberg::ParseTransformTerms(ToString(term));
      Check(again && again->size() == 1 && again->front() == term, "a term is written as it was read");
    }
  }
  if (const auto terms = frazil::iceberg::ParseSortTerms(text)) {
    for (const auto& term : *terms) {
      const auto again = frazil::iceberg::ParseSortTerms(ToString(term));
      Check(again && again->size() == 1 && again->front() == term, "a sort term is written as it was read");
    }
  }
  return 0;
}
