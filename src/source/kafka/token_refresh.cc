#include "source/kafka/token_refresh.h"

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <vector>

#include "common/time/clock.h"
#include "source/kafka/native/sasl.h"

namespace frazil::source::kafka {
namespace {

// "key=value,…" as key, value, key, value.
std::vector<std::string> ExtensionsOf(std::string_view text) {
  std::vector<std::string> extensions;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(one.size() + 1, text.size()));
    const auto equals = one.find('=');
    if (equals == one.npos) continue;
    extensions.emplace_back(one.substr(0, equals));
    extensions.emplace_back(one.substr(equals + 1));
  }
  return extensions;
}

}  // namespace

std::optional<TokenRefresh> TokenRefresh::Of(const std::map<std::string, std::string>& properties) {
  auto settings = ReadTokenSettings(properties);
  if (!settings) return std::nullopt;
  return TokenRefresh(*std::move(settings));
}

void TokenRefresh::Refresh(rd_kafka_s* client) const {
  const int64_t asked_ms = Clock::System().NowMillis();
  const auto given = FetchToken(settings_);
  std::string why = given ? "" : given.error().message;
  if (given) {
    constexpr std::chrono::hours kUnknown{24};  // after which one is asked for that nobody knows the end of
    const std::chrono::milliseconds life = given->life ? std::chrono::milliseconds(*given->life) : kUnknown;
    const auto extensions = ExtensionsOf(settings_.extensions);
    std::vector<const char*> pointers;
    for (const std::string& each : extensions) pointers.push_back(each.c_str());
    char reason[512] = "";
    const auto set = rd_kafka_oauthbearer_set_token(client, given->token.Reveal().c_str(), asked_ms + life.count(),
                                                    settings_.client_id.c_str(), pointers.data(), pointers.size(),
                                                    reason, sizeof reason);
    if (set == RD_KAFKA_RESP_ERR_NO_ERROR) return;
    why = given->token.BlotFrom(reason);
  }
  rd_kafka_oauthbearer_set_token_failure(client, why.c_str());
}

}  // namespace frazil::source::kafka
