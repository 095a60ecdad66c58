#include "catalog/rest_auth.h"

#include <algorithm>
#include <limits>

#include "catalog/rest_errors.h"
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
  std::lock_guard lock(mutex_);
  if (fetched_.empty() || clock_.NowMillis() >= renew_at_ms_) FRAZIL_RETURN_IF_ERROR(Fetch());
  return fetched_;
}

Result<Secret> RestAuth::TokenInsteadOf(const Secret& refused) {
  if (!renewable()) return Fail(ErrorKind::kUnauthorized, "the token is not accepted, and there is no way to another");
  std::lock_guard lock(mutex_);
  if (fetched_ == refused) FRAZIL_RETURN_IF_ERROR(Fetch());  // else another thread was here already
  return fetched_;
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
  const auto response = http_.Send(request);
  if (!response) {
    return Fail(ErrorKind::kUnavailable, "Failed to connect to the catalog's token server at {}: {}", where,
                response.error().message);
  }
  if (response->status != 200) {
    return Fail(response->status >= 500 ? ErrorKind::kUnavailable : ErrorKind::kUnauthorized,
                "the token server at {} gave no token for client '{}' (status {}: {}). Check the credential "
                "(id:secret), the scope '{}' and oauth2-server-uri",
                where, options_.client_id, response->status, options_.client_secret.BlotFrom(RestErrorText(*response)),
                options_.scope);
  }
  const auto reply = json::Parse(response->body);
  const auto token = reply && reply->is_object() ? json::Required<std::string>(*reply, "access_token")
                                                 : Result<std::string>(Fail(ErrorKind::kCorrupt, "no JSON object"));
  if (!token) return Fail(ErrorKind::kCorrupt, "the token server at {}: {}", where, token.error().message);
  fetched_ = *token;
  // Renewed after nine tenths of its life, at most five minutes before its end; a 401 is seen to in any case.
  const auto lives_s = json::Optional<int64_t>(*reply, "expires_in").value_or(std::nullopt);
  renew_at_ms_ = std::numeric_limits<int64_t>::max();
  if (lives_s && *lives_s < (int64_t{1} << 40)) {
    renew_at_ms_ = asked_ms + *lives_s * 1000 - std::min<int64_t>(*lives_s * 100, 300'000);
  }
  return {};
}

}  // namespace frazil::catalog
