#include "aws/credential_chain.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "aws/environment.h"
#include "aws/local_sources.h"
#include "aws/profile.h"
#include "aws/sts.h"
#include "common/log.h"
#include "common/text/trim.h"
#include "common/time/stop_flag.h"
#include "io/whole_file.h"

namespace frazil::aws {
namespace {

constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kAskAgainMs = 10'000;
constexpr int64_t kForEverMs = std::numeric_limits<int64_t>::max();
constexpr int64_t kLongestToken = 64 << 10;
constexpr int kMostProfiles = 5;  // that lean on each other

std::string Setting(const Profile& profile, const char* key) {
  const auto found = profile.find(key);
  return found == profile.end() ? std::string() : found->second;
}

Result<Secret> ReadToken(const std::string& file) {
  auto token = io::ReadWholeFile(file, kLongestToken);
  if (token) return Secret(std::string(Trim(*token)));
  return Fail(ErrorKind::kUnauthorized, "cannot read the web identity token in {}: {}", file, token.error().message);
}

// Services of this machine answer at once, or not at all.
http::HttpOptions ForOwnMachine() {
  http::HttpOptions options;
  options.connect_timeout = std::chrono::milliseconds(1000);
  options.timeout = {"the seconds that a service of this machine may take", 5, 1, 5, Limits::kSecond};
  options.past_proxies = true;
  return options;
}

}  // namespace

CredentialChain::CredentialChain(CredentialOptions options, Clock& clock)
    : options_(std::move(options)), clock_(clock), http_({}), direct_(ForOwnMachine()) {}

Result<Credentials> CredentialChain::Get() {
  if (!options_.given.empty()) return options_.given;
  FRAZIL_ASSIGN_OR_RETURN(const auto lock, Lock());
  const int64_t now_ms = clock_.NowMillis();
  if (!current_.empty() && now_ms < renew_at_ms_) return current_;
  if (const Status renewed = Fetch(); !renewed) {
    if (current_.empty() || now_ms >= current_.expire_at_ms.value_or(0)) return tl::unexpected(renewed.error());
    log::warn("the AWS credentials could not be renewed, trying again within 10 s: {}", renewed.error().message);
    renew_at_ms_ = std::min(now_ms + kAskAgainMs, *current_.expire_at_ms);
  }
  return current_;
}

Result<Credentials> CredentialChain::GetInsteadOf(const Credentials& refused) {
  if (options_.given.empty()) {
    FRAZIL_ASSIGN_OR_RETURN(const auto lock, Lock());
    if (current_ == refused) FRAZIL_RETURN_IF_ERROR(Fetch());  // else another thread was here already
    if (current_ != refused) return current_;
  }
  return Fail(ErrorKind::kUnauthorized, "the AWS credentials are not accepted, and there is no way to others");
}

std::optional<int64_t> CredentialChain::RenewAtMillis() {
  const auto lock = Lock();
  if (!lock || current_.empty() || renew_at_ms_ == kForEverMs) return std::nullopt;
  return renew_at_ms_;
}

// The mutex is held while a service is asked, so waiting for it must hear a stop.
Result<std::unique_lock<std::timed_mutex>> CredentialChain::Lock() {
  constexpr auto kCheckEvery = std::chrono::milliseconds(100);
  std::unique_lock lock(mutex_, std::defer_lock);
  while (!lock.try_lock_for(kCheckEvery)) {
    if (StopScope::Asked()) return Fail(ErrorKind::kCancelled, "asked to stop while AWS credentials were fetched");
  }
  return lock;
}

Status CredentialChain::Fetch() {
  FRAZIL_ASSIGN_OR_RETURN(current_, Find());
  renew_at_ms_ = kForEverMs;
  if (current_.expire_at_ms) {
    // A metadata service that has trouble may return expired credentials. Use them, and ask again soon.
    const int64_t now_ms = clock_.NowMillis();
    const int64_t life_ms = std::max<int64_t>(*current_.expire_at_ms - now_ms, 0);
    renew_at_ms_ = life_ms > 0 ? *current_.expire_at_ms - std::min(life_ms / 5, 5 * kMinuteMs) : now_ms + kMinuteMs;
  }
  return {};
}

Result<Credentials> CredentialChain::Find() {
  if (!options_.profile.empty()) {
    FRAZIL_ASSIGN_OR_RETURN(auto found, FromProfile(options_.profile, 0));
    if (found) return *std::move(found);
    return Fail(ErrorKind::kUnauthorized,
                "the AWS profile {} does not say who asks: give it aws_access_key_id and aws_secret_access_key, or a "
                "role_arn with source_profile, credential_source or web_identity_token_file",
                options_.profile);
  }
  FRAZIL_ASSIGN_OR_RETURN(auto found, FromEnvironment());
  if (!found) {
    FRAZIL_ASSIGN_OR_RETURN(found, FromProfile(CurrentProfileName(), 0));
  }
  if (!found) {
    FRAZIL_ASSIGN_OR_RETURN(found, FromWebIdentity());
  }
  if (!found) {
    FRAZIL_ASSIGN_OR_RETURN(found, ContainerCredentials(direct_));
  }
  if (!found) {
    FRAZIL_ASSIGN_OR_RETURN(found, InstanceCredentials(direct_));
  }
  if (found) return *std::move(found);
  return Fail(ErrorKind::kUnauthorized,
              "no AWS credentials were found: not in the environment (AWS_ACCESS_KEY_ID), in profile {} of ~/.aws, by "
              "web identity (AWS_WEB_IDENTITY_TOKEN_FILE), from a container or an instance. Give one of them, or keys "
              "in the configuration",
              CurrentProfileName());
}

CredentialChain::Found CredentialChain::FromEnvironment() const {
  Credentials credentials{EnvironmentOf("AWS_ACCESS_KEY_ID"), EnvironmentOf("AWS_SECRET_ACCESS_KEY"),
                          EnvironmentOf("AWS_SESSION_TOKEN")};
  if (credentials.access_key_id.empty() && credentials.secret_access_key.empty()) return std::nullopt;
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    return Fail(ErrorKind::kInvalidArgument,
                "of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set: a key is both or neither");
  }
  return credentials;
}

