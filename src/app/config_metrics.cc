// `metrics`: where /metrics and /health are served.
#include "app/config_sections.h"

namespace frazil::app {
namespace {

void CheckMetrics(YamlMap& metrics, serve::MetricsServerOptions& options) {
  const bool token = metrics.Has("token");
  if (token && !metrics.Sound("token")) return;
  // An empty one would be taken for none, and let everybody in.
  if (token && options.token.empty()) {
    metrics.Add("token", "is empty; give it a value or leave the key out");
  } else if (const Status allowed = serve::CheckAccess(options); !allowed) {
    metrics.Add(token ? "token" : "address", allowed.error().message);
  }
}

}  // namespace

const Section<serve::MetricsServerOptions>& MetricsKeys() {
  using serve::MetricsServerOptions;
  static const auto keys = Section<MetricsServerOptions>("serve")
                               .Whole("port", &MetricsServerOptions::port, {0, 65535}, "0 takes one that is free")
                               .Required("where /metrics and /health are served; 0 takes one that is free")
                               .Text("address", &MetricsServerOptions::address,
                                     "one that other machines reach wants a token, [see there](security.md#ports)")
                               .Text("token", &MetricsServerOptions::token, "what `/metrics` is read with")
                               .Rule(CheckMetrics);
  return keys;
}

}  // namespace frazil::app
