// The outcome of one record's payload.
#pragma once

namespace frazil::decode {

enum class PayloadOutcome {
  kRow,
  kBad,    // reason() says why
  kGrows,  // a field with a value that says something has no column, and columns may be added
};

}  // namespace frazil::decode
