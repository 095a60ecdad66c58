// A Producer that uses librdkafka.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "common/result.h"
#include "source/producer.h"

namespace frazil::source::kafka {

// `properties` holds librdkafka's own keys. Keys of consumers have no effect.
Result<std::unique_ptr<Producer>> OpenProducer(const std::string& brokers,
                                               const std::map<std::string, std::string>& properties);

}  // namespace frazil::source::kafka
