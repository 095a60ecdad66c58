#include "catalog/glue/glue_client.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "aws/sigv4.h"
#include "common/log.h"
#include "common/text/json.h"
#include "common/time/backoff.h"
#include "common/time/interruptible_sleep.h"
#include "http/http_error_text.h"
#include "iceberg/json_members.h"

namespace frazil::catalog::glue {
namespace {

using Json = nlohmann::json;

constexpr int kMostTries = 6;  // about three seconds in all; the caller waits longer if need be
constexpr auto kFirstWait = std::chrono::milliseconds(100);
constexpr auto kLongestWait = std::chrono::seconds(2);

// "EntityNotFoundException" of "com.amazonaws.glue#EntityNotFoundException:http://…".
std::string ErrorCode(const http::HttpResponse& response, const Json& body) {
  std::string code;
  const auto header = response.headers.find("x-amzn-errortype");
  if (header != response.headers.end()) code = header->second;
  const auto type = body.is_object() ? body.find("__type") : body.end();
  if (type != body.end() && type->is_string()) code = type->get<std::string>();
  code = code.substr(0, code.find(':'));
  return http::OneLine(code.substr(code.rfind('#') + 1));
}

std::string ErrorMessage(const http::HttpResponse& response, const Json& body) {
  for (const char* key : {"Message", "message"}) {
    const auto found = body.is_object() ? body.find(key) : body.end();
    if (found != body.end() && found->is_string()) return http::OneLine(found->get<std::string>());
  }
  return response.body.empty() ? "no explanation" : http::OneLine(response.body);
}

struct Known {
  std::string_view code;
  ErrorKind kind;
  std::string_view advice = {};
};
// Error codes of AWS's services, without "Exception" at their end.
constexpr Known kKnown[] = {
    {"EntityNotFound", ErrorKind::kNotFound},
    {"AlreadyExists", ErrorKind::kAlreadyExists},
    {"ConcurrentModification", ErrorKind::kCommitConflict},
    {"VersionMismatch", ErrorKind::kCommitConflict},
    {"AccessDenied", ErrorKind::kUnauthorized,
     ". Ask for that right in the policies of this identity, or in Lake Formation"},
    {"ExpiredToken", ErrorKind::kUnauthorized, ". The session token has ended: give a new one, or none of your own"},
    {"UnrecognizedClient", ErrorKind::kUnauthorized, ". Check the access key and the session token"},
    {"InvalidClientTokenId", ErrorKind::kUnauthorized, ". Check the access key and the session token"},
    {"MissingAuthenticationToken", ErrorKind::kUnauthorized, ". Check the endpoint and the access key"},
    {"IncompleteSignature", ErrorKind::kUnauthorized, ". Check the endpoint and the region"},
    {"InvalidSignature", ErrorKind::kUnauthorized, ". Check the secret key, the region and this machine's clock"},
    {"SignatureDoesNotMatch", ErrorKind::kUnauthorized, ". Check the secret key, the region and this machine's clock"},
    {"RequestExpired", ErrorKind::kUnauthorized, ". Check this machine's clock"},
    {"RequestTimeTooSkewed", ErrorKind::kUnauthorized, ". Check this machine's clock"},
    {"ResourceNotReady", ErrorKind::kUnavailable},
    {"ResourceNumberLimitExceeded", ErrorKind::kInvalidArgument,
     ". Delete old versions of tables, or ask AWS for a higher limit"},
    {"UnknownOperation", ErrorKind::kUnsupported, ". Is the endpoint one of Glue's?"},
};
constexpr std::string_view kThrottles[] = {"Throttling",
                                           "Throttled",
                                           "RequestThrottled",
                                           "TooManyRequests",
                                           "RequestLimitExceeded",
                                           "BandwidthLimitExceeded",
                                           "LimitExceeded",
                                           "SlowDown",
                                           "PriorRequestNotComplete",
                                           "ProvisionedThroughputExceeded",
                                           "ThrottlingError"};

bool IsOneOf(std::string_view code, const std::string_view* begin, const std::string_view* end) {
  return std::find(begin, end, code) != end;
}

}  // namespace

Refusal RefusalOf(const http::HttpResponse& response, const std::string& doing, const std::string& where,
                  Effect effect) {
  const Json body = ParseJson(response.body).value_or(Json());
  std::string code = ErrorCode(response, body);
  const std::string message = ErrorMessage(response, body);
  const std::string said = code.empty() ? message : fmt::format("{}: {}", code, message);
  if (code.ends_with("Exception")) code.resize(code.size() - std::string_view("Exception").size());

  Refusal refusal;
  const bool too_often = message.find("Rate exceeded") != std::string::npos;
  if (response.status == 429 || too_often || IsOneOf(code, std::begin(kThrottles), std::end(kThrottles))) {
    refusal.is_throttle = true;
    refusal.error = {ErrorKind::kUnavailable, fmt::format("cannot {} in {}, which is asked too often (status {}: {})",
                                                          doing, where, response.status, said)};
    return refusal;
  }
  ErrorKind kind = ErrorKind::kInvalidArgument;
  std::string_view advice;
  const auto known =
      std::find_if(std::begin(kKnown), std::end(kKnown), [&](const Known& one) { return one.code == code; });
  // After a time-out or a failure inside Glue, the change may have been made.
  if (response.status >= 500 || response.status == 408 || code == "OperationTimeout" || code == "InternalService") {
    kind = effect == Effect::kChange ? ErrorKind::kCommitUnknown : ErrorKind::kUnavailable;
  } else if (known != std::end(kKnown)) {
    kind = known->kind;
    advice = known->advice;
  } else if (response.status == 401 || response.status == 403) {
    kind = ErrorKind::kUnauthorized;
  } else if (response.status < 400) {
    advice = ". Is the endpoint one of Glue's?";
  }
  refusal.wants_new_keys = code == "ExpiredToken" || code == "RequestExpired" || code == "UnrecognizedClient";
  const std::string_view begin =
      kind == ErrorKind::kCommitConflict ? "Commit conflict - table was modified concurrently: " : "";
  refusal.error = {
      kind, fmt::format("{}cannot {} in {} (status {}: {}){}", begin, doing, where, response.status, said, advice)};
  return refusal;
}

GlueClient::GlueClient(GlueAddress address, aws::CredentialOptions who, Clock& clock)
    : address_(std::move(address)),
      where_(fmt::format("AWS Glue at {}", http::PrintableUrl(address_.url))),
      clock_(clock),
      credentials_(std::move(who), clock),
      http_({}) {}

Result<http::HttpResponse> GlueClient::Send(const std::string& action, const std::string& body,
                                            const aws::Credentials& credentials, Effect effect) {
  http::HttpRequest request;
  request.method = "POST";
  request.url = address_.url + "/";
  request.headers = {
      {"Content-Type", "application/x-amz-json-1.1"}, {"X-Amz-Target", "AWSGlue." + action}, {"User-Agent", "frazil"}};
  request.body = body;
  request.changes_nothing = effect == Effect::kNone;
  aws::Sign(credentials, {address_.region, "glue"}, clock_.NowMillis(), request);
  return http_.Send(request);
}

Result<Json> GlueClient::Ask(const std::string& action, Json body, const std::string& doing, Effect effect) {
  if (!address_.catalog_id.empty()) body["CatalogId"] = address_.catalog_id;
  const std::string text = iceberg::json::Dump(body);
  FRAZIL_ASSIGN_OR_RETURN(aws::Credentials credentials, credentials_.Get());
  Backoff backoff(kFirstWait, kLongestWait);
  bool has_new_keys = false;
  for (int tries = 1;; ++tries) {
    auto response = Send(action, text, credentials, effect);
    Refusal refusal;
    if (!response) {
      const Error& lost = response.error();
      if (lost.kind == ErrorKind::kUnavailable) {
        return Fail(ErrorKind::kUnavailable,
                    "Failed to connect to catalog at {}: {}. Check the region or the endpoint, and that this machine "
                    "reaches it",
                    http::PrintableUrl(address_.url), lost.message);
      }
      if (lost.kind == ErrorKind::kCancelled && effect == Effect::kNone) return tl::unexpected(lost);
      refusal.error = {effect == Effect::kChange ? ErrorKind::kCommitUnknown : ErrorKind::kUnavailable,
                       fmt::format("cannot {} in {}: no whole reply came: {}", doing, where_, lost.message)};
    } else if (response->status == 200) {
      if (effect == Effect::kChange) return Json::object();
      auto answer = ParseJson(response->body);
      if (answer && answer->is_object()) return answer;
      refusal.error = {ErrorKind::kUnavailable,
                       fmt::format("cannot {}: what {} answers is no JSON object", doing, where_)};
    } else {
      response->body = credentials.BlotFrom(std::move(response->body));
      refusal = RefusalOf(*response, doing, where_, effect);
    }

    if (refusal.wants_new_keys && !has_new_keys) {
      has_new_keys = true;
      if (auto others = credentials_.GetInsteadOf(credentials)) {
        credentials = *std::move(others);
        continue;
      }
    }
    const bool again =
        refusal.is_throttle || (effect == Effect::kNone && refusal.error.kind == ErrorKind::kUnavailable);
    if (!again || tries >= kMostTries) return tl::unexpected(std::move(refusal.error));
    log::debug("{}: asking again: {}", where_, refusal.error.message);
    if (!SleepUnlessStopped(clock_, backoff.Next())) {
      return Fail(ErrorKind::kCancelled, "asked to stop while {} was asked again: {}", where_, refusal.error.message);
    }
  }
}

}  // namespace frazil::catalog::glue
