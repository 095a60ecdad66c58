// Frazil's own fetch path, as kafka.apache.org/protocol specifies Fetch, but without fetch sessions (KIP-227).
// Librdkafka stays a member of the group with all partitions paused, so that it never fetches.
#pragma once

#include <memory>

#include "common/result.h"
#include "source/kafka/client.h"
#include "source/kafka/fetcher.h"
#include "source/kafka/options.h"

namespace frazil::source::kafka {

// `client` and `options` must outlive the fetcher. kUnsupported if only librdkafka supports the settings or the broker;
// the message names the reason. If the brokers do not answer, it takes some seconds, and that alone is no error.
Result<std::unique_ptr<Fetcher>> OpenNativeFetcher(Client& client, const Options& options);

}  // namespace frazil::source::kafka
