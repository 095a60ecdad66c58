// Why a JSON record cannot become a row, in words for people.
#pragma once

#include <string>
#include <string_view>

#include "decode/column.h"

namespace frazil::decode {

// Advice in reasons is what works on the table that the record was held against: the line of `schema:` where that
// column's type can become the one that takes the value, else how to get another column.

// `token` is the value's text; an array's or object's may be cut off anywhere.
std::string DoesNotFit(const Column& column, std::string_view token);
// Of the right class but not a value of the type; `why` says what is wrong with it.
std::string NotAValue(const Column& column, std::string_view token, std::string_view why);
std::string BeyondInt64(const Column& column, std::string_view token);
std::string StandsTwice(const Column& object, std::string_view key);
std::string TooDeep();

}  // namespace frazil::decode
