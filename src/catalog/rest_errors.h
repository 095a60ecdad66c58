// What a REST catalog's refusals mean (reference: ErrorHandlers).
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace frazil::http {
struct HttpResponse;
}

namespace frazil::catalog {

// What was asked for, which decides what a status means.
enum class RestAction {
  kRead,             // and what may be asked again without harm
  kCreateNamespace,  //
  kCreateTable,      // 409: it exists
  kCommit,           // 409: a requirement did not hold
  kDropTable,        // may be asked again: then 404
};

// The error of a reply that is not 2xx. `doing` continues "cannot": "load table a.b".
Error RestErrorOf(RestAction action, const http::HttpResponse& response, std::string_view doing,
                  std::string_view where);

// What an action has come to when its reply is lost, or cannot be read: unknown, if it changes a table.
ErrorKind RestLostReply(RestAction action);

}  // namespace frazil::catalog
