// One librdkafka client: its configuration, its log, and the errors that it reports on its own.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "common/secret.h"
#include "common/time/stop_flag.h"
#include "source/kafka/handles.h"
#include "source/kafka/token_refresh.h"

namespace frazil::source::kafka {

using Properties = std::map<std::string, std::string>;

// A property that Frazil must set itself. A user property with this name is refused, and the error gives the reason.
struct OwnedProperty {
  std::string value;  // empty: left at librdkafka's default
  std::string_view reason;
};

struct ClientConfig {
  std::string brokers;
  std::string_view role;                       // "source" or "producer", for error messages
  Properties defaults;                         // user properties win over these
  std::map<std::string, OwnedProperty> owned;  // need not contain the brokers
  Properties user;                             // may hold secrets
  std::chrono::milliseconds answer_within{15000};
  // Called on the thread that serves the client's queue. If set, the client is a consumer.
  std::function<void(int code, rd_kafka_topic_partition_list_s*)> on_rebalance;
  std::function<void(const rd_kafka_message_s&)> on_delivery;  // for a producer: reports of delivery
};

// One thread makes the calls that wait. Librdkafka's threads may report errors at the same time.
class Client {
 public:
  // kInvalidArgument for a wrong property; kUnavailable if the machine has too few threads or descriptors. Asks no
  // broker.
  static Result<std::unique_ptr<Client>> Open(ClientConfig config);
  ~Client();

  rd_kafka_s* get() const { return handle_.get(); }
  const std::string& brokers() const { return config_.brokers; }
  // The time that one question to the cluster may take.
  std::chrono::milliseconds answer_within() const { return config_.answer_within; }

  // From now on, reading the consumer's queue serves the callbacks, and Serve does nothing.
  void RedirectToConsumerQueue();
  // Runs callbacks that are waiting.
  void Serve();
  // Takes a condition that librdkafka reported. It is logged if waiting mends it, and kept for TakeError otherwise.
  void Report(int code, std::string_view text);

  // The kept error, if there is one, which is then forgotten. Waiting does not mend it: wrong credentials, TLS, a fatal
  // state.
  std::optional<Error> TakeError();
  // Call it in a loop that waits. It serves callbacks, and returns TakeError's error, or kCancelled if the StopScope
  // asks to stop.
  Status GoOn(std::string_view what);
  // The error for a question that was not answered: TakeError's error, else kUnavailable with the last connection
  // error.
  [[nodiscard]] tl::unexpected<Error> Unreachable(std::string_view what);
  // Waits for an event on `queue`, and serves callbacks meanwhile. The error is GoOn's, or Unreachable's when time is
  // up.
  Result<Owned<rd_kafka_op_s>> Await(rd_kafka_queue_s* queue, std::string_view what);

 private:
  struct Callbacks;  // the C functions
  friend struct Callbacks;

  explicit Client(ClientConfig config);
  // `text` of librdkafka with secrets replaced by "***". Librdkafka hides passwords, but not secrets inside a URL.
  std::string Blotted(std::string text) const;
  Status SetAll(rd_kafka_conf_s* conf) const;
  // Called each time a broker refuses a producer id. True if that has gone on long enough to be logged.
  bool LacksProducerIdForLong();

  const ClientConfig config_;
  const std::optional<TokenRefresh> tokens_;
  std::vector<Secret> secrets_;  // the secrets in config_.user
  bool bears_tokens_ = false;    // OAUTHBEARER
  bool redirected_ = false;
  std::atomic<bool> answered_ = false;  // the cluster has answered once, so the settings are basically right
  std::mutex mutex_;
  std::optional<Error> error_;                         // guarded by mutex_
  std::string last_connection_error_;                  // guarded by mutex_
  std::chrono::steady_clock::time_point quiet_until_;  // guarded by mutex_
  // The first and the last refusal of a producer id in the current series. Guarded by mutex_.
  std::chrono::steady_clock::time_point lacks_producer_id_since_;
  std::chrono::steady_clock::time_point lacked_producer_id_;
  StopFlag closing_;          // ends the waits of librdkafka's threads
  Owned<rd_kafka_s> handle_;  // the last member: its threads end before other members are destroyed
};

PartitionList NewPartitionList(int capacity);
Owned<rd_kafka_queue_s> NewQueue(const Client& client);

}  // namespace frazil::source::kafka
