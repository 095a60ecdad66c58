// A small HTTP/1 server for few and short questions: one request a connection, all of them on one thread.
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
  int port = 0;  // 0: any that is free
  // From being accepted to the last byte of the reply, however the other side dawdles.
  std::chrono::milliseconds within{10'000};
  // At a time. Where one more comes the oldest is closed: it had its time, and the newest may be a health probe.
  size_t connections = 64;
};

class HttpServer {
 public:
  // Called on the server's thread.
  using Handler = std::function<HttpReply(const HttpRequest&)>;

  // Listens when it returns. kUnavailable: the address cannot be had, or the machine gives no descriptor or thread.
  static Result<std::unique_ptr<HttpServer>> Start(HttpServerOptions options, Handler handler);
  virtual ~HttpServer() = default;  // closes all connections at once
  virtual int port() const = 0;
};

}  // namespace frazil::serve
