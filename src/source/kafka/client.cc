#include "source/kafka/client.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>

#include "common/log.h"
#include "common/system/machine_room.h"
#include "common/time/stop_flag.h"
#include "http/http_client.h"
#include "source/kafka/errors.h"
#include "source/kafka/native/diagnosis.h"

namespace frazil::source::kafka {

void HandleDeleter::operator()(rd_kafka_s* client) const { rd_kafka_destroy(client); }
void HandleDeleter::operator()(rd_kafka_conf_s* conf) const { rd_kafka_conf_destroy(conf); }
void HandleDeleter::operator()(rd_kafka_error_s* error) const { rd_kafka_error_destroy(error); }
void HandleDeleter::operator()(rd_kafka_headers_s* headers) const { rd_kafka_headers_destroy(headers); }
void HandleDeleter::operator()(rd_kafka_op_s* event) const { rd_kafka_event_destroy(event); }
void HandleDeleter::operator()(rd_kafka_queue_s* queue) const { rd_kafka_queue_destroy(queue); }
void HandleDeleter::operator()(rd_kafka_topic_partition_list_s* list) const {
  rd_kafka_topic_partition_list_destroy(list);
}
void HandleDeleter::operator()(rd_kafka_topic_s* topic) const { rd_kafka_topic_destroy(topic); }

PartitionList NewPartitionList(int capacity) { return PartitionList(rd_kafka_topic_partition_list_new(capacity)); }
Owned<rd_kafka_queue_s> NewQueue(const Client& client) {
  return Owned<rd_kafka_queue_s>(rd_kafka_queue_new(client.get()));
}

namespace {

constexpr std::chrono::milliseconds kServeEvery{50};
constexpr std::chrono::seconds kRepeatLogAfter{30};
// A broker that has just started refuses producer ids for some seconds.
constexpr std::chrono::seconds kProducerIdTakes{10};

bool IsSecret(std::string_view key) {
  for (std::string_view word : {"password", "secret", ".pem", "token", "oauthbearer", "jaas", "key.string"}) {
    if (key.find(word) != key.npos) return true;
  }
  return false;
}

// True for values that must be hidden in librdkafka's messages. IsSecret is wider: hiding every value that it matches
// would also hide words like "true".
bool IsWorthBlotting(std::string_view key, const std::string& value) {
  for (std::string_view word : {"password", "passphrase", "secret", "key.pem", "oauthbearer.config"}) {
    if (key.find(word) != key.npos) return true;
  }
  return value.find("://") != value.npos && http::PrintableUrl(value) != value;
}

// What rd_kafka_new needs: a thread for itself, one per broker, one for the group and one for internal use, and for
// each of them a pipe and a socket. kBeside adds some for the program around it, so that it does not start with nothing
// left.
MachineRoom RoomOf(const std::string& brokers) {
  const int threads = 4 + static_cast<int>(std::count(brokers.begin(), brokers.end(), ',')) + 1;
  constexpr MachineRoom kBeside = {4, 16};
  return {threads + kBeside.threads, 3 * threads + kBeside.descriptors};
}

}  // namespace

struct Client::Callbacks {
  static Client& Self(void* opaque) { return *static_cast<Client*>(opaque); }
  static void Error(rd_kafka_t*, int code, const char* text, void* opaque) {
    Self(opaque).Report(code, Self(opaque).Blotted(text));
  }
  static void Rebalance(rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* list, void* opaque) {
    Self(opaque).config_.on_rebalance(code, list);
  }
  static void Delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    Self(opaque).config_.on_delivery(*message);
  }
  static void Token(rd_kafka_t* client, const char*, void* opaque) {
    const StopScope scope(&Self(opaque).closing_);
    Self(opaque).tokens_->Refresh(client);
  }
  static void Log(const rd_kafka_t* client, int level, const char* facility, const char* text);
};

void Client::Callbacks::Log(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  // Levels of error become warnings: they concern single connections, which librdkafka repairs. What needs a person is
  // returned as an Error.
  auto to = level <= 4 ? spdlog::level::warn : level <= 6 ? spdlog::level::info : spdlog::level::debug;
  if (std::string_view(facility) == "FAIL") to = spdlog::level::debug;  // a lost connection: Report tells it
  // A producer gets the properties of the source, and some of them have no meaning for a producer.
  const bool producer = client != nullptr && rd_kafka_type(client) == RD_KAFKA_PRODUCER;
  if (producer && std::string_view(facility) == "CONFWARN") to = spdlog::level::debug;
  if (!spdlog::should_log(to)) return;
  // The opaque pointer is null while a client that could not be opened logs its last lines.
  void* const self = client ? rd_kafka_opaque(client) : nullptr;
  if (self && std::string_view(facility) == "GETPID" && !Self(self).LacksProducerIdForLong()) return;
  spdlog::log(to, "kafka {}: {}: {}", client ? rd_kafka_name(client) : "", facility,
              self ? Self(self).Blotted(text) : text);
}

