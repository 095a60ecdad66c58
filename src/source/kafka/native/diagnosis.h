// Why a cluster does not answer, found by asking one of its brokers in our own words: librdkafka tells that a
// connection ended, not that the listener wanted something else than was configured.
#pragma once

#include <map>
#include <string>

#include "source/kafka/options.h"

namespace frazil::source::kafka {

// What to set, for people, without a full stop; empty where nothing more is known.
// Takes a few seconds at most.
std::string WhyNoAnswer(const std::string& brokers, const std::map<std::string, std::string>& properties);

}  // namespace frazil::source::kafka
