#include "source/kafka/native/diagnosis.h"

#include <algorithm>

#include "source/kafka/native/connection.h"
#include "source/kafka/native/protocol.h"
#include "source/kafka/native/settings.h"

namespace frazil::source::kafka {

std::string WhyNoAnswer(const std::string& brokers, const std::map<std::string, std::string>& properties) {
  constexpr std::chrono::milliseconds kPatience{2000};
  Options options;
  options.brokers = brokers;
  options.properties = properties;
  auto settings = ReadFetchSettings(options);
  if (!settings || settings->bootstrap.empty()) return {};
  // A connection would need a token, and the token server may be what does not answer.
  if (settings->sasl && settings->sasl->mechanism == SaslSettings::Mechanism::kOauthBearer) return {};
  settings->connect_timeout = std::min(settings->connect_timeout, kPatience);
  settings->request_timeout = std::min(settings->request_timeout, kPatience);
  const Interrupt never;
  const Endpoint& broker = settings->bootstrap.front();
  auto connection = Connection::Open(broker, *settings, never);
  if (!connection) {
    // That the broker cannot be reached is known already.
    const std::string& message = connection.error().message;
    const bool tells =
        connection.error().kind != ErrorKind::kUnavailable || message.find("set security.") != message.npos;
    return tells ? message : std::string();
  }
  const auto answer = (*connection)->Ask(Api::kMetadata, MetadataRequest((*connection)->version(Api::kMetadata), {}));
  if (answer || settings->sasl) return {};
  return fmt::format(
      "Broker {} says which version it has and closes the connection at the first question, as one does that wants to "
      "know who asks: set security.protocol to {}, sasl.mechanism, sasl.username and sasl.password in "
      "the source's properties",
      broker.ToString(), settings->tls ? "SASL_SSL" : "SASL_PLAINTEXT");
}

}  // namespace frazil::source::kafka
