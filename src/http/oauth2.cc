#include "http/oauth2.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/text/base64.h"
#include "common/text/json.h"
#include "common/text/url.h"
#include "http/basic_auth.h"
#include "http/http_client.h"
#include "http/http_error_text.h"

namespace frazil::http {
namespace {

using Json = nlohmann::json;

HttpRequest RequestOf(const OAuth2Client& client) {
  HttpRequest request;
  request.method = "POST";
  request.url = client.token_url;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}};
  request.body = "grant_type=client_credentials";
  request.most = CurrentLimits().token_reply;
  const auto add = [&request](std::string_view name, const std::string& value) {
    if (!value.empty()) request.body += fmt::format("&{}={}", name, EncodeForm(value));
  };
  if (client.by_header) {
    request.headers.emplace_back("Authorization", BasicAuth{client.id, client.secret}.Header());
  } else {
    add("client_id", client.id);
    add("client_secret", client.secret.Reveal());
  }
  for (const auto& [name, value] : client.parameters) add(name, value);
  return request;
}

// `text` with the secret replaced by "***", in every form in which it was sent.
std::string Blotted(const OAuth2Client& client, std::string text) {
  text = BasicAuth{client.id, client.secret}.BlotFrom(std::move(text));
  return Secret(EncodeForm(client.secret.Reveal())).BlotFrom(std::move(text));
}

// The member `name` as whole seconds. A negative number becomes 0.
std::optional<int64_t> Seconds(const Json& object, const char* name) {
  constexpr int64_t kForEver = int64_t{1} << 40;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  if (found->is_number_unsigned() && found->get<uint64_t>() > kForEver) return kForEver;
  return std::max<int64_t>(found->get<int64_t>(), 0);
}

// The expiry of a JWT ("exp"), in seconds since 1970; nullopt if the token is not a JWT or does not say.
std::optional<int64_t> EndOf(const std::string& token) {
  const auto first = token.find('.');
  const auto second = token.find('.', first + 1);
  if (first == std::string::npos || second == std::string::npos) return std::nullopt;
  std::string payload = token.substr(first + 1, second - first - 1);
  std::replace(payload.begin(), payload.end(), '-', '+');
  std::replace(payload.begin(), payload.end(), '_', '/');
  payload.resize((payload.size() + 3) / 4 * 4, '=');
  const auto text = DecodeBase64(payload);
  if (!text) return std::nullopt;
  const auto claims = ParseJson(*text);
  return claims && claims->is_object() ? Seconds(*claims, "exp") : std::nullopt;
}

Result<OAuth2Token> ReadToken(const std::string& body, int64_t asked_ms) {
  FRAZIL_ASSIGN_OR_RETURN(const Json reply, ParseJson(body));
  const auto token = reply.is_object() ? reply.find("access_token") : reply.end();
  if (token == reply.end() || !token->is_string()) return Fail(ErrorKind::kCorrupt, "there is no access_token in it");
  OAuth2Token given{token->get<std::string>(), std::nullopt};
  if (const auto life = Seconds(reply, "expires_in")) {
    given.life = std::chrono::seconds(*life);
  } else if (const auto end = EndOf(given.token.Reveal())) {
    given.life = std::chrono::seconds(std::max<int64_t>(*end - asked_ms / 1000, 0));
  }
  return given;
}

}  // namespace

Result<OAuth2Token> FetchOAuth2Token(HttpClient& http, const OAuth2Client& client, std::string_view settings,
                                     Clock& clock) {
  const int64_t asked_ms = clock.NowMillis();
  const std::string where = PrintableUrl(client.token_url);
  auto response = http.Send(RequestOf(client));
  if (!response && response.error().kind == ErrorKind::kCancelled) return tl::unexpected(response.error());
  if (!response) {
    return Fail(ErrorKind::kUnavailable, "Failed to connect to the token server at {}: {}", where,
                response.error().message);
  }
  const int status = response->status;
  if (status == 200) {
    auto given = ReadToken(response->body, asked_ms);
    if (given) return given;
    return Fail(ErrorKind::kUnavailable, "what the token server at {} answers is no token: {}", where,
                given.error().message);
  }
  if (status >= 300 && status < 400) {
    const auto to = response->headers.find("location");
    return Fail(ErrorKind::kInvalidArgument,
                "the token server at {} redirects (status {}) to {}, where the secret does not follow. If that is the "
                "right place, name it. Check {}",
                where, status, to == response->headers.end() ? "nowhere" : PrintableUrl(to->second), settings);
  }
  const bool busy = status >= 500 || status == 429 || status == 408;
  response->body = Blotted(client, std::move(response->body));  // before it is cut short
  return Fail(busy ? ErrorKind::kUnavailable : ErrorKind::kUnauthorized,
              "the token server at {} gave no token for client '{}' (status {}: {}). Check {}", where, client.id,
              status, Blotted(client, HttpErrorText(*response)), settings);
}

}  // namespace frazil::http
