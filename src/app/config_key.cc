#include "app/config_key.h"

#include <fmt/format.h>

#include <algorithm>

namespace frazil::app {
namespace {

// The map of `table`, and those below it, that have `key`.
void CollectPlaces(const KeyTable& table, const std::string& path, std::string_view key,
                   std::vector<std::string>& places) {
  const auto below = [&](const Key& each) {
    const std::string inner = fmt::format("{}{}{}{}", path, path.empty() ? "" : ".", each.name,
                                          each.type == Key::Type::kNamed  ? ".<name>"
                                          : each.type == Key::Type::kMaps ? "[]"
                                                                          : "");
    CollectPlaces(*each.below, inner, key, places);
  };
  for (const Key& each : table.keys()) {
    if (each.name == key && std::find(places.begin(), places.end(), path) == places.end()) places.push_back(path);
    if (each.below != nullptr) below(each);
  }
  for (const Kind& kind : table.kinds()) CollectPlaces(*kind.keys, path, key, places);
}

}  // namespace

void KeyTable::Finish(YamlMap& map) const {
  map.NotYet(not_yet_);
  map.Instead(instead_);
  map.Finish(PlaceOf);
}

std::string PlaceOf(std::string_view key) {
  constexpr size_t kTelling = 3;  // of more places, none would be the one
  std::vector<std::string> places;
  CollectPlaces(RootKeys(), "", key, places);
  if (places.size() > kTelling || (places.size() == 1 && places[0].empty())) return {};
  return fmt::format("{}", fmt::join(places, " or "));
}

}  // namespace frazil::app
