// The reason that a server gives for refusing a request.
#pragma once

#include <string>

namespace frazil::http {

struct HttpResponse;

// The server's own message, on one line. Known forms are Iceberg's {"error": {"type": …, "message": …}}, OAuth2's
// {"error": …, "error_description": …} and a schema registry's {"error_code": …, "message": …}. For any other body it
// is the beginning of the body.
std::string HttpErrorText(const HttpResponse& response);

// The beginning of `text`, with control characters removed. With line breaks, a server could forge lines of our log.
std::string OneLine(const std::string& text);

}  // namespace frazil::http
