// Records by librdkafka's own fetching: the complete door, which knows every broker and every security mechanism.
#pragma once

#include <memory>

#include "source/kafka/client.h"
#include "source/kafka/fetcher.h"
#include "source/kafka/options.h"

namespace frazil::source::kafka {

// `client` and `options` must outlive it.
std::unique_ptr<Fetcher> MakeRdkafkaFetcher(Client& client, const Options& options);

}  // namespace frazil::source::kafka
