// How a REST catalog is told who asks: a bearer token, given or fetched by OAuth2 client credentials.
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
  Secret token;  // used as it is; a client is then not needed
  std::string client_id;
  Secret client_secret;
  std::string token_url;
  std::string scope = "catalog";
  std::string audience;  // sent if not empty
  std::string resource;  // sent if not empty
  bool operator==(const RestAuthOptions&) const = default;
};

// From Iceberg's properties "token", "credential" (id:secret), "oauth2-server-uri" (default: `uri`/v1/oauth/tokens,
// a relative one is below `uri`), "scope", "audience", "resource". `credential` is the setting of that name: with a
// colon a client's id and secret, else a token; it comes before the properties.
RestAuthOptions RestAuthOptionsOf(const std::string& uri, const Secret& credential,
                                  const std::map<std::string, std::string>& properties);

// Thread-safe.
class RestAuth {
 public:
  RestAuth(http::HttpClient& http, RestAuthOptions options, Clock& clock = Clock::System())
      : options_(std::move(options)), http_(http), clock_(clock) {}

  const RestAuthOptions& options() const { return options_; }
  // A token that is good for a while yet, or that cannot be renewed now but has not ended; empty where none is
  // configured.
  Result<Secret> Token();
  // Instead of `refused`, which the catalog did not accept. kUnauthorized where there is no way to another one.
  Result<Secret> TokenInsteadOf(const Secret& refused);
  bool renewable() const { return options_.token.empty() && !options_.client_secret.empty(); }

 private:
  Result<std::unique_lock<std::timed_mutex>> Lock();  // of mutex_
  Status Fetch();                                     // under mutex_

  const RestAuthOptions options_;
  http::HttpClient& http_;
  Clock& clock_;
  std::timed_mutex mutex_;  // of what follows
  Secret fetched_;
  int64_t renew_at_ms_ = 0;
  int64_t expire_at_ms_ = 0;
};

}  // namespace frazil::catalog
