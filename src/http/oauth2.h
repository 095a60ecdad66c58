// Tokens by OAuth2's client credentials (RFC 6749, section 4.4).
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
  std::string id;  // may be empty: Iceberg allows a secret alone
  Secret secret;
  bool by_header = false;  // id and secret go by HTTP's Basic, as Kafka's clients do it; else in the form
  std::vector<std::pair<std::string, std::string>> parameters;  // "scope", …; those without a value are left out
};

struct OAuth2Token {
  Secret token;
  // From when it was asked for: as the server tells ("expires_in"), else as a JWT itself does (RFC 7519, "exp").
  std::optional<std::chrono::seconds> life;  // not negative; nullopt: nobody knows
};

// kUnauthorized: the server says no. kUnavailable: it is away, busy (408, 429, 5xx), or what it says is no token. A
// redirect is not followed: kInvalidArgument says where to. `settings` are what the user may have to correct.
Result<OAuth2Token> FetchOAuth2Token(HttpClient& http, const OAuth2Client& client, std::string_view settings,
                                     Clock& clock = Clock::System());

}  // namespace frazil::http
