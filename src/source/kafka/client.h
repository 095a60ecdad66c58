// One librdkafka client: its configuration, its log, and the errors it raises on its own.
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

// A property that Frazil needs as it is: a user property of that name is refused with the reason.
struct OwnedProperty {
  std::string value;  // empty: left at librdkafka's default
  std::string_view reason;
};

struct ClientConfig {
  std::string brokers;
  std::string_view role;                       // "source", "producer": for error texts
  Properties defaults;                         // user properties win over these
  std::map<std::string, OwnedProperty> owned;  // brokers need not be here
  Properties user;                             // may hold secrets
  std::chrono::milliseconds answer_within{15000};
  // Called by whichever thread serves the client's queue.
  std::function<void(int code, rd_kafka_topic_partition_list_s*)> on_rebalance;  // a consumer if set
  std::function<void(const rd_kafka_message_s&)> on_delivery;                    // a producer if set
};

// The waiting calls belong to one thread; the callbacks that fill in errors come from librdkafka's.
class Client {
 public:
  static Result<std::unique_ptr<Client>> Open(ClientConfig config);
  ~Client();

  rd_kafka_s* get() const { return handle_.get(); }
  const std::string& brokers() const { return config_.brokers; }
  // How long a question to the cluster may take.
  std::chrono::milliseconds answer_within() const { return config_.answer_within; }

  // From now on callbacks are served by whoever reads the consumer's queue, no longer by Serve.
  void RedirectToConsumerQueue();
  void Serve();
  // A condition that librdkafka raised: logged if waiting mends it, else kept for TakeError.
  void Report(int code, std::string_view text);

  // An error that waiting does not mend (credentials, TLS, a fatal state), once.
  std::optional<Error> TakeError();
  // For those who wait for something: serves callbacks. TakeError's, or kCancelled when asked to stop (StopScope).
  Status GoOn(std::string_view what);
  // kUnavailable "cannot reach…" with the last connection error, or TakeError's.
  [[nodiscard]] tl::unexpected<Error> Unreachable(std::string_view what);
  // The event that `queue` gets, serving callbacks meanwhile. Else Unreachable's or GoOn's.
  Result<Owned<rd_kafka_op_s>> Await(rd_kafka_queue_s* queue, std::string_view what);

 private:
  struct Callbacks;  // the C functions
  friend struct Callbacks;

  explicit Client(ClientConfig config);
  // librdkafka's words, which may repeat what it was told: it knows of passwords, but not of what a URL holds.
  std::string Blotted(std::string text) const;
  Status SetAll(rd_kafka_conf_s* conf) const;
  // Asked each time that a broker has refused a producer id: for so long that somebody should hear of it.
  bool LacksProducerIdForLong();

  const ClientConfig config_;
  const std::optional<TokenRefresh> tokens_;
  std::vector<Secret> secrets_;  // of config_.user
  bool bears_tokens_ = false;    // OAUTHBEARER
  bool redirected_ = false;
  std::atomic<bool> answered_ = false;  // the cluster did, once: its settings are not wrong from the ground up
  std::mutex mutex_;
  std::optional<Error> error_;                         // guarded by mutex_
  std::string last_connection_error_;                  // guarded by mutex_
  std::chrono::steady_clock::time_point quiet_until_;  // guarded by mutex_
  // When a producer id was first refused without a pause, and last; guarded by mutex_.
  std::chrono::steady_clock::time_point lacks_producer_id_since_;
  std::chrono::steady_clock::time_point lacked_producer_id_;
  StopFlag closing_;          // what librdkafka's threads wait for is given up
  Owned<rd_kafka_s> handle_;  // last: its threads stop before the rest goes
};

PartitionList NewPartitionList(int capacity);
Owned<rd_kafka_queue_s> NewQueue(const Client& client);

}  // namespace frazil::source::kafka
