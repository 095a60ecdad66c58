// Records by Frazil's own fetching (KIP-227 aside, what kafka.apache.org/protocol says of Fetch). librdkafka keeps the
// membership in the group, with everything paused: it never fetches.
#pragma once

#include <memory>

#include "common/result.h"
#include "source/kafka/client.h"
#include "source/kafka/fetcher.h"
#include "source/kafka/options.h"

namespace frazil::source::kafka {

// `client` and `options` must outlive it. kUnsupported names what about the settings or the broker only librdkafka
// knows. May take some seconds where the brokers do not answer; that alone is no error.
Result<std::unique_ptr<Fetcher>> OpenNativeFetcher(Client& client, const Options& options);

}  // namespace frazil::source::kafka
