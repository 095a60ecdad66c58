// Why a record cannot have what it asks of the table's columns, in words for people: for payloads of any format.
#pragma once

#include <string>
#include <string_view>

#include "decode/column.h"
#include "iceberg/column_names.h"

namespace frazil::decode {

// The column's full name, as far as a message shows names.
std::string PathOf(const Column& column);
// Of a field of `object` that may have no column.
std::string PathOf(const Column& object, std::string_view key);

std::string IsRequired(const Column& column, std::string_view state);  // "missing", "null"
std::string NotAllowedInStrictMode(const Column& object, std::string_view key);
std::string TooManyColumns(const Column& column, int64_t max_columns);
std::string TooManyLists(const Column& column, int max_nested_lists);
std::string CannotHave(const iceberg::NameClash& clash);
std::string Refused(const Column& column, std::string_view why);  // by the catalog
std::string IsMetadataColumn(std::string_view key);

}  // namespace frazil::decode
