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
  settings->connect_timeout = std::min(settings->connect_timeout, kPatience);
  settings->request_timeout = std::min(settings->request_timeout, kPatience);
  const Interrupt never;
  const Endpoint& broker = settings->bootstrap.front();
  auto connection = Connection::Open(broker, *settings, never);
  if (!connection) return connection.error().message;
  const auto answer = (*connection)->Ask(Api::kMetadata, MetadataRequest((*connection)->version(Api::kMetadata), {}));
  if (answer || settings->sasl) return {};
  return fmt::format(
      "Broker {} says which version it has and closes the connection at the first question, as one does that wants to "
      "know who asks: set security.protocol to SASL_PLAINTEXT{}, sasl.mechanism, sasl.username and sasl.password in "
      "the source's properties",
      broker.ToString(), settings->tls ? " or SASL_SSL" : "");
}

}  // namespace frazil::source::kafka
