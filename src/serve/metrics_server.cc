#include "serve/metrics_server.h"

#include <httplib.h>

#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "common/metrics.h"

namespace frazil::serve {
namespace {

constexpr int kThreads = 2;  // a scraper and a health probe

class HttpMetricsServer final : public MetricsServer {
 public:
  explicit HttpMetricsServer(Health health) : health_(std::move(health)) {
    server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server_.Get("/metrics", [](const httplib::Request&, httplib::Response& response) {
      response.set_content(metrics::Expose(), metrics::kContentType);
    });
    server_.Get("/health", [this](const httplib::Request&, httplib::Response& response) {
      const Status status = health_();
      nlohmann::ordered_json body = {{"status", status ? "ok" : "failed"}};
      if (!status) {
        response.status = 503;
        body["error"] = status.error().message;
      }
      using Json = nlohmann::ordered_json;
      response.set_content(body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n", "application/json");
    });
  }

  ~HttpMetricsServer() override {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  Status Listen(const MetricsServerOptions& options) {
    port_ = options.port == 0 ? server_.bind_to_any_port(options.address.c_str())
            : server_.bind_to_port(options.address.c_str(), options.port) ? options.port
                                                                          : -1;
    if (port_ < 0) {
      return Fail(ErrorKind::kUnavailable,
                  "cannot serve metrics at {}:{}: the address is not of this machine or the port is taken; choose "
                  "another with --metrics-address or --metrics-port",
                  options.address, options.port);
    }
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // stop() before the thread listens would be forgotten.
    while (!server_.is_running()) std::this_thread::yield();
    return {};
  }

  int port() const override { return port_; }

 private:
  Health health_;
  httplib::Server server_;
  std::thread thread_;
  int port_ = -1;
};

}  // namespace

Result<std::unique_ptr<MetricsServer>> MetricsServer::Start(const MetricsServerOptions& options, Health health) {
  auto server = std::make_unique<HttpMetricsServer>(std::move(health));
  FRAZIL_RETURN_IF_ERROR(server->Listen(options));
  return server;
}

}  // namespace frazil::serve
