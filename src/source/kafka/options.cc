#include "source/kafka/options.h"

#include <fmt/ranges.h>

namespace frazil::source::kafka {

Description Describe(const Options& options) {
  const bool by_pattern = !options.topic_pattern.empty();
  return {.server = "brokers " + options.brokers,
          .streams = by_pattern ? "topics matching " + options.topic_pattern
                                : fmt::format("topics {}", fmt::join(options.topics, ", ")),
          .topics = options.topics,
          .group = options.group};
}

void NameGroup(Options& options, const std::string& name) {
  if (options.group.empty()) options.group = name;
}

void NarrowTo(Options& options, const std::string& topic) {
  options.topics = {topic};
  options.topic_pattern.clear();
}

}  // namespace frazil::source::kafka