Client::Client(ClientConfig config) : config_(std::move(config)), tokens_(TokenRefresh::Of(config_.user)) {
  for (const auto& [key, value] : config_.user) {
    if (IsWorthBlotting(key, value)) secrets_.emplace_back(value);
    if (key.starts_with("sasl.mechanism") && value == "OAUTHBEARER") bears_tokens_ = true;
  }
}

Client::~Client() { closing_.Set(); }

std::string Client::Blotted(std::string text) const {
  for (const Secret& secret : secrets_) text = secret.BlotFrom(std::move(text));
  return text;
}

Status Client::SetAll(rd_kafka_conf_s* conf) const {
  char why[512];
  auto set = [&](const std::string& key, const std::string& value) -> Status {
    if (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), why, sizeof why) == RD_KAFKA_CONF_OK) return {};
    const bool hide = IsSecret(key) && !value.empty() && std::string_view(why).find(value) != std::string_view::npos;
    return Fail(ErrorKind::kInvalidArgument, "Kafka {} property {}: {}", config_.role, key,
                hide ? "its value is not accepted" : why);
  };
  FRAZIL_RETURN_IF_ERROR(set("bootstrap.servers", config_.brokers));
  for (const auto& [key, value] : config_.defaults) {
    if (!config_.user.contains(key)) FRAZIL_RETURN_IF_ERROR(set(key, value));
  }
  for (const auto& [key, value] : config_.user) {
    std::string_view reason;
    if (key == "bootstrap.servers" || key == "metadata.broker.list") {
      reason = "the brokers are a setting of their own";
    } else if (auto owned = config_.owned.find(key); owned != config_.owned.end()) {
      reason = owned->second.reason;
    }
    if (!reason.empty()) {
      return Fail(ErrorKind::kInvalidArgument, "Kafka {} property {} cannot be set: {}. Remove it from properties",
                  config_.role, key, reason);
    }
    if (tokens_ && key == TokenRefresh::kInstead) continue;
    FRAZIL_RETURN_IF_ERROR(set(key, value));
  }
  for (const auto& [key, owned] : config_.owned) {
    if (!owned.value.empty()) FRAZIL_RETURN_IF_ERROR(set(key, owned.value));
  }
  return {};
}

Result<std::unique_ptr<Client>> Client::Open(ClientConfig config) {
  if (config.brokers.empty() && !config.user.contains("test.mock.num.brokers")) {
    return Fail(ErrorKind::kInvalidArgument, "Kafka {}: no brokers are set: give host:port[,host:port…]", config.role);
  }
  // The brokers are printed in messages, so they must not hold a password. Librdkafka would read it as part of the
  // host.
  if (config.brokers.find('@') != std::string::npos) {
    return Fail(ErrorKind::kInvalidArgument,
                "Kafka {}: a user or a password stands before \"@\" in the brokers. Give them as sasl.username and "
                "sasl.password",
                config.role);
  }
  std::unique_ptr<Client> client(new Client(std::move(config)));
  Owned<rd_kafka_conf_t> conf(rd_kafka_conf_new());
  FRAZIL_RETURN_IF_ERROR(client->SetAll(conf.get()));
  rd_kafka_conf_set_opaque(conf.get(), client.get());
  rd_kafka_conf_set_log_cb(conf.get(), Callbacks::Log);
  rd_kafka_conf_set_error_cb(conf.get(), Callbacks::Error);
  const bool consumer = client->config_.on_rebalance != nullptr;
  if (consumer) rd_kafka_conf_set_rebalance_cb(conf.get(), Callbacks::Rebalance);
  if (client->config_.on_delivery) rd_kafka_conf_set_dr_msg_cb(conf.get(), Callbacks::Delivery);

  if (client->tokens_) {
    rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf.get(), Callbacks::Token);
    rd_kafka_conf_enable_sasl_queue(conf.get(), 1);
  }

  FRAZIL_RETURN_IF_ERROR(HasRoomFor(RoomOf(client->brokers()), fmt::format("a Kafka {}", client->config_.role)));
  char why[512];
  client->handle_.reset(rd_kafka_new(consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf.get(), why, sizeof why));
  if (!client->handle_) {
    return Fail(ErrorKind::kInvalidArgument, "Kafka {} for {}: {}", client->config_.role, client->brokers(),
                client->Blotted(why));
  }
  conf.release();  // the client's own now
  // Librdkafka's background thread waits for the token server, so none of our threads does.
  if (client->tokens_) {
    const Owned<rd_kafka_error_t> error(rd_kafka_sasl_background_callbacks_enable(client->get()));
    if (error) {
      return Fail(ErrorKind::kInternal, "Kafka {} for {}: {}", client->config_.role, client->brokers(),
                  rd_kafka_error_string(error.get()));
    }
  }
  return client;
}

