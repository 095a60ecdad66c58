#include "app/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/time/civil_time.h"

namespace frazil::app {
namespace {

using Json = nlohmann::ordered_json;

std::string Shown(const Json& row, const TextColumn& column) {
  const auto it = row.find(column.key);
  if (it == row.end() || it->is_null()) return "-";
  if (it->is_string()) return it->get<std::string>();
  if (!it->is_number_integer()) return it->dump();
  const auto value = it->get<int64_t>();
  switch (column.show) {
    case Show::kCount:
      return FormatCount(value);
    case Show::kBytes:
      return FormatBytes(value);
    case Show::kTime:
      return FormatMillis(value);
    case Show::kText:
    case Show::kNumber:
      break;
  }
  return fmt::to_string(value);
}

// The width of `text` in a terminal, taken as its number of code points.
size_t Width(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool StandsRight(Show show) { return show == Show::kNumber || show == Show::kCount || show == Show::kBytes; }

}  // namespace

std::string FormatTable(const std::vector<TextColumn>& columns, const Json& rows) {
  std::vector<std::vector<std::string>> lines(1);
  for (const auto& column : columns) lines[0].push_back(column.title);
  for (const auto& row : rows) {
    auto& line = lines.emplace_back();
    for (const auto& column : columns) line.push_back(Shown(row, column));
  }
  std::vector<size_t> widths(columns.size(), 0);
  for (const auto& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], Width(line[i]));
  }
  std::string out;
  for (const auto& line : lines) {
    std::string text;
    for (size_t i = 0; i < line.size(); ++i) {
      if (i > 0) text += "  ";
      const std::string padding(widths[i] - Width(line[i]), ' ');
      text += StandsRight(columns[i].show) ? padding + line[i] : line[i] + padding;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  }
  return out;
}

std::string FormatCount(int64_t count) {
  std::string digits = fmt::to_string(count);
  const size_t first = count < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string FormatNumber(int64_t count, std::string_view one) {
  return fmt::format("{} {}{}", FormatCount(count), one, count == 1 ? "" : "s");
}

std::string FormatBytes(int64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string FormatMillis(int64_t millis) {
  constexpr int64_t kPerSecond = 1000;
  const int64_t seconds = FloorDiv(millis, kPerSecond);
  return fmt::format("{}.{:03}Z", FormatTimestamp(seconds * kMicrosPerSecond, Zone::kNone),
                     FloorMod(millis, kPerSecond));
}

std::string FormatJson(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace frazil::app
