#include "aws/sts.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/endpoint.h"
#include "aws/sigv4.h"
#include "common/text/url.h"
#include "common/time/civil_time.h"
#include "http/http_client.h"
#include "http/http_error_text.h"

namespace frazil::aws {
namespace {

constexpr char kOwnSession[] = "frazil";

struct Place {
  std::string url;
  std::string region;
};

// Without a region, uses the global service, which is in us-east-1.
Result<Place> PlaceOf(const std::string& region) {
  Place place{"https://sts.amazonaws.com", region.empty() ? "us-east-1" : region};
  if (region.empty()) return place;
  FRAZIL_ASSIGN_OR_RETURN(place.url, EndpointOf("sts", region));
  return place;
}

http::HttpRequest RequestOf(const Place& place, std::string_view action, const Role& role,
                            const std::vector<std::pair<std::string, std::string>>& more) {
  http::HttpRequest request;
  request.method = "POST";
  request.url = place.url + "/";
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  request.most = CurrentLimits().token_reply;
  request.body = fmt::format("Action={}&Version=2011-06-15", action);
  const auto add = [&request](std::string_view name, const std::string& value) {
    if (!value.empty()) request.body += fmt::format("&{}={}", name, EncodeUrl(value));
  };
  add("RoleArn", role.arn);
  add("RoleSessionName", role.session_name.empty() ? kOwnSession : role.session_name);
  add("ExternalId", role.external_id);
  add("DurationSeconds", role.duration_secs);
  for (const auto& [name, value] : more) add(name, value);
  return request;
}

Result<Credentials> Ask(http::HttpClient& http, const http::HttpRequest& request, const Role& role,
                        const Secret& told) {
  const std::string where = http::PrintableUrl(request.url);
  auto response = http.Send(request);
  if (!response && response.error().kind == ErrorKind::kCancelled) return tl::unexpected(response.error());
  if (!response) {
    return Fail(ErrorKind::kUnavailable, "Failed to connect to AWS's token service at {}: {}", where,
                response.error().message);
  }
  if (response->status == 200) {
    auto given = ReadAssumedRole(response->body);
    if (given) return given;
    return Fail(ErrorKind::kUnavailable, "what AWS's token service at {} answers is no role: {}", where,
                given.error().message);
  }
  response->body = told.BlotFrom(std::move(response->body));
  const std::string code = TextOfElement(response->body, "Code");
  const std::string message = TextOfElement(response->body, "Message");
  const bool busy =
      response->status >= 500 || response->status == 429 || code == "Throttling" || code == "IDPCommunicationError";
  return Fail(
      busy ? ErrorKind::kUnavailable : ErrorKind::kUnauthorized,
      "AWS's token service at {} does not give role {} (status {}: {}). Check the role, what it trusts, and the "
      "token or profile that asks for it",
      where, role.arn, response->status,
      code.empty() ? http::HttpErrorText(*response) : http::OneLine(code + ": " + message));
}

}  // namespace

std::string TextOfElement(std::string_view xml, std::string_view name) {
  const std::string begin = fmt::format("<{}>", name);
  const auto at = xml.find(begin);
  if (at == std::string_view::npos) return {};
  xml.remove_prefix(at + begin.size());
  const auto end = xml.find(fmt::format("</{}>", name));
  return end == std::string_view::npos ? std::string() : std::string(xml.substr(0, end));
}

Result<Credentials> ReadAssumedRole(std::string_view xml) {
  Credentials credentials;
  credentials.access_key_id = TextOfElement(xml, "AccessKeyId");
  credentials.secret_access_key = TextOfElement(xml, "SecretAccessKey");
  credentials.session_token = TextOfElement(xml, "SessionToken");
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty() || credentials.session_token.empty()) {
    return Fail(ErrorKind::kCorrupt, "there are no keys in it");
  }
  if (const auto end = ParseTimestamp(TextOfElement(xml, "Expiration"), Zone::kRequired)) {
    credentials.expire_at_ms = FloorDiv(*end, 1000);
  }
  return credentials;
}

Result<Credentials> AssumeRoleWithWebIdentity(http::HttpClient& http, const std::string& region, const Role& role,
                                              const Secret& token) {
  FRAZIL_ASSIGN_OR_RETURN(const Place place, PlaceOf(region));
  return Ask(http, RequestOf(place, "AssumeRoleWithWebIdentity", role, {{"WebIdentityToken", token.Reveal()}}), role,
             token);
}

Result<Credentials> AssumeRole(http::HttpClient& http, const std::string& region, const Role& role,
                               const Credentials& by, Clock& clock) {
  FRAZIL_ASSIGN_OR_RETURN(const Place place, PlaceOf(region));
  http::HttpRequest request = RequestOf(place, "AssumeRole", role, {});
  Sign(by, {place.region, "sts"}, clock.NowMillis(), request);
  return Ask(http, request, role, by.session_token);
}

}  // namespace frazil::aws
