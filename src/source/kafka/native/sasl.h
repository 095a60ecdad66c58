// Authentication to a broker, client side: PLAIN (RFC 4616), SCRAM (RFC 5802, RFC 7677) and OAUTHBEARER (RFC 7628).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"
#include "http/oauth2.h"
#include "source/kafka/native/settings.h"

namespace frazil::source::kafka {

// One exchange of messages. Use it once. Not thread-safe.
class SaslClient {
 public:
  virtual ~SaslClient() = default;
  // First returns the first message to send. Answer returns the reply to a message of the broker, or nullopt when the
  // exchange is over. kUnauthorized: the broker rejects us, or does not prove that it knows the password.
  virtual Result<std::string> First() = 0;
  virtual Result<std::optional<std::string>> Answer(std::string_view challenge) = 0;
};

// Makes the client of the configured mechanism. For OAUTHBEARER it asks the OAuth2 server for a token first.
Result<std::unique_ptr<SaslClient>> MakeSaslClient(const SaslSettings& settings);

// Asks for a token by client credentials. Errors as http::FetchOAuth2Token.
Result<http::OAuth2Token> FetchToken(const SaslSettings& settings);

// For tests: SCRAM with a given nonce.
std::unique_ptr<SaslClient> MakeScramClient(const SaslSettings& settings, std::string nonce);

}  // namespace frazil::source::kafka
