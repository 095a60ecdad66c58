// The Kafka source. Librdkafka does group membership and metadata; a Fetcher brings the records.
#pragma once

#include <memory>

#include "common/result.h"
#include "source/kafka/options.h"
#include "source/source.h"

namespace frazil::source::kafka {

// kInvalidArgument if `options` are wrong. Asks no broker.
Result<std::unique_ptr<Source>> OpenKafkaSource(const Options& options);

}  // namespace frazil::source::kafka
