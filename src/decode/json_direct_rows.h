// JSON records to rows straight from their bytes: the way of records that are what their columns expect.
#pragma once

#include <simdjson.h>

#include <string_view>

#include "decode/column.h"

namespace frazil::decode {

// No index of the record's structure is made first and nothing is searched: each field is taken for the one that
// followed the last time, each value for one of its column's type.
//
// True: the record is valid JSON and now a row, the same that JsonRows makes of it by the long way. False says nothing
// of it but that it wants a closer look; the columns may hold a part of the row. `value` must be followed by
// record::kSpareBytes readable bytes. `parser` must have been allocated; it unescapes strings.
bool AppendDirectly(std::string_view value, simdjson::ondemand::parser& parser, Column& root);

}  // namespace frazil::decode
