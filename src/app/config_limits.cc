// `limits`: how much is taken from servers and files.
#include <algorithm>

#include "app/config_sections.h"

namespace frazil::app {

Limits DefaultLimits(const std::vector<PipelineConfig>& pipelines) {
  // What is read whole has to fit beside everything else, with what reading it takes.
  constexpr int64_t kShare = 8;
  Limits limits;
  for (const auto& pipeline : pipelines) {
    const int64_t share_mb = pipeline.memory_limit / kShare / Limits::kMiB;
    limits.http_reply.value = std::min(limits.http_reply.value, share_mb);
    limits.metadata_file.value = std::min(limits.metadata_file.value, share_mb);
  }
  return limits;
}

void ReadLimits(YamlMap& map, Limits& limits) {
  constexpr std::string_view kSection = "limits.";
  for (Limit* limit : limits.All()) {
    const auto key = limit->key.substr(kSection.size());
    if (const auto value = map.Integer(key, limit->least, limit->most)) limit->value = *value;
  }
  map.Finish(KnownPlaces());
}

}  // namespace frazil::app
