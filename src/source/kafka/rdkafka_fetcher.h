// The fetch path of librdkafka. It supports every broker and every security mechanism.
#pragma once

#include <memory>

#include "source/kafka/client.h"
#include "source/kafka/fetcher.h"
#include "source/kafka/options.h"

namespace frazil::source::kafka {

// `client` and `options` must outlive the fetcher.
std::unique_ptr<Fetcher> MakeRdkafkaFetcher(Client& client, const Options& options);

}  // namespace frazil::source::kafka
