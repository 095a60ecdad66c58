// Serves GET /metrics (Prometheus) and GET /health over HTTP, on a thread of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/result.h"
#include "common/secret.h"

namespace frazil::serve {

struct MetricsServerOptions {
  std::string address = "127.0.0.1";
  std::optional<int> port = {};  // 0 and none: any free port; in a configuration, none means not to serve
  Secret token = {};             // if not empty, /metrics requires it as a bearer token (RFC 6750)
};

// kInvalidArgument if others could read the metrics: the address is not a loopback address, and there is no token. Also
// kInvalidArgument if the token has characters that a client cannot send. The message says what to write instead.
Status CheckAccess(const MetricsServerOptions& options);

// The answer of /health.
struct Health {
  enum class State : uint8_t {
    kOk,
    kRetrying,  // a fault that may pass; status 200, because restarting the process would not help
    kFailed,    // status 503
  } state = State::kOk;
  std::string error = {};  // what is wrong; empty for kOk
};

// With a token set, a client that does not send it learns from /health only whether all is well. Any other request of
// it is refused. Thread-safe.
class MetricsServer {
 public:
  using AskHealth = std::function<Health()>;  // called on the server's thread

  // Starts the server, which listens when this returns. Errors as CheckAccess; kUnavailable if the address cannot be
  // used.
  static Result<std::unique_ptr<MetricsServer>> Start(const MetricsServerOptions& options, AskHealth ask_health);
  virtual ~MetricsServer() = default;  // closes open connections, and stops at once
  virtual int port() const = 0;
};

}  // namespace frazil::serve
