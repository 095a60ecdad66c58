// The configuration's keys for people: the tables of docs/, and what `frazil schema KEY` says.
#pragma once

#include <string>
#include <string_view>

#include "app/config_key.h"

namespace frazil::app {

// A Markdown table for each map that has keys, by its path as docs write it: "sinks.NAME.config". A line with the path
// before each, and one after it, mark its place: `<!-- keys: PATH -->`, `<!-- end -->`.
std::string KeyReference(const KeyTable& root);

// What there is to know of the keys of this name or path ("batch_size", "sinks.NAME.config.batch_size"); empty if there
// is none.
std::string KeyHelp(const KeyTable& root, std::string_view key);

// The last parts of all paths, for suggestions.
std::vector<std::string_view> KeyNames(const KeyTable& root);

// Markdown without its links.
std::string PlainText(std::string_view markdown);

}  // namespace frazil::app
