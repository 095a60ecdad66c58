// Rows of named values as an aligned table for people.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace frazil::app {

// How a value is shown. Numbers and sizes are aligned to the right.
enum class Show {
  kText,
  kNumber,  // without separators: ids
  kCount,   // "1,234,567"
  kBytes,   // "1.5 MiB"
  kTime,    // milliseconds since 1970 as ISO 8601 in UTC
};

struct TextColumn {
  std::string key;  // in the row objects
  std::string title;
  Show show = Show::kText;
};

// Returns a line of titles and a line for each object of the array `rows`. A value that is absent or null is shown as
// "-".
std::string FormatTable(const std::vector<TextColumn>& columns, const nlohmann::ordered_json& rows);

std::string FormatCount(int64_t count);
std::string FormatNumber(int64_t count, std::string_view one);  // "1 file", "2,000 files"
std::string FormatBytes(int64_t bytes);
std::string FormatMillis(int64_t millis);  // "2026-01-08T14:00:00.123Z"
// The text that --json prints.
std::string FormatJson(const nlohmann::ordered_json& json);

}  // namespace frazil::app
