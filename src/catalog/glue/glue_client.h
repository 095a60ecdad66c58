// A client of AWS Glue's data catalog (https://docs.aws.amazon.com/glue/latest/webapi/).
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "aws/credential_chain.h"
#include "common/result.h"
#include "common/time/clock.h"
#include "http/http_client.h"

namespace frazil::catalog::glue {

enum class Effect : uint8_t { kNone, kChange };

struct GlueAddress {
  std::string url;         // without a slash at its end
  std::string region;      // for signatures
  std::string catalog_id;  // an AWS account's id; empty: the caller's account
};

// Thread-safe. Waits end when the thread's StopScope asks to stop.
class GlueClient {
 public:
  GlueClient(GlueAddress address, aws::CredentialOptions who, Clock& clock);

  const std::string& where() const { return where_; }  // for messages
  aws::CredentialChain& credentials() { return credentials_; }

  // Calls `action` ("GetTable") with `body`, to which it adds the catalog id, and returns the answer, an object.
  // `doing` is for messages: "load table a.b".
  //
  // Calls that Glue throttles have no effect, so they are repeated a few times with back-off; so are failed calls
  // without an effect. Any other call is sent once. Returns kCommitUnknown if a change may have been made, and
  // kCommitConflict if another writer came first.
  Result<nlohmann::json> Ask(const std::string& action, nlohmann::json body, const std::string& doing, Effect effect);

 private:
  Result<http::HttpResponse> Send(const std::string& action, const std::string& body,
                                  const aws::Credentials& credentials, Effect effect);

  const GlueAddress address_;
  const std::string where_;
  Clock& clock_;
  aws::CredentialChain credentials_;
  http::HttpClient http_;
};

// The meaning of a reply whose status is not 200.
struct Refusal {
  Error error;
  bool is_throttle = false;     // the call had no effect
  bool wants_new_keys = false;  // the credentials have expired
};
Refusal RefusalOf(const http::HttpResponse& response, const std::string& doing, const std::string& where,
                  Effect effect);

}  // namespace frazil::catalog::glue
