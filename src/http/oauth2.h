// Access tokens by OAuth2 client credentials (RFC 6749, section 4.4).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"
#include "common/secret.h"
#include "common/time/clock.h"

namespace frazil::http {

class HttpClient;

struct OAuth2Client {
  std::string token_url;
  std::string id;  // may be empty: Iceberg allows a secret without an id
  Secret secret;
  bool by_header = false;  // send id and secret by HTTP Basic, as Kafka's clients do; else in the form
  // more form fields, such as "scope"; empty values are not sent
  std::vector<std::pair<std::string, std::string>> parameters;
};

struct OAuth2Token {
  Secret token;
  // How long the token is valid, counted from the request: "expires_in" of the reply, else "exp" of a JWT (RFC 7519).
  std::optional<std::chrono::seconds> life;  // never negative; nullopt if unknown
};

// Asks the token server for a token. kUnauthorized: the server refused. kUnavailable: it cannot be reached, is busy
// (408, 429, 5xx), or its answer has no token. kInvalidArgument: it redirects; redirects are not followed, and the
// message says where to. kCancelled: asked to stop. `settings` names the settings that a user should check; error
// messages quote it.
Result<OAuth2Token> FetchOAuth2Token(HttpClient& http, const OAuth2Client& client, std::string_view settings,
                                     Clock& clock = Clock::System());

}  // namespace frazil::http
