#include "aws/local_sources.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "aws/environment.h"
#include "common/text/json.h"
#include "common/text/shown.h"
#include "common/text/trim.h"
#include "common/text/url.h"
#include "common/time/civil_time.h"
#include "http/http_client.h"
#include "http/http_error_text.h"
#include "io/whole_file.h"

namespace frazil::aws {
namespace {

constexpr int64_t kLongestToken = 64 << 10;

std::string Member(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Over http, the token may only be sent to this machine: loopback addresses and the link-local ones of ECS and EKS.
Status CheckContainerUrl(const std::string& url) {
  static constexpr std::string_view kOwn[] = {"127.0.0.1",     "localhost",      "[::1]",
                                              "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
  const auto origin = OriginOf(url);
  if (origin && origin->scheme == "https") return {};
  if (origin) {
    const auto colon = origin->authority.rfind(':');
    const bool has_port = colon != std::string::npos && origin->authority.find(']', colon) == std::string::npos;
    const std::string_view host = std::string_view(origin->authority).substr(0, has_port ? colon : std::string::npos);
    if (std::find(std::begin(kOwn), std::end(kOwn), host) != std::end(kOwn)) return {};
  }
  return Fail(ErrorKind::kInvalidArgument,
              "AWS_CONTAINER_CREDENTIALS_FULL_URI names {}: expected https://…, or this machine's own address",
              Shown(http::PrintableUrl(url)));
}

Result<std::string> ContainerToken() {
  const std::string file = EnvironmentOf("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  if (file.empty()) return EnvironmentOf("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  auto text = io::ReadWholeFile(file, kLongestToken);
  if (!text) {
    return Fail(ErrorKind::kUnauthorized, "cannot read AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE {}: {}", file,
                text.error().message);
  }
  std::string token(Trim(*text));
  if (token.find_first_of("\r\n") != std::string::npos) {
    return Fail(ErrorKind::kUnauthorized, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE {} holds more than one line", file);
  }
  return token;
}

Error Refused(std::string_view who, const http::HttpResponse& response) {
  const bool busy = response.status >= 500 || response.status == 429;
  return {busy ? ErrorKind::kUnavailable : ErrorKind::kUnauthorized,
          fmt::format("{} gives no credentials (status {}: {})", who, response.status, http::HttpErrorText(response))};
}

Result<Credentials> ReadFrom(std::string_view who, const http::HttpResponse& response) {
  auto credentials = ReadLocalCredentials(response.body);
  if (credentials) return credentials;
  return Fail(ErrorKind::kUnavailable, "what {} answers are no credentials: {}", who, credentials.error().message);
}

}  // namespace

Result<Credentials> ReadLocalCredentials(std::string_view text) {
  FRAZIL_ASSIGN_OR_RETURN(const auto answer, ParseJson(text));
  if (!answer.is_object()) return Fail(ErrorKind::kCorrupt, "expected a JSON object");
  Credentials credentials{Member(answer, "AccessKeyId"), Member(answer, "SecretAccessKey"), Member(answer, "Token")};
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    return Fail(ErrorKind::kCorrupt, "there are no keys in it ({})", http::OneLine(Member(answer, "Code")));
  }
  if (const auto end = ParseTimestamp(Member(answer, "Expiration"), Zone::kRequired)) {
    credentials.expire_at_ms = FloorDiv(*end, 1000);
  }
  return credentials;
}

Result<std::optional<Credentials>> ContainerCredentials(http::HttpClient& direct) {
  const std::string path = EnvironmentOf("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const std::string url =
      path.empty() ? EnvironmentOf("AWS_CONTAINER_CREDENTIALS_FULL_URI") : "http://169.254.170.2" + path;
  if (url.empty()) return std::nullopt;
  FRAZIL_RETURN_IF_ERROR(CheckContainerUrl(url));
  FRAZIL_ASSIGN_OR_RETURN(const Secret token, ContainerToken());
  http::HttpRequest request;
  request.url = url;
  request.most = CurrentLimits().token_reply;
  if (!token.empty()) request.headers.emplace_back("Authorization", token.Reveal());
  const std::string who = "the container's service at " + http::PrintableUrl(url);
  auto response = direct.Send(request);
  if (!response && response.error().kind == ErrorKind::kCancelled) return tl::unexpected(response.error());
  if (!response) return Fail(ErrorKind::kUnavailable, "cannot reach {}: {}", who, response.error().message);
  response->body = token.BlotFrom(std::move(response->body));
  if (response->status != 200) return tl::unexpected(Refused(who, *response));
  return ReadFrom(who, *response);
}

Result<std::optional<Credentials>> InstanceCredentials(http::HttpClient& direct) {
  if (EnvironmentOf("AWS_EC2_METADATA_DISABLED") == "true") return std::nullopt;
  std::string server = EnvironmentOf("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  if (server.empty()) server = "http://169.254.169.254";
  while (server.ends_with('/')) server.pop_back();
  const std::string who = "the machine's metadata service at " + http::PrintableUrl(server);

  http::HttpRequest session;
  session.method = "PUT";
  session.url = server + "/latest/api/token";
  session.headers = {{"X-aws-ec2-metadata-token-ttl-seconds", "300"}};
  session.most = CurrentLimits().token_reply;
  const auto token = direct.Send(session);
  if (!token && token.error().kind == ErrorKind::kCancelled) return tl::unexpected(token.error());
  // Most machines are no EC2 instances.
  if (!token || token->status != 200) return std::nullopt;

  http::HttpRequest request;
  request.url = server + "/latest/meta-data/iam/security-credentials/";
  request.headers = {{"X-aws-ec2-metadata-token", token->body}};
  request.most = CurrentLimits().token_reply;
  for (const bool of_role : {false, true}) {
    const auto response = direct.Send(request);
    if (!response && response.error().kind == ErrorKind::kCancelled) return tl::unexpected(response.error());
    if (!response) return Fail(ErrorKind::kUnavailable, "cannot reach {}: {}", who, response.error().message);
    if (response->status == 404) return std::nullopt;
    if (response->status != 200) return tl::unexpected(Refused(who, *response));
    if (of_role) return ReadFrom(who, *response);
    const std::string_view roles = Trim(response->body);
    request.url += EncodeUrl(Trim(roles.substr(0, roles.find('\n'))));
  }
  return std::nullopt;
}

}  // namespace frazil::aws
