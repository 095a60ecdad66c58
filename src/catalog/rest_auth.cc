#include "catalog/rest_auth.h"

#include <algorithm>
#include <chrono>

#include "common/log.h"
#include "common/text/trim.h"
#include "common/time/stop_flag.h"
#include "http/http_client.h"
#include "http/oauth2.h"

namespace frazil::catalog {
namespace {

std::string Get(const std::map<std::string, std::string>& properties, const std::string& key,
                const std::string& otherwise = "") {
  const auto found = properties.find(key);
  return found == properties.end() ? otherwise : found->second;
}

constexpr int64_t kAskAgainMs = 10'000;
constexpr int64_t kForEverMs = int64_t{1} << 50;

}  // namespace

RestAuthOptions RestAuthOptionsOf(const std::string& uri, const Secret& credential,
                                  const std::map<std::string, std::string>& properties) {
  RestAuthOptions options;
  std::string client = credential.Reveal();
  if (client.find(':') == std::string::npos) {
    options.token = client.empty() ? Get(properties, "token") : client;
    client = Get(properties, "credential");
  }
  // The reference implementation allows a secret without an id.
  const auto colon = client.find(':');
  options.client_id = colon == std::string::npos ? "" : Trim(client.substr(0, colon));
  options.client_secret = std::string(Trim(colon == std::string::npos ? client : client.substr(colon + 1)));
  options.token_url = Get(properties, "oauth2-server-uri", "v1/oauth/tokens");
  if (options.token_url.find("://") == std::string::npos) {
    options.token_url = uri + (options.token_url.starts_with('/') ? "" : "/") + options.token_url;
  }
  options.scope = Get(properties, "scope", options.scope);
  options.audience = Get(properties, "audience");
  options.resource = Get(properties, "resource");
  return options;
}

Result<Secret> RestAuth::Token() {
  if (!renewable()) return options_.token;
  FRAZIL_ASSIGN_OR_RETURN(const auto lock, Lock());
  const int64_t now_ms = clock_.NowMillis();
  if (!fetched_.empty() && now_ms < renew_at_ms_) return fetched_;
  if (const Status renewed = Fetch(); !renewed) {
    if (fetched_.empty() || now_ms >= expire_at_ms_) return tl::unexpected(renewed.error());
    log::warn("the catalog's token could not be renewed, trying again within 10 s: {}", renewed.error().message);
    renew_at_ms_ = std::min(now_ms + kAskAgainMs, expire_at_ms_);
  }
  return fetched_;
}

Result<Secret> RestAuth::TokenInsteadOf(const Secret& refused) {
  if (!renewable()) return Fail(ErrorKind::kUnauthorized, "the token is not accepted, and there is no way to another");
  FRAZIL_ASSIGN_OR_RETURN(const auto lock, Lock());
  if (fetched_ == refused) FRAZIL_RETURN_IF_ERROR(Fetch());  // else another thread was here already
  return fetched_;
}

// Takes the lock, and hears a stop meanwhile, because another thread may hold it while it waits for the token server.
Result<std::unique_lock<std::timed_mutex>> RestAuth::Lock() {
  constexpr auto kCheckEvery = std::chrono::milliseconds(100);
  std::unique_lock lock(mutex_, std::defer_lock);
  while (!lock.try_lock_for(kCheckEvery)) {
    if (StopScope::Asked()) return Fail(ErrorKind::kCancelled, "asked to stop while the catalog's token was fetched");
  }
  return lock;
}

Status RestAuth::Fetch() {
  http::OAuth2Client client;
  client.token_url = options_.token_url;
  client.id = options_.client_id;
  client.secret = options_.client_secret;
  client.parameters = {{"scope", options_.scope}, {"audience", options_.audience}, {"resource", options_.resource}};
  const int64_t asked_ms = clock_.NowMillis();
  FRAZIL_ASSIGN_OR_RETURN(
      http::OAuth2Token given,
      http::FetchOAuth2Token(
          http_, client,
          fmt::format("the credential (id:secret), the scope '{}' and oauth2-server-uri", options_.scope), clock_));
  fetched_ = std::move(given.token);
  // A token is renewed after nine tenths of its life, but at most five minutes before its end. A 401 also leads to a
  // new one.
  const int64_t life_ms = given.life ? given.life->count() * 1000 : kForEverMs;
  expire_at_ms_ = asked_ms + life_ms;
  renew_at_ms_ = expire_at_ms_ - std::min<int64_t>(life_ms / 10, 300'000);
  return {};
}

}  // namespace frazil::catalog
