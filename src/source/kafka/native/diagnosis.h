// Finds out why a cluster does not answer, by asking one of its brokers over a connection of our own. Librdkafka says
// only that a connection ended. It does not say, for example, that the listener expects TLS or SASL.
#pragma once

#include <map>
#include <string>

#include "source/kafka/options.h"

namespace frazil::source::kafka {

// Says what to set, as text for people without a full stop at the end. Empty if nothing more is known. Takes at most a
// few seconds.
std::string WhyNoAnswer(const std::string& brokers, const std::map<std::string, std::string>& properties);

}  // namespace frazil::source::kafka
