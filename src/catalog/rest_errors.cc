#include "catalog/rest_errors.h"

#include "iceberg/json_members.h"
#include "io/http_client.h"

namespace frazil::catalog {
namespace {

namespace json = iceberg::json;

std::string Beginning(const std::string& text) {
  constexpr size_t kShown = 300;
  return text.size() <= kShown ? text : text.substr(0, kShown) + "…";
}

std::string Member(const json::Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

std::string RestErrorText(const io::HttpResponse& response) {
  const auto body = json::Parse(response.body);
  if (body && body->is_object()) {
    const auto error = body->find("error");
    if (error != body->end() && error->is_object()) {
      const std::string type = Member(*error, "type");
      const std::string message = Beginning(Member(*error, "message"));
      return type.empty() ? message : type + ": " + message;
    }
    const std::string code = Member(*body, "error");
    const std::string description = Beginning(Member(*body, "error_description"));
    if (!code.empty()) return description.empty() ? code : code + ": " + description;
  }
  return response.body.empty() ? "no explanation" : Beginning(response.body);
}

ErrorKind RestLostReply(RestAction action) {
  return action == RestAction::kCommit || action == RestAction::kCreateTable ? ErrorKind::kCommitUnknown
                                                                             : ErrorKind::kUnavailable;
}

Error RestErrorOf(RestAction action, const io::HttpResponse& response, std::string_view doing, std::string_view where) {
  ErrorKind kind = ErrorKind::kInvalidArgument;
  std::string_view advice;
  switch (response.status) {
    case 401:
    case 403:
    case 419:  // the protocol's "authentication timed out"
      kind = ErrorKind::kUnauthorized;
      advice = response.status == 403 ? ". Ask for that right, or use another credential" : ". Check the credential";
      break;
    case 404:
      kind = ErrorKind::kNotFound;
      break;
    case 405:
    case 406:
    case 501:
      kind = ErrorKind::kUnsupported;
      break;
    case 409:
      if (action == RestAction::kCommit) {
        return {ErrorKind::kCommitConflict, fmt::format("Commit conflict - table was modified concurrently: cannot {} "
                                                        "in {} (status 409: {})",
                                                        doing, where, RestErrorText(response))};
      }
      kind = ErrorKind::kAlreadyExists;
      break;
    case 429:
      kind = ErrorKind::kUnavailable;
      break;
    default:
      // 408 and 5xx say nothing about what was done before.
      if (response.status >= 500 || response.status == 408) kind = RestLostReply(action);
      if (response.status >= 300 && response.status < 400) advice = ". Set uri to where it redirects";
  }
  return {kind, fmt::format("cannot {} in {} (status {}: {}){}", doing, where, response.status, RestErrorText(response),
                            advice)};
}

}  // namespace frazil::catalog
