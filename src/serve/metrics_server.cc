#include "serve/metrics_server.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <thread>
#include <utility>

#include "common/ascii_case.h"
#include "common/metrics.h"

namespace frazil::serve {
namespace {

constexpr int kThreads = 2;            // a scraper and a health probe
constexpr size_t kMostPayload = 1024;  // of a request: none has a body to send

// A name may be resolved to anything, so of names only the one that is reserved counts.
bool IsLoopback(const std::string& address) {
  in_addr v4{};
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  if (inet_pton(AF_INET6, address.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return address == "localhost";
}

// What RFC 6750 lets stand behind "Bearer".
bool IsBearerToken(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~+/=").find(c) != std::string_view::npos;
  });
}

bool Bears(const httplib::Request& request, const Secret& token) {
  constexpr std::string_view kScheme = "bearer ";
  const std::string header = request.get_header_value("Authorization");
  if (header.size() < kScheme.size()) return false;
  const bool bearer = EqualsIgnoringCase(kScheme, std::string_view(header).substr(0, kScheme.size()));
  const auto sent = std::string_view(header).substr(kScheme.size());
  const std::string& wanted = token.Reveal();
  // In a time that does not tell how much of it was right.
  return bearer && sent.size() == wanted.size() && CRYPTO_memcmp(sent.data(), wanted.data(), wanted.size()) == 0;
}

class HttpMetricsServer final : public MetricsServer {
 public:
  HttpMetricsServer(Secret token, Health health) : token_(std::move(token)), health_(std::move(health)) {
    server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server_.set_payload_max_length(kMostPayload);
    server_.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      if (request.path == "/health" || MayAsk(request)) return httplib::Server::HandlerResponse::Unhandled;
      response.status = 401;
      response.set_header("WWW-Authenticate", "Bearer realm=\"frazil\"");
      response.set_content("send the token of metrics.token as \"Authorization: Bearer TOKEN\"\n", "text/plain");
      return httplib::Server::HandlerResponse::Handled;
    });
    server_.Get("/metrics", [](const httplib::Request&, httplib::Response& response) {
      response.set_content(metrics::Expose(), metrics::kContentType);
    });
    server_.Get("/health", [this](const httplib::Request& request, httplib::Response& response) {
      const Status status = health_();
      nlohmann::ordered_json body = {{"status", status ? "ok" : "failed"}};
      if (!status) {
        response.status = 503;
        if (MayAsk(request)) body["error"] = status.error().message;
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
    const int wanted = options.port.value_or(0);
    if (wanted == 0) {
      port_ = server_.bind_to_any_port(options.address.c_str());
    } else if (server_.bind_to_port(options.address.c_str(), wanted)) {
      port_ = wanted;
    }
    if (port_ < 0) {
      return Fail(ErrorKind::kUnavailable,
                  "cannot serve metrics at {}:{}: the address is not of this machine or the port is taken; choose "
                  "another with --metrics-address or --metrics-port",
                  options.address, wanted);
    }
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // stop() before the thread listens would be forgotten.
    while (!server_.is_running()) std::this_thread::yield();
    return {};
  }

  int port() const override { return port_; }

 private:
  bool MayAsk(const httplib::Request& request) const { return token_.empty() || Bears(request, token_); }

  const Secret token_;
  const Health health_;
  httplib::Server server_;
  std::thread thread_;
  int port_ = -1;
};

}  // namespace

Status CheckAccess(const MetricsServerOptions& options) {
  if (options.token.empty() && !IsLoopback(options.address)) {
    return Fail(ErrorKind::kInvalidArgument,
                "metrics at \"{}\" can be read by other machines, so they need a token: write metrics: {{token: "
                "${{file:/run/secrets/frazil-metrics}}}} in the configuration, or give --metrics-token-file PATH; or "
                "listen at 127.0.0.1",
                options.address);
  }
  if (!IsBearerToken(options.token.Reveal())) {
    return Fail(ErrorKind::kInvalidArgument,
                "the token of metrics holds a character that HTTP has no place for: use letters, digits and -._~+/=, "
                "as \"openssl rand -hex 32\" gives");
  }
  return {};
}

Result<std::unique_ptr<MetricsServer>> MetricsServer::Start(const MetricsServerOptions& options, Health health) {
  FRAZIL_RETURN_IF_ERROR(CheckAccess(options));
  auto server = std::make_unique<HttpMetricsServer>(options.token, std::move(health));
  FRAZIL_RETURN_IF_ERROR(server->Listen(options));
  return server;
}

}  // namespace frazil::serve
