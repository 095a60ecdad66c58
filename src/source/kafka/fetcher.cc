#include "source/kafka/fetcher.h"

#include "common/log.h"
#include "source/kafka/native/native_fetcher.h"
#include "source/kafka/rdkafka_fetcher.h"

namespace frazil::source::kafka {

std::unique_ptr<Fetcher> OpenFetcher(Client& client, const Options& options) {
  if (options.door == Door::kNative) {
    auto native = OpenNativeFetcher(client, options);
    if (native) return *std::move(native);
    log::info("Kafka at {}: records are fetched by librdkafka, since the native path does not know {}",
              client.brokers(), native.error().message);
  }
  return MakeRdkafkaFetcher(client, options);
}

}  // namespace frazil::source::kafka