void Client::RedirectToConsumerQueue() {
  rd_kafka_poll_set_consumer(get());
  redirected_ = true;
}

void Client::Serve() {
  if (!redirected_) rd_kafka_poll(get(), 0);
}

bool Client::LacksProducerIdForLong() {
  std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (now - lacked_producer_id_ > kProducerIdTakes) lacks_producer_id_since_ = now;  // a new series of refusals
  lacked_producer_id_ = now;
  return now - lacks_producer_id_since_ >= kProducerIdTakes;
}

void Client::Report(int code, std::string_view text) {
  std::lock_guard lock(mutex_);
  if (code == RD_KAFKA_RESP_ERR__FATAL) {
    char why[512];
    const int fatal = rd_kafka_fatal_error(get(), why, sizeof why);
    error_ = FailWith(fatal, fmt::format("Kafka client of {} cannot go on", brokers()), why).value();
    return;
  }
  // These errors may pass if the cluster has answered before: a TLS handshake breaks off while a broker restarts, or a
  // token has expired while the token server is away. Librdkafka asks for another token by itself.
  const bool may_pass = code == RD_KAFKA_RESP_ERR__SSL || (code == RD_KAFKA_RESP_ERR__AUTHENTICATION && bears_tokens_);
  const bool mends_itself = IsTransient(code) || (may_pass && answered_);
  if (!mends_itself) {
    error_ = FailWith(code, fmt::format("Failed to connect to Kafka at {}", brokers()), text).value();
    return;
  }
  if (code == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED) return;  // librdkafka has logged it, and joins again
  if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || last_connection_error_.empty()) last_connection_error_ = text;
  if (const auto now = std::chrono::steady_clock::now(); now >= quiet_until_) {
    log::warn("Kafka at {}: {} (trying again)", brokers(), text);
    quiet_until_ = now + kRepeatLogAfter;
  }
}

std::optional<Error> Client::TakeError() {
  std::lock_guard lock(mutex_);
  return std::exchange(error_, std::nullopt);
}

Status Client::GoOn(std::string_view what) {
  Serve();
  if (auto error = TakeError()) return Wrap(*error, what);
  if (StopScope::Asked()) return Fail(ErrorKind::kCancelled, "{}: asked to stop", what);
  return {};
}

tl::unexpected<Error> Client::Unreachable(std::string_view what) {
  Serve();
  if (auto error = TakeError()) return Wrap(*error, what);
  // If the cluster has answered before, the configuration is right, and a diagnosis would find nothing.
  const std::string why = answered_ || StopScope::Asked() ? std::string() : WhyNoAnswer(brokers(), config_.user);
  std::lock_guard lock(mutex_);
  return Fail(ErrorKind::kUnavailable, "{}: Kafka at {} did not answer in time{}{}. {}", what, brokers(),
              last_connection_error_.empty() ? "" : ": ", last_connection_error_,
              why.empty() ? "Check the address and that the broker runs" : why);
}

Result<Owned<rd_kafka_event_t>> Client::Await(rd_kafka_queue_s* queue, std::string_view what) {
  const auto deadline = std::chrono::steady_clock::now() + answer_within();
  for (;;) {
    Owned<rd_kafka_event_t> event(rd_kafka_queue_poll(queue, static_cast<int>(kServeEvery.count())));
    if (event) {
      // No error, or an error that a broker returned (librdkafka's own codes are lower).
      if (rd_kafka_event_error(event.get()) > RD_KAFKA_RESP_ERR__END) answered_ = true;
      return event;
    }
    FRAZIL_RETURN_IF_ERROR(GoOn(what));
    if (std::chrono::steady_clock::now() >= deadline) return Unreachable(what);
  }
}

}  // namespace frazil::source::kafka
