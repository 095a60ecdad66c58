// Kafka by librdkafka: group membership, metadata, fetching.
#pragma once

#include <memory>

#include "common/result.h"
#include "source/kafka/options.h"
#include "source/source.h"

namespace frazil::source::kafka {

Result<std::unique_ptr<Source>> OpenKafkaSource(const Options& options);

}  // namespace frazil::source::kafka
