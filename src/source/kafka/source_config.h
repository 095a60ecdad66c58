// librdkafka's settings for a Kafka source.
#pragma once

#include <string>

#include "source/kafka/client.h"
#include "source/kafka/options.h"

namespace frazil::source::kafka {

// `on_rebalance` is still to be set.
ClientConfig SourceConfig(const Options& options);

// A pattern means whole names: the expression that librdkafka and MatchingTopics understand so.
std::string WholeNamePattern(const std::string& pattern);

}  // namespace frazil::source::kafka
