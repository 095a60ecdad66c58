#include "source/kafka/native/connection.h"

#include <fmt/ranges.h>

#include "source/kafka/errors.h"
#include "source/kafka/native/sasl.h"

namespace frazil::source::kafka {

Result<std::unique_ptr<Connection>> Connection::Open(const Endpoint& endpoint, const FetchSettings& settings,
                                                     const Interrupt& interrupt, BytesPool answers) {
  FRAZIL_ASSIGN_OR_RETURN(auto socket, Socket::Connect(endpoint, settings, interrupt));
  std::unique_ptr<Connection> connection(new Connection(endpoint, settings, std::move(socket), std::move(answers)));
  if (const Status agreed = connection->AgreeOnVersions(); !agreed) {
    if (agreed.error().kind != ErrorKind::kUnavailable || settings.tls) return tl::unexpected<Error>(agreed.error());
    return Fail(ErrorKind::kUnavailable,
                "{}, and before it had said anything. Where this listener wants TLS, set security.protocol to SSL or "
                "SASL_SSL",
                agreed.error().message);
  }
  if (settings.sasl) FRAZIL_RETURN_IF_ERROR(connection->Authenticate());
  return connection;
}

Status Connection::Send(Api api, const std::string& body) {
  const auto version = versions_.find(api);
  const int16_t in = version == versions_.end() ? SpokenVersions(api).most : version->second;
  const std::string header = RequestHeader(api, in, next_id_, settings_.client_id);
  WireWriter size;
  size.Int32(static_cast<int32_t>(header.size() + body.size()));
  unanswered_.push_back(next_id_++);
  return socket_->Write(size.bytes() + header + body, std::chrono::steady_clock::now() + settings_.request_timeout);
}

Result<Connection::Answer> Connection::Receive() {
  constexpr size_t kIdSize = 4;
  const auto deadline = std::chrono::steady_clock::now() + settings_.request_timeout;
  char front[4 + kIdSize];
  FRAZIL_RETURN_IF_ERROR(socket_->Read(front, sizeof front, deadline));
  const auto size = LoadBigEndian<int32_t>(front);
  const auto id = LoadBigEndian<int32_t>(front + 4);
  if (size < static_cast<int32_t>(kIdSize) || unanswered_.empty() || id != unanswered_.front()) {
    return Fail(ErrorKind::kUnavailable, "Kafka broker {}: its answer does not speak Kafka's protocol. Check the port",
                endpoint_.ToString());
  }
  unanswered_.pop_front();
  size_t rest = static_cast<size_t>(size) - kIdSize;
  if (rest > settings_.max_answer_bytes) {
    constexpr size_t kFront = 64 << 10;
    const auto front_bytes = std::make_shared<Bytes>();
    const size_t front_size = std::min(rest, kFront);
    FRAZIL_RETURN_IF_ERROR(socket_->Read(front_bytes->Reserve(front_size), front_size, deadline));
    front_bytes->Grow(front_size);
    FRAZIL_RETURN_IF_ERROR(Drain(rest - front_size, deadline));
    return Answer{front_bytes, front_bytes->view(), /*is_cut=*/true};
  }
  const std::shared_ptr<Bytes> bytes = answers_.Take(rest);
  FRAZIL_RETURN_IF_ERROR(socket_->Read(bytes->Reserve(rest), rest, deadline));
  bytes->Grow(rest);
  return Answer{bytes, bytes->view()};
}

tl::unexpected<Error> Connection::TooLarge() const {
  return Fail(ErrorKind::kUnsupported,
              "Kafka broker {}: an answer is larger than the {} bytes that a quarter of memory_limit_mb, and "
              "receive.message.max.bytes of the source's properties, leave for it. Raise them",
              endpoint_.ToString(), settings_.max_answer_bytes);
}

Status Connection::Drain(size_t bytes, std::chrono::steady_clock::time_point deadline) {
  constexpr size_t kStep = 256 << 10;
  Bytes scratch;
  char* const to = scratch.Reserve(std::min(bytes, kStep));
  while (bytes > 0) {
    const size_t step = std::min(bytes, kStep);
    FRAZIL_RETURN_IF_ERROR(socket_->Read(to, step, deadline));
    bytes -= step;
  }
  return {};
}

Status Connection::AgreeOnVersions() {
  FRAZIL_ASSIGN_OR_RETURN(const Answer answer, Ask(Api::kApiVersions, ApiVersionsRequest()));
  FRAZIL_ASSIGN_OR_RETURN(const ApiVersions offered, ReadApiVersions(answer.body));
  versions_[Api::kApiVersions] = SpokenVersions(Api::kApiVersions).most;
  for (const Api api : {Api::kMetadata, Api::kFetch, Api::kSaslHandshake, Api::kSaslAuthenticate}) {
    versions_[api] = offered.Common(api);
  }
  const bool sasl = !settings_.sasl || versions_[Api::kSaslAuthenticate] >= 0;
  if (offered.error != 0 || versions_[Api::kMetadata] < 0 || versions_[Api::kFetch] < 0 || !sasl) {
    return Fail(ErrorKind::kUnsupported, "Kafka broker {} is older than 2.7", endpoint_.ToString());
  }
  return {};
}

Status Connection::Authenticate() {
  const std::string what =
      fmt::format("Kafka broker {}: {}", endpoint_.ToString(), ToString(settings_.sasl->mechanism));
  FRAZIL_ASSIGN_OR_RETURN(const Answer offer,
                          Ask(Api::kSaslHandshake, SaslHandshakeRequest(ToString(settings_.sasl->mechanism))));
  FRAZIL_ASSIGN_OR_RETURN(const SaslHandshake handshake, ReadSaslHandshake(offer.body));
  if (handshake.error != 0) {
    return Fail(ErrorKind::kUnauthorized, "{}: the broker offers {}. Set sasl.mechanism to one of these", what,
                fmt::join(handshake.mechanisms, ", "));
  }
  FRAZIL_ASSIGN_OR_RETURN(const auto client, MakeSaslClient(*settings_.sasl));
  FRAZIL_ASSIGN_OR_RETURN(std::optional<std::string> message, client->First());
  while (message) {
    FRAZIL_ASSIGN_OR_RETURN(const Answer answer, Ask(Api::kSaslAuthenticate, SaslAuthenticateRequest(*message)));
    FRAZIL_ASSIGN_OR_RETURN(const SaslAuthenticate step, ReadSaslAuthenticate(answer.body));
    if (step.error != 0) return FailWith(step.error, what, settings_.sasl->password.BlotFrom(step.message));
    if (step.lifetime_ms > 0) {
      constexpr double kShare = 0.85;                 // of the lifetime: well before the broker closes the connection
      constexpr int64_t kLongest = int64_t{1} << 40;  // for ever, and still within the clock
      const auto lifetime_ms = static_cast<double>(std::min(step.lifetime_ms, kLongest));
      expires_ =
          std::chrono::steady_clock::now() + std::chrono::milliseconds(static_cast<int64_t>(lifetime_ms * kShare));
    }
    auto next = client->Answer(step.bytes);
    if (!next) return Wrap(next.error(), what);
    message = *std::move(next);
  }
  return {};
}

}  // namespace frazil::source::kafka
