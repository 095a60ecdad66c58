// What holds of a table's columns beside their types, while records come into them.
#pragma once

#include "decode/column.h"
#include "decode/decoder.h"

namespace frazil::decode {

// Gives all columns of a tree what `options` say: by which other names records may call them, and which may change by
// what records need. `options` outlive the tree.
void ApplyRules(const DecoderOptions& options, Column& root);

}  // namespace frazil::decode
