// HTTP as a client: one call is one request on the wire.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/limits.h"
#include "common/result.h"

namespace frazil::http {

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;  // sent with POST, PUT and PATCH
  // Asked whenever more of the body of a 2xx reply has come. Once it says true, what follows is received, but neither
  // unpacked nor kept.
  std::function<bool(std::string_view body)> enough = {};
  Limit most = CurrentLimits().http_reply;  // of the body of a 2xx reply, unpacked
};

struct HttpResponse {
  int status = 0;                              // 3xx too: redirects are not followed
  std::map<std::string, std::string> headers;  // names in lower case; of repeated ones the last
  std::string body;                            // of what is not 2xx no more than a mebibyte
};

struct HttpOptions {
  std::chrono::milliseconds connect_timeout{10'000};
  Limit timeout = CurrentLimits().http_timeout;  // of the whole request, however much of it has come
  std::string ca_file;                           // PEM; empty: the system's
};

// `url` as it may be shown: without user, password and query.
std::string PrintableUrl(const std::string& url);

// Thread-safe. Honours http_proxy, https_proxy and no_proxy. Logs method, printable URL, status and time at debug
// level: never a header or a body, which may hold secrets.
class HttpClient {
 public:
  explicit HttpClient(HttpOptions options);
  ~HttpClient();

  // A reply of any status is a value. kUnavailable: no connection came about, nothing was sent. kIo: the request went
  // out, at least in part, and no whole reply came back, or one beyond a limit, whose name is told: what the server did
  // is unknown. kCancelled: the thread's StopScope was asked to stop, within a second; the request may have gone out.
  //
  // Other methods than GET and HEAD get a connection of their own: on a kept one that the server has closed meanwhile,
  // libcurl would send the request a second time by itself, and nobody could say whether the first was acted on.
  Result<HttpResponse> Send(const HttpRequest& request);

 private:
  struct Handles;
  const HttpOptions options_;
  const std::unique_ptr<Handles> handles_;
};

}  // namespace frazil::http
