// OAUTHBEARER tokens for librdkafka's connections, fetched in the same way as for the native path.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "source/kafka/handles.h"
#include "source/kafka/native/settings.h"

namespace frazil::source::kafka {

// Replaces librdkafka's own fetching of tokens, which would read an endless reply into memory and does not know
// Frazil's limits.
class TokenRefresh {
 public:
  // nullopt if `properties` ask for no tokens, or in a way that only librdkafka supports.
  static std::optional<TokenRefresh> Of(const std::map<std::string, std::string>& properties);

  // The property that makes librdkafka fetch tokens itself.
  static constexpr std::string_view kInstead = "sasl.oauthbearer.method";

  // Gives `client` a new token, or the reason why there is none; librdkafka then asks again. Called on librdkafka's
  // background thread.
  void Refresh(rd_kafka_s* client) const;

 private:
  explicit TokenRefresh(SaslSettings settings) : settings_(std::move(settings)) {}
  SaslSettings settings_;
};

}  // namespace frazil::source::kafka
