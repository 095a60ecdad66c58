// Finds AWS credentials, and renews them before they expire.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "aws/credentials.h"
#include "common/result.h"
#include "common/time/clock.h"
#include "http/http_client.h"

namespace frazil::aws {

struct CredentialOptions {
  Credentials given = {};    // used if not empty; nothing else is tried then
  std::string profile = {};  // used if not empty; nothing else is tried then
  std::string region = {};   // of AWS's token service; may be empty
};

// Without options it tries, in the order of the client that reaches S3: environment, profile (AWS_PROFILE, else
// "default"), web identity, container, EC2 instance. A profile may have keys, or a role with source_profile,
// credential_source or web_identity_token_file. Profiles with credential_process or single sign-on are refused.
//
// Thread-safe. Waits end when the thread's StopScope asks to stop.
class CredentialChain {
 public:
  explicit CredentialChain(CredentialOptions options, Clock& clock = Clock::System());

  // Returns credentials, and renews them if a fifth of their life is left, at most five minutes. If renewing fails, it
  // returns the old ones until they expire. Errors: kUnauthorized if no source has credentials or a source refuses;
  // kUnavailable if a source cannot be reached; kUnsupported or kInvalidArgument if the profile cannot be used.
  Result<Credentials> Get();
  // Returns other credentials after a service has refused `refused`. kUnauthorized if there are no others.
  Result<Credentials> GetInsteadOf(const Credentials& refused);
  // From when on Get renews; nullopt if the current credentials do not expire.
  std::optional<int64_t> RenewAtMillis();

 private:
  using Found = Result<std::optional<Credentials>>;

  Result<std::unique_lock<std::timed_mutex>> Lock();  // of mutex_
  Status Fetch();                                     // under mutex_
  Result<Credentials> Find();
  Found FromEnvironment() const;
  Found FromProfile(const std::string& name, int depth);
  Found FromWebIdentity();
  Result<Credentials> SourceOf(const std::string& name, const std::string& source_profile, const std::string& source,
                               int depth);

  const CredentialOptions options_;
  Clock& clock_;
  http::HttpClient http_;
  http::HttpClient direct_;  // to this machine's own services
  std::timed_mutex mutex_;   // of what follows
  Credentials current_;
  int64_t renew_at_ms_ = 0;
};

}  // namespace frazil::aws
