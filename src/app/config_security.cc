// `security:` of a Kafka source: a plain spelling of librdkafka's own keys; `properties:` may hold any other of them.
#include <fmt/format.h>

#include <algorithm>

#include "app/config_sections.h"
#include "common/text/ascii_case.h"

namespace frazil::app {
namespace {

using Properties = std::map<std::string, std::string>;

void Set(const Key& key, const std::string& property, const std::string& value, YamlMap& security,
         Properties& properties) {
  if (properties.emplace(property, value).second) return;
  security.Add(key.name, fmt::format("stands in properties as \"{}\" too; keep one of them", property));
}

Section<Properties>::Reader Property(const char* property) {
  return [property](const Key& key, YamlMap& security, Properties& properties) {
    if (const auto text = security.Text(key.name)) Set(key, property, *text, security, properties);
  };
}

Section<Properties>::Reader WordInAnyCase(const char* property) {
  return [property](const Key& key, YamlMap& security, Properties& properties) {
    const auto text = security.Text(key.name);
    if (!text) return;
    const std::string upper = Upper(*text);
    if (std::find(key.words.begin(), key.words.end(), upper) == key.words.end()) {
      return security.Add(key.name, fmt::format("expected one of {}", fmt::join(key.words, ", ")));
    }
    Set(key, property, upper, security, properties);
  };
}

}  // namespace

const Section<Properties>& SecurityKeys() {
  static const auto keys =
      Section<Properties>("source")
          .Add({.name = "protocol",
                .about = "librdkafka's `security.protocol`",
                .fallback = "PLAINTEXT",
                .words = {"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"},
                .any_case = true},
               WordInAnyCase("security.protocol"))
          .Add({.name = "mechanism",
                .about = "`sasl.mechanism`",
                .words = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER", "GSSAPI"},
                .any_case = true},
               WordInAnyCase("sasl.mechanism"))
          .Add({.name = "username", .about = "`sasl.username`"}, Property("sasl.username"))
          .Add({.name = "password", .about = "`sasl.password`"}, Property("sasl.password"))
          .Add({.name = "ca_location", .about = "a file or folder of PEM: `ssl.ca.location`"},
               Property("ssl.ca.location"))
          .Add({.name = "certificate_location", .about = "of the client: `ssl.certificate.location`"},
               Property("ssl.certificate.location"))
          .Add({.name = "key_location", .about = "of the client: `ssl.key.location`"}, Property("ssl.key.location"))
          .Add({.name = "key_password", .about = "of that key: `ssl.key.password`"}, Property("ssl.key.password"));
  return keys;
}

}  // namespace frazil::app
