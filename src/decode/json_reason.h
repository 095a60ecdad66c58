// The reasons why a JSON record cannot become a row, as text for people.
#pragma once

#include <string>
#include <string_view>

#include "decode/column.h"

namespace frazil::decode {

// The advice in a reason works for the table by which the record was judged. It is a line for `schema:` if the column's
// type can become one that accepts the value; otherwise it says how to get another column. `token` is the text of the
// value; the text of an array or object may be incomplete.

// `token` is the value's text; an array's or object's may be cut off anywhere.
std::string DoesNotFit(const Column& column, std::string_view token);
// For a value of the right class that is no value of the column's type. `why` says what is wrong.
std::string NotAValue(const Column& column, std::string_view token, std::string_view why);
std::string BeyondInt64(const Column& column, std::string_view token);
std::string StandsTwice(const Column& object, std::string_view key);
std::string TooDeep();

}  // namespace frazil::decode
