// Converts error replies of a REST catalog (reference: ErrorHandlers).
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace frazil::http {
struct HttpResponse;
}

namespace frazil::catalog {

// The kind of request. It decides what a status means.
enum class RestAction {
  kRead,             // also any request that may be repeated without harm
  kCreateNamespace,  //
  kCreateTable,      // 409: the table exists
  kCommit,           // 409: a requirement did not hold
  kDropTable,        // may be repeated; then 404
  kRenameTable,      // 409: the new name is taken
};

// The error for a reply that is not 2xx. `doing` completes "cannot …": "load table a.b". `where` describes the catalog.
Error RestErrorOf(RestAction action, const http::HttpResponse& response, std::string_view doing,
                  std::string_view where);

// The error kind if the reply is lost or cannot be read: kCommitUnknown if the request changes a table.
ErrorKind RestLostReply(RestAction action);

}  // namespace frazil::catalog
