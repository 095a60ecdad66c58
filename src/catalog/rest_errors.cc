#include "catalog/rest_errors.h"

#include "http/http_client.h"
#include "http/http_error_text.h"

namespace frazil::catalog {

ErrorKind RestLostReply(RestAction action) {
  switch (action) {
    case RestAction::kCommit:
    case RestAction::kCreateTable:
    case RestAction::kRenameTable:
      return ErrorKind::kCommitUnknown;
    case RestAction::kRead:
    case RestAction::kCreateNamespace:
    case RestAction::kDropTable:
      return ErrorKind::kUnavailable;
  }
  return ErrorKind::kCommitUnknown;
}

Error RestErrorOf(RestAction action, const http::HttpResponse& response, std::string_view doing,
                  std::string_view where) {
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
                                                        doing, where, http::HttpErrorText(response))};
      }
      kind = ErrorKind::kAlreadyExists;
      break;
    case 429:
      kind = ErrorKind::kUnavailable;
      break;
    default:
      // 408 and 5xx do not say whether the request was executed.
      if (response.status >= 500 || response.status == 408) kind = RestLostReply(action);
      if (response.status >= 300 && response.status < 400) advice = ". Set uri to where it redirects";
  }
  return {kind, fmt::format("cannot {} in {} (status {}: {}){}", doing, where, response.status,
                            http::HttpErrorText(response), advice)};
}

}  // namespace frazil::catalog
