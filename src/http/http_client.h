// An HTTP client. One call sends exactly one request.
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
  // Called with the body so far, whenever more of the body of a 2xx reply has arrived. Once it returns true, the rest
  // is received, but is neither decompressed nor kept.
  std::function<bool(std::string_view body)> enough = {};
  Limit most = CurrentLimits().http_reply;  // limits the decompressed body of a 2xx reply
  bool changes_nothing = false;             // true: sending it twice does no harm, as with GET and HEAD
};

struct HttpResponse {
  int status = 0;                              // may be 3xx: redirects are not followed
  std::map<std::string, std::string> headers;  // names in lower case; the last value of a repeated header
  std::string body;                            // at most one MiB if the status is not 2xx
};

struct HttpOptions {
  std::chrono::milliseconds connect_timeout{10'000};
  Limit timeout = CurrentLimits().http_timeout;  // limits the whole request, even if bytes keep arriving
  std::string ca_file;                           // PEM file; empty: the system's certificates
  bool past_proxies = false;                     // true: ignores proxies, for servers on this machine
};

// `url` without user, password, query and fragment, so that it may be shown.
std::string PrintableUrl(const std::string& url);

// Thread-safe. Honours http_proxy, https_proxy and no_proxy, unless past_proxies is set. Logs method, printable URL,
// status and duration at debug level. Headers and bodies are never logged, because they may hold secrets.
class HttpClient {
 public:
  explicit HttpClient(HttpOptions options);
  ~HttpClient();

  // Sends one request and returns the reply, whatever its status is. Errors:
  //   kUnavailable  no connection was made, so nothing was sent
  //   kIo           the request went out, at least in part, but no whole reply came back, or the reply exceeded a limit
  //                 that the message names; what the server did is unknown
  //   kCancelled    the thread's StopScope asked to stop (noticed within a second); the request may have been sent
  //
  // A request that changes something uses a new connection. If the server has closed a kept connection meanwhile,
  // libcurl sends the request a second time by itself, and nobody would know whether the server acted on the first.
  Result<HttpResponse> Send(const HttpRequest& request);

 private:
  struct Handles;
  const HttpOptions options_;
  const std::unique_ptr<Handles> handles_;
};

}  // namespace frazil::http
