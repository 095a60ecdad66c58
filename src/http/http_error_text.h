// What a server says of its refusal.
#pragma once

#include <string>

namespace frazil::http {

struct HttpResponse;

// The server's own words, on one line: of Iceberg's {"error": {"type": …, "message": …}}, of OAuth2's {"error": …,
// "error_description": …}, of a schema registry's {"error_code": …, "message": …}, else the beginning of the body.
std::string HttpErrorText(const HttpResponse& response);

}  // namespace frazil::http
