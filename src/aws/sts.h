// Temporary credentials of roles, from AWS's Security Token Service.
#pragma once

#include <optional>
#include <string>

#include "aws/credentials.h"
#include "common/result.h"
#include "common/secret.h"
#include "common/time/clock.h"

namespace frazil::http {
class HttpClient;
}

namespace frazil::aws {

struct Role {
  std::string arn;
  std::string session_name;   // empty: one of ours
  std::string external_id;    // may be empty
  std::string duration_secs;  // empty: the service's own
};

// Assume the role with another issuer's token, or with credentials. Errors: kUnauthorized if the service refuses,
// kUnavailable if it cannot be reached, fails or is busy.
Result<Credentials> AssumeRoleWithWebIdentity(http::HttpClient& http, const std::string& region, const Role& role,
                                              const Secret& token);
Result<Credentials> AssumeRole(http::HttpClient& http, const std::string& region, const Role& role,
                               const Credentials& by, Clock& clock);

// The text between the first <NAME> and </NAME>; empty if there is none. This suffices for the service's answers,
// because their values contain no markup.
std::string TextOfElement(std::string_view xml, std::string_view name);

// Reads the credentials of an answer. Returns kCorrupt if it has none.
Result<Credentials> ReadAssumedRole(std::string_view xml);

}  // namespace frazil::aws
