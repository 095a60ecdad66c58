// A small HTTP/1 server for few, short requests. Each connection serves one request, and one thread serves all
// connections.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"
#include "serve/http_request.h"

namespace frazil::serve {

struct HttpReply {
  int status = 200;
  std::string content_type = "text/plain";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};
};

struct HttpServerOptions {
  std::string address;
  int port = 0;  // 0: any free port
  // The time of one connection, from accepting it to the last byte of the reply, however slow the client is.
  std::chrono::milliseconds within{10'000};
  // The number of open connections. If one more arrives, the oldest is closed: it had its time, and the new one may be
  // a health probe.
  size_t connections = 64;
};

class HttpServer {
 public:
  // Called on the server's thread.
  using Handler = std::function<HttpReply(const HttpRequest&)>;

  // Starts the server, which listens when this returns. kUnavailable: the address cannot be used, or the machine has no
  // descriptor or thread left.
  static Result<std::unique_ptr<HttpServer>> Start(HttpServerOptions options, Handler handler);
  virtual ~HttpServer() = default;  // closes all connections at once
  virtual int port() const = 0;
};

}  // namespace frazil::serve
