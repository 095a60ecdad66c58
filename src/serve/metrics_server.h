// GET /metrics (Prometheus) and GET /health over HTTP, from threads of its own.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/result.h"

namespace frazil::serve {

struct MetricsServerOptions {
  std::string address = "127.0.0.1";
  int port = 0;  // 0: any that is free
};

class MetricsServer {
 public:
  // Called from any thread. An error makes /health answer 503 with its text.
  using Health = std::function<Status()>;

  // Listens when it returns. kUnavailable names the address that cannot be had.
  static Result<std::unique_ptr<MetricsServer>> Start(const MetricsServerOptions& options, Health health);
  virtual ~MetricsServer() = default;  // answers what is being answered, then stops
  virtual int port() const = 0;
};

}  // namespace frazil::serve
