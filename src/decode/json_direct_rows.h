// The fast path for JSON records whose fields and types are what the columns expect.
#pragma once

#include <simdjson.h>

#include <string_view>

#include "decode/column.h"

namespace frazil::decode {

// It builds no index of the record's structure, and searches nothing. For each field it expects the field that followed
// the last time; for each value, a value of its column's type.
//
// Returns true if the record is valid JSON and has become a row, the same row that JsonRows would make. Returns false
// if the record needs the slow path; that says nothing else about it, and the columns may hold a part of the row.
// `value` must be followed by record::kSpareBytes readable bytes. `parser` must have been allocated; it unescapes
// strings.
bool AppendDirectly(std::string_view value, simdjson::ondemand::parser& parser, Column& root);

}  // namespace frazil::decode
