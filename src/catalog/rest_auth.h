// Authentication to a REST catalog: a bearer token, which is given or fetched by OAuth2 client credentials.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "common/result.h"
#include "common/secret.h"
#include "common/time/clock.h"

namespace frazil::http {
class HttpClient;
}

namespace frazil::catalog {

struct RestAuthOptions {
  Secret token;  // a fixed token; then no client is needed
  std::string client_id;
  Secret client_secret;
  std::string token_url;
  std::string scope = "catalog";
  std::string audience;  // sent if not empty
  std::string resource;  // sent if not empty
  bool operator==(const RestAuthOptions&) const = default;
};

// Reads Iceberg's properties "token", "credential" (id:secret), "oauth2-server-uri" (default: `uri`/v1/oauth/tokens; a
// relative one is below `uri`), "scope", "audience" and "resource". `credential` is Frazil's own setting: a client's id
// and secret if it has a colon, else a token. It overrides the properties.
RestAuthOptions RestAuthOptionsOf(const std::string& uri, const Secret& credential,
                                  const std::map<std::string, std::string>& properties);

// Thread-safe.
class RestAuth {
 public:
  RestAuth(http::HttpClient& http, RestAuthOptions options, Clock& clock = Clock::System())
      : options_(std::move(options)), http_(http), clock_(clock) {}

  const RestAuthOptions& options() const { return options_; }
  // A valid token: one that is not about to expire, or, if it cannot be renewed now, one that has not expired yet.
  // Empty if no authentication is configured.
  Result<Secret> Token();
  // A new token after the catalog has rejected `refused`. kUnauthorized if there is no way to get another one.
  Result<Secret> TokenInsteadOf(const Secret& refused);
  bool renewable() const { return options_.token.empty() && !options_.client_secret.empty(); }

 private:
  Result<std::unique_lock<std::timed_mutex>> Lock();  // locks mutex_
  Status Fetch();                                     // the caller holds mutex_

  const RestAuthOptions options_;
  http::HttpClient& http_;
  Clock& clock_;
  std::timed_mutex mutex_;  // guards the members below
  Secret fetched_;
  int64_t renew_at_ms_ = 0;
  int64_t expire_at_ms_ = 0;
};

}  // namespace frazil::catalog
