#include "serve/metrics_server.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "common/metrics.h"
#include "common/text/ascii_case.h"
#include "serve/http_server.h"

namespace frazil::serve {
namespace {

// A name may resolve to any address, so the only name that counts is the reserved one, "localhost".
bool IsLoopback(const std::string& address) {
  in_addr v4{};
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  if (inet_pton(AF_INET6, address.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return address == "localhost";
}

// True if RFC 6750 allows `text` after "Bearer".
bool IsBearerToken(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~+/=").find(c) != std::string_view::npos;
  });
}

bool Bears(const HttpRequest& request, const Secret& token) {
  constexpr std::string_view kScheme = "bearer ";
  const std::string& header = request.authorization;
  if (header.size() < kScheme.size()) return false;
  const bool bearer = EqualsIgnoringCase(kScheme, std::string_view(header).substr(0, kScheme.size()));
  const auto sent = std::string_view(header).substr(kScheme.size());
  const std::string& wanted = token.Reveal();
  // The comparison takes constant time, so that its duration does not reveal how much was right.
  return bearer && sent.size() == wanted.size() && CRYPTO_memcmp(sent.data(), wanted.data(), wanted.size()) == 0;
}

class HttpMetricsServer final : public MetricsServer {
 public:
  HttpMetricsServer(Secret token, AskHealth ask_health)
      : token_(std::move(token)), ask_health_(std::move(ask_health)) {}

  Status Listen(const MetricsServerOptions& options) {
    HttpServerOptions wanted;
    wanted.address = options.address;
    wanted.port = options.port.value_or(0);
    auto server = HttpServer::Start(std::move(wanted), [this](const HttpRequest& request) { return Answer(request); });
    if (!server) {
      return Fail(ErrorKind::kUnavailable,
                  "cannot serve metrics at {}:{}: the address is not of this machine or the port is taken ({}); choose "
                  "another with --metrics-address or --metrics-port",
                  options.address, options.port.value_or(0), server.error().message);
    }
    server_ = *std::move(server);
    return {};
  }

  int port() const override { return server_->port(); }

 private:
  HttpReply Answer(const HttpRequest& request) const {
    const bool may_ask = token_.empty() || Bears(request, token_);
    if (request.path != "/health" && !may_ask) {
      return {401,
              "text/plain",
              "send the token of metrics.token as \"Authorization: Bearer TOKEN\"\n",
              {{"WWW-Authenticate", "Bearer realm=\"frazil\""}}};
    }
    if (request.path != "/health" && request.path != "/metrics") {
      return {404, "text/plain", "here are /metrics and /health\n"};
    }
    if (request.method != "GET" && request.method != "HEAD") {
      return {405, "text/plain", "it can be read only\n", {{"Allow", "GET, HEAD"}}};
    }
    return request.path == "/metrics" ? HttpReply{200, metrics::kContentType, metrics::Expose()} : HealthOf(may_ask);
  }

  HttpReply HealthOf(bool in_detail) const {
    using Json = nlohmann::ordered_json;
    using State = Health::State;
    const Health health = ask_health_();
    const char* const state = health.state == State::kOk       ? "ok"
                              : health.state == State::kFailed ? "failed"
                                                               : "retrying";
    Json body = {{"status", state}};
    if (health.state != State::kOk && in_detail) body["error"] = health.error;
    return {health.state == State::kFailed ? 503 : 200, "application/json",
            body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"};
  }

  const Secret token_;
  const AskHealth ask_health_;
  std::unique_ptr<HttpServer> server_;
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

Result<std::unique_ptr<MetricsServer>> MetricsServer::Start(const MetricsServerOptions& options, AskHealth ask_health) {
  FRAZIL_RETURN_IF_ERROR(CheckAccess(options));
  auto server = std::make_unique<HttpMetricsServer>(options.token, std::move(ask_health));
  FRAZIL_RETURN_IF_ERROR(server->Listen(options));
  return server;
}

}  // namespace frazil::serve
