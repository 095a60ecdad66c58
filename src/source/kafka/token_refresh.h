// Tokens of OAUTHBEARER for librdkafka's connections, asked for as the native path asks for its own.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "source/kafka/handles.h"
#include "source/kafka/native/settings.h"

namespace frazil::source::kafka {

// librdkafka's own way to a token server would read a reply without end into memory, and knows no limit of ours.
class TokenRefresh {
 public:
  // nullopt where `properties` ask for no tokens, or in a way that only librdkafka knows.
  static std::optional<TokenRefresh> Of(const std::map<std::string, std::string>& properties);

  // The property that would have librdkafka fetch tokens itself.
  static constexpr std::string_view kInstead = "sasl.oauthbearer.method";

  // Gives `client` a new token, or says why there is none: librdkafka comes again. On librdkafka's background thread.
  void Refresh(rd_kafka_s* client) const;

 private:
  explicit TokenRefresh(SaslSettings settings) : settings_(std::move(settings)) {}
  SaslSettings settings_;
};

}  // namespace frazil::source::kafka
