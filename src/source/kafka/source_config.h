// Librdkafka's settings for a Kafka source.
#pragma once

#include <string>

#include "source/kafka/client.h"
#include "source/kafka/options.h"

namespace frazil::source::kafka {

// The caller must still set `on_rebalance`.
ClientConfig SourceConfig(const Options& options);

// `pattern` as a regular expression that matches whole names only, for librdkafka and MatchingTopics.
std::string WholeNamePattern(const std::string& pattern);

}  // namespace frazil::source::kafka
