#include "source/kafka/stretch_reader.h"

#include <librdkafka/rdkafka.h>

#include <chrono>

#include "source/kafka/admin.h"
#include "source/kafka/client.h"
#include "source/kafka/errors.h"
#include "source/kafka/fetcher.h"
#include "source/kafka/source_config.h"

namespace frazil::source::kafka {
namespace {

constexpr std::chrono::milliseconds kWait{100};
constexpr std::chrono::seconds kNothingFor{30};
constexpr std::string_view kWhat = "reading Kafka outside the consumer group";

// A client that joins no group: its partitions are assigned by hand.
Result<std::unique_ptr<Client>> OpenClient(const Options& options) {
  ClientConfig config = SourceConfig(options);
  config.on_rebalance = [](int, rd_kafka_topic_partition_list_t*) {};
  FRAZIL_ASSIGN_OR_RETURN(auto client, Client::Open(std::move(config)));
  client->RedirectToConsumerQueue();
  return client;
}

// Passes the pieces of `batch` to `take` until `until` is reached. Returns false when `take` wants no more.
Result<bool> TakeAll(record::RecordBatch batch, int64_t until, const TakePiece& take) {
  while (batch.first < batch.next) {
    FRAZIL_ASSIGN_OR_RETURN(const auto piece, batch.UnpackPiece());
    FRAZIL_ASSIGN_OR_RETURN(const bool more, take(piece));
    if (!more || piece.next >= until) return false;
  }
  return true;
}

}  // namespace

Status ReadStretches(const Options& options, const Positions& from, const Positions& until, const Log::Take& take) {
  return ReadPieces(options, from, until, [&](const record::RecordBatch& piece) -> Result<bool> {
    FRAZIL_RETURN_IF_ERROR(take(piece));
    return true;
  });
}

Status ReadPieces(const Options& options, const Positions& from, const Positions& until, const TakePiece& take) {
  Positions open;
  for (const auto& [source, position] : from) {
    if (position < until.at(source)) open[source] = position;
  }
  if (open.empty()) return {};
  FRAZIL_ASSIGN_OR_RETURN(const auto client, OpenClient(options));
  const auto fetcher = OpenFetcher(*client, options);
  if (const auto code = rd_kafka_assign(client->get(), ToList(open).get())) return FailWith(code, kWhat);
  fetcher->Assign(open);

  auto give_up = std::chrono::steady_clock::now() + kNothingFor;
  while (!open.empty()) {
    auto batches = fetcher->Poll(kWait);
    if (!batches.empty()) give_up = std::chrono::steady_clock::now() + kNothingFor;
    for (auto& batch : batches) {
      const auto at = open.find(batch.source);
      if (at == open.end()) continue;  // it is whole, and more was on its way
      const TopicPartition source = at->first;
      FRAZIL_ASSIGN_OR_RETURN(const bool more, TakeAll(std::move(batch), until.at(source), take));
      if (more) continue;
      rd_kafka_pause_partitions(client->get(), ToList(Positions{{source, 0}}).get());
      fetcher->Unassign({source});
      open.erase(at);
    }
    if (!batches.empty()) continue;
    if (fetcher->fault()) return tl::unexpected<Error>(fetcher->fault()->error);
    FRAZIL_RETURN_IF_ERROR(client->GoOn(kWhat));
    if (std::chrono::steady_clock::now() >= give_up) return client->Unreachable(kWhat);
  }
  return {};
}

}  // namespace frazil::source::kafka
