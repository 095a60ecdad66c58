// Proving who we are to a broker: the client's side of PLAIN (RFC 4616), SCRAM (RFC 5802, 7677) and OAUTHBEARER
// (RFC 7628).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"
#include "http/oauth2.h"
#include "source/kafka/native/settings.h"

namespace frazil::source::kafka {

// One exchange of messages: not thread-safe, used once.
class SaslClient {
 public:
  virtual ~SaslClient() = default;
  // What to send first, and in answer to each message of the broker; nullopt: nothing, the exchange is at its end.
  // kUnauthorized: the broker does not prove that it knows us, or says why it does not let us in.
  virtual Result<std::string> First() = 0;
  virtual Result<std::optional<std::string>> Answer(std::string_view challenge) = 0;
};

// Asks the OAuth2 server for a token where the mechanism wants one.
Result<std::unique_ptr<SaslClient>> MakeSaslClient(const SaslSettings& settings);

// Asks for it: OAUTHBEARER by client credentials. As http::FetchOAuth2Token.
Result<http::OAuth2Token> FetchToken(const SaslSettings& settings);

// SCRAM with a nonce of the caller's, for tests.
std::unique_ptr<SaslClient> MakeScramClient(const SaslSettings& settings, std::string nonce);

}  // namespace frazil::source::kafka
