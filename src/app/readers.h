// What engines do not read, of which a table is known to have something: by their makers' documentation, and where they
// run on one machine by tests/engines.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "iceberg/table_metadata.h"

namespace frazil::app {

// As the configuration names them.
std::span<const std::string_view> Readers();

// What `reader`, one of these, will not read of the table, each in words; empty if nothing is known.
std::vector<std::string> Unreadable(std::string_view reader, const iceberg::TableMetadata& table);

}  // namespace frazil::app
