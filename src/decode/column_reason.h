// The reasons why a record does not fit the table's columns, as text for people. They are used for payloads of any
// format.
#pragma once

#include <string>
#include <string_view>

#include "decode/column.h"
#include "iceberg/column_names.h"

namespace frazil::decode {

// The column's full name, shortened for a message.
std::string PathOf(const Column& column);
// The full name of a field of `object`, which may have no column.
std::string PathOf(const Column& object, std::string_view key);

std::string IsRequired(const Column& column, std::string_view state);  // `state` is "missing" or "null"
// Two fields of one record that `rename:` makes one column of.
std::string RenamedTwice(const Column& column);
std::string NotAllowedInStrictMode(const Column& object, std::string_view key);
std::string NotWanted(const Column& object, std::string_view key);  // with on_unknown_field: fail
std::string TooManyColumns(const Column& column, int64_t max_columns);
std::string TooManyLists(const Column& column, int max_nested_lists);
std::string CannotHave(const iceberg::NameClash& clash);
std::string Refused(const Column& column, std::string_view why);  // refused by the catalog
// A column that a record needs to be other than it is, and that the table does not take so.
std::string CannotBecome(const Column& column, std::string_view why);
std::string IsMetadataColumn(std::string_view key);
std::string IsForConflicts(std::string_view key);

}  // namespace frazil::decode
