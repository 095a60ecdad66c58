#include "iceberg/manifest_packing.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "iceberg/plausible.h"

namespace frazil::iceberg {

MergeSettings MergeSettings::From(const TableMetadata& table) {
  MergeSettings settings;
  settings.enabled = table.Property("commit.manifest-merge.enabled", "true") != "false";
  settings.target_bytes =
      ParseTotal(table.properties, "commit.manifest.target-size-bytes").value_or(settings.target_bytes);
  settings.min_count = static_cast<size_t>(ParseTotal(table.properties, "commit.manifest.min-count-to-merge")
                                               .value_or(static_cast<int64_t>(settings.min_count)));
  return settings;
}

std::vector<std::vector<ManifestFile>> PackManifests(std::vector<ManifestFile> manifests, int64_t target_bytes) {
  using Bins = std::vector<std::vector<ManifestFile>>;
  struct Group {
    std::pair<ManifestContent, int32_t> kind;
    Bins bins;
    int64_t open_bytes = 0;  // bytes in the bin that is being filled
  };
  std::vector<Group> groups;
  for (auto manifest = manifests.rbegin(); manifest != manifests.rend(); ++manifest) {
    const std::pair kind(manifest->content, manifest->partition_spec_id);
    auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& one) { return one.kind == kind; });
    if (group == groups.end()) group = groups.insert(groups.end(), Group{.kind = kind, .bins = {}, .open_bytes = 0});
    const bool fits = !group->bins.empty() && group->open_bytes + manifest->manifest_length <= target_bytes;
    if (!fits) {
      group->bins.emplace_back();
      group->open_bytes = 0;
    }
    group->open_bytes += manifest->manifest_length;
    group->bins.back().push_back(std::move(*manifest));
  }
  // Everything was collected oldest first, so it is reversed.
  Bins packed;
  for (auto group = groups.rbegin(); group != groups.rend(); ++group) {
    for (auto bin = group->bins.rbegin(); bin != group->bins.rend(); ++bin) {
      std::reverse(bin->begin(), bin->end());
      packed.push_back(std::move(*bin));
    }
  }
  return packed;
}

std::optional<int64_t> ParseTotal(const std::map<std::string, std::string>& values, const std::string& key) {
  const auto found = values.find(key);
  if (found == values.end()) return std::nullopt;
  const std::string& text = found->second;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || !CheckPlausible(key, value, kLargestTotal)) return std::nullopt;
  return value;
}

}  // namespace frazil::iceberg
