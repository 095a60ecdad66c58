// GET /metrics (Prometheus) and GET /health over HTTP, from a thread of its own.
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
  std::optional<int> port = {};  // 0: any that is free; none: the same, and in a configuration not to serve at all
  Secret token = {};             // if not empty, /metrics asks for it (RFC 6750)
};

// kInvalidArgument says what to write where others could read the metrics, since the address is not of this machine
// alone and there is no token, and where the token is none that a client can send.
Status CheckAccess(const MetricsServerOptions& options);

// What /health tells.
struct Health {
  enum class State : uint8_t {
    kOk,
    kRetrying,  // in trouble that may pass: 200, since to start the process again would not help
    kFailed,    // 503
  } state = State::kOk;
  std::string error = {};  // of the others: what is wrong
};

// With a token, whoever does not send it learns from /health only whether all is well, and from nothing else anything.
class MetricsServer {
 public:
  using AskHealth = std::function<Health()>;  // called on the server's thread

  // Listens when it returns. As CheckAccess says; kUnavailable names the address that cannot be had.
  static Result<std::unique_ptr<MetricsServer>> Start(const MetricsServerOptions& options, AskHealth ask_health);
  virtual ~MetricsServer() = default;  // closes what is open, and stops at once
  virtual int port() const = 0;
};

}  // namespace frazil::serve