CredentialChain::Found CredentialChain::FromWebIdentity() {
  const std::string file = EnvironmentOf("AWS_WEB_IDENTITY_TOKEN_FILE");
  Role role;
  role.arn = EnvironmentOf("AWS_ROLE_ARN");
  role.session_name = EnvironmentOf("AWS_ROLE_SESSION_NAME");
  if (file.empty() || role.arn.empty()) return std::nullopt;
  FRAZIL_ASSIGN_OR_RETURN(const Secret token, ReadToken(file));
  return AssumeRoleWithWebIdentity(http_, options_.region, role, token);
}

CredentialChain::Found CredentialChain::FromProfile(const std::string& name, int depth) {
  FRAZIL_ASSIGN_OR_RETURN(const auto profile, LoadProfile(name));
  if (!profile) {
    const bool asked_for = depth > 0 || !options_.profile.empty() || !EnvironmentOf("AWS_PROFILE").empty();
    if (!asked_for) return std::nullopt;
    return Fail(ErrorKind::kUnauthorized,
                "there is no AWS profile {}: name one of those in ~/.aws/config and ~/.aws/credentials (or "
                "AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE)",
                name);
  }
  const std::string arn = Setting(*profile, "role_arn");
  const std::string source_profile = Setting(*profile, "source_profile");
  const std::string source = Setting(*profile, "credential_source");
  const std::string token_file = Setting(*profile, "web_identity_token_file");
  Credentials keys{Setting(*profile, "aws_access_key_id"), Setting(*profile, "aws_secret_access_key"),
                   Setting(*profile, "aws_session_token")};
  // A profile that names itself as source_profile means its own keys.
  const bool by_own_keys = depth > 0 && source_profile == name;
  if (arn.empty() || by_own_keys) {
    if (!keys.access_key_id.empty() && !keys.secret_access_key.empty()) return keys;
    for (const char* other : {"credential_process", "sso_session", "sso_start_url"}) {
      if (!profile->contains(other)) continue;
      return Fail(ErrorKind::kUnsupported,
                  "the AWS profile {} says by {} who asks, which Frazil does not know: `aws configure "
                  "export-credentials --profile {} --format env` gives variables for its environment",
                  name, other, name);
    }
    return std::nullopt;
  }
  const Role role{arn, Setting(*profile, "role_session_name"), Setting(*profile, "external_id"),
                  Setting(*profile, "duration_seconds")};
  if (!token_file.empty()) {
    FRAZIL_ASSIGN_OR_RETURN(const Secret token, ReadToken(token_file));
    return AssumeRoleWithWebIdentity(http_, options_.region, role, token);
  }
  if (profile->contains("mfa_serial")) {
    return Fail(ErrorKind::kUnsupported, "the AWS profile {} wants a code of a device (mfa_serial) each time", name);
  }
  FRAZIL_ASSIGN_OR_RETURN(const Credentials by, SourceOf(name, source_profile, source, depth + 1));
  return AssumeRole(http_, options_.region, role, by, clock_);
}

Result<Credentials> CredentialChain::SourceOf(const std::string& name, const std::string& source_profile,
                                              const std::string& source, int depth) {
  Found found = std::nullopt;
  if (!source_profile.empty()) {
    if (depth > kMostProfiles) {
      return Fail(ErrorKind::kInvalidArgument, "the AWS profile {} leans on others that lean on it", name);
    }
    found = FromProfile(source_profile, depth);
  } else if (source == "Environment") {
    found = FromEnvironment();
  } else if (source == "EcsContainer") {
    found = ContainerCredentials(direct_);
  } else if (source == "Ec2InstanceMetadata") {
    found = InstanceCredentials(direct_);
  }
  if (!found) return tl::unexpected(found.error());
  if (*found) return **std::move(found);
  return Fail(ErrorKind::kUnauthorized,
              "the AWS profile {} takes on a role, but nobody says for whom: source_profile is '{}', credential_source "
              "is '{}' (Environment, EcsContainer, Ec2InstanceMetadata)",
              name, source_profile, source);
}

}  // namespace frazil::aws
