#include "catalog/rest_auth.h"

#include <algorithm>
#include <chrono>

#include "catalog/rest_errors.h"
#include "common/base64.h"
#include "common/log.h"
#include "common/stop_flag.h"
#include "common/url.h"
#include "iceberg/json_members.h"
#include "io/http_client.h"

namespace frazil::catalog {
namespace {

namespace json = iceberg::json;

std::string Get(const std::map<std::string, std::string>& properties, const std::string& key,
                const std::string& otherwise = "") {
  const auto found = properties.find(key);
  return found == properties.end() ? otherwise : found->second;
}

constexpr int64_t kAskAgainMs = 10'000;
constexpr int64_t kLongestLife = int64_t{1} << 40;  // seconds: for ever

// How long a token lives of which only itself can tell (RFC 7519, "exp"); for ever, if it is no JWT.
int64_t JwtLifeMs(const std::string& token, int64_t now_ms) {
  const auto first = token.find('.');
  const auto second = token.find('.', first + 1);
  if (first == std::string::npos || second == std::string::npos) return kLongestLife * 1000;
  std::string payload = token.substr(first + 1, second - first - 1);
  std::replace(payload.begin(), payload.end(), '-', '+');
  std::replace(payload.begin(), payload.end(), '_', '/');
  payload.resize((payload.size() + 3) / 4 * 4, '=');
  const auto text = DecodeBase64(payload);
  const auto claims = text ? json::Parse(*text) : Result<json::Json>(Fail(ErrorKind::kCorrupt, "no base64"));
  if (!claims || !claims->is_object()) return kLongestLife * 1000;
  const auto end_s = json::Optional<int64_t>(*claims, "exp").value_or(std::nullopt);
  if (!end_s) return kLongestLife * 1000;
  return std::max<int64_t>(std::clamp<int64_t>(*end_s, 0, kLongestLife) * 1000 - now_ms, 0);
}

std::string Trim(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  const auto end = text.find_last_not_of(" \t\r\n");
  return begin == std::string::npos ? "" : text.substr(begin, end - begin + 1);
}

}  // namespace

RestAuthOptions RestAuthOptionsOf(const std::string& uri, const Secret& credential,
                                  const std::map<std::string, std::string>& properties) {
  RestAuthOptions options;
  std::string client = credential.Reveal();
  if (client.find(':') == std::string::npos) {
    options.token = client.empty() ? Get(properties, "token") : client;
    client = Get(properties, "credential");
  }
  // The reference allows a secret without an id.
  const auto colon = client.find(':');
  options.client_id = colon == std::string::npos ? "" : Trim(client.substr(0, colon));
  options.client_secret = Trim(colon == std::string::npos ? client : client.substr(colon + 1));
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

// Another thread may be waiting for the token server.
Result<std::unique_lock<std::timed_mutex>> RestAuth::Lock() {
  constexpr auto kCheckEvery = std::chrono::milliseconds(100);
  std::unique_lock lock(mutex_, std::defer_lock);
  while (!lock.try_lock_for(kCheckEvery)) {
    if (StopScope::Asked()) return Fail(ErrorKind::kCancelled, "asked to stop while the catalog's token was fetched");
  }
  return lock;
}

Status RestAuth::Fetch() {
  io::HttpRequest request;
  request.method = "POST";
  request.url = options_.token_url;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}};
  request.body = "grant_type=client_credentials";
  const auto add = [&request](std::string_view name, const std::string& value) {
    if (!value.empty()) request.body += fmt::format("&{}={}", name, EncodeForm(value));
  };
  add("client_id", options_.client_id);
  add("client_secret", options_.client_secret.Reveal());
  add("scope", options_.scope);
  add("audience", options_.audience);
  add("resource", options_.resource);

  const std::string where = io::PrintableUrl(options_.token_url);
  const int64_t asked_ms = clock_.NowMillis();
  auto response = http_.Send(request);
  if (!response && response.error().kind == ErrorKind::kCancelled) return tl::unexpected(response.error());
  if (!response) {
    return Fail(ErrorKind::kUnavailable, "Failed to connect to the catalog's token server at {}: {}", where,
                response.error().message);
  }
  if (response->status != 200) {
    const Secret& secret = options_.client_secret;
    response->body = secret.BlotFrom(std::move(response->body));  // before it is cut short
    return Fail(response->status >= 500 ? ErrorKind::kUnavailable : ErrorKind::kUnauthorized,
                "the token server at {} gave no token for client '{}' (status {}: {}). Check the credential "
                "(id:secret), the scope '{}' and oauth2-server-uri",
                where, options_.client_id, response->status, secret.BlotFrom(RestErrorText(*response)), options_.scope);
  }
  const auto reply = json::Parse(response->body);
  const auto token = reply && reply->is_object() ? json::Required<std::string>(*reply, "access_token")
                                                 : Result<std::string>(Fail(ErrorKind::kCorrupt, "no JSON object"));
  if (!token) return Fail(ErrorKind::kCorrupt, "the token server at {}: {}", where, token.error().message);
  fetched_ = *token;
  // Renewed after nine tenths of its life, at most five minutes before its end; a 401 is seen to in any case.
  const auto lives_s = json::Optional<int64_t>(*reply, "expires_in").value_or(std::nullopt);
  const int64_t life_ms = lives_s ? std::clamp<int64_t>(*lives_s, 0, kLongestLife) * 1000 : JwtLifeMs(*token, asked_ms);
  expire_at_ms_ = asked_ms + life_ms;
  renew_at_ms_ = expire_at_ms_ - std::min<int64_t>(life_ms / 10, 300'000);
  return {};
}

}  // namespace frazil::catalog
