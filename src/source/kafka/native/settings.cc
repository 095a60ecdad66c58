#include "source/kafka/native/settings.h"

#include <sys/socket.h>

#include <algorithm>
#include <charconv>

#include "common/text/ascii_case.h"
#include "common/text/trim.h"

namespace frazil::source::kafka {
namespace {

constexpr int64_t kLeastAnswer = 1 << 20;
constexpr int64_t kMostAnswer = 8 << 20;
constexpr int64_t kPartitionAnswer = 2 << 20;
constexpr int64_t kLeastBatch = 1 << 20;
constexpr int64_t kMostBatch = 4 << 20;

// Reads the user's properties. Librdkafka has already checked their values.
class Keys {
 public:
  explicit Keys(const std::map<std::string, std::string>& properties) : properties_(properties) {}

  // The value of the first of `names` that is set.
  std::string Text(std::initializer_list<const char*> names) const {
    for (const char* name : names) {
      if (const auto found = properties_.find(name); found != properties_.end()) return found->second;
    }
    return {};
  }
  int64_t Number(std::initializer_list<const char*> names, int64_t otherwise) const {
    const std::string text = Text(names);
    int64_t value = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  }
  std::chrono::milliseconds Millis(std::initializer_list<const char*> names,
                                   std::chrono::milliseconds otherwise) const {
    return std::chrono::milliseconds(Number(names, otherwise.count()));
  }
  bool Yes(const char* name, bool otherwise) const {
    const std::string text = Lower(Text({name}));
    return text.empty() ? otherwise : text == "true" || text == "t" || text == "1";
  }

 private:
  const std::map<std::string, std::string>& properties_;
};

// The first property that only librdkafka supports; empty if there is none.
std::string_view OnlyLibrdkafkas(const std::map<std::string, std::string>& properties) {
  constexpr std::string_view kPrefixes[] = {"ssl.keystore.",
                                            "ssl.engine.",
                                            "ssl.providers",
                                            "ssl.cipher.suites",
                                            "ssl.curves.",
                                            "ssl.sigalgs.",
                                            "ssl.crl.",
                                            "ssl_",
                                            "sasl.kerberos",
                                            "client.dns.lookup",
                                            "socket.nagle",
                                            "plugin.library.paths",
                                            "sasl.oauthbearer.metadata",
                                            "sasl.oauthbearer.assertion",
                                            "sasl.oauthbearer.grant.type",
                                            "https.ca."};
  for (const auto& [key, value] : properties) {
    for (const std::string_view prefix : kPrefixes) {
      if (key.starts_with(prefix)) return key;
    }
  }
  return {};
}

std::vector<Endpoint> ReadEndpoints(const std::string& brokers) {
  std::vector<Endpoint> endpoints;
  for (size_t at = 0; at < brokers.size();) {
    const size_t end = std::min(brokers.find(',', at), brokers.size());
    std::string one(Trim(std::string_view(brokers).substr(at, end - at)));
    at = end + 1;
    if (const size_t scheme = one.find("://"); scheme != one.npos) one.erase(0, scheme + 3);
    if (one.empty()) continue;
    Endpoint endpoint;
    const size_t colon = one.rfind(':');
    // A bare IPv6 address has several colons and no bracket, so no port follows its last colon.
    if (colon != one.npos && (one.find(':') == colon || one[colon - 1] == ']')) {
      std::from_chars(one.data() + colon + 1, one.data() + one.size(), endpoint.port);
      one.erase(colon);
    }
    if (one.starts_with('[') && one.ends_with(']')) one = one.substr(1, one.size() - 2);
    endpoint.host = std::move(one);
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

TlsSettings ReadTls(const Keys& keys) {
  TlsSettings tls;
  tls.ca_file = keys.Text({"ssl.ca.location"});
  if (Lower(tls.ca_file) == "probe") tls.ca_file.clear();
  tls.ca_pem = keys.Text({"ssl.ca.pem"});
  tls.certificate_file = keys.Text({"ssl.certificate.location"});
  tls.certificate_pem = keys.Text({"ssl.certificate.pem"});
  tls.key_file = keys.Text({"ssl.key.location"});
  tls.key_pem = keys.Text({"ssl.key.pem"});
  tls.key_password = keys.Text({"ssl.key.password"});
  tls.verify = keys.Yes("enable.ssl.certificate.verification", true);
  tls.check_host_name = Lower(keys.Text({"ssl.endpoint.identification.algorithm"})) != "none";
  return tls;
}

Result<SaslSettings> ReadSasl(const Keys& keys) {
  using Mechanism = SaslSettings::Mechanism;
  const std::string name = keys.Text({"sasl.mechanism", "sasl.mechanisms"});
  SaslSettings sasl;
  for (const auto mechanism :
       {Mechanism::kPlain, Mechanism::kScramSha256, Mechanism::kScramSha512, Mechanism::kOauthBearer}) {
    if (ToString(mechanism) != name) continue;
    sasl.mechanism = mechanism;
    sasl.user = keys.Text({"sasl.username"});
    sasl.password = keys.Text({"sasl.password"});
    if (mechanism != Mechanism::kOauthBearer) return sasl;
    sasl.client_id = keys.Text({"sasl.oauthbearer.client.id", "sasl.oauthbearer.client.credentials.client.id"});
    sasl.client_secret =
        keys.Text({"sasl.oauthbearer.client.secret", "sasl.oauthbearer.client.credentials.client.secret"});
    sasl.token_url = keys.Text({"sasl.oauthbearer.token.endpoint.url"});
    sasl.scope = keys.Text({"sasl.oauthbearer.scope"});
    sasl.extensions = keys.Text({"sasl.oauthbearer.extensions"});
    if (keys.Yes("enable.sasl.oauthbearer.unsecure.jwt", false)) {
      constexpr std::string_view kPrincipal = "principal=";
      const std::string config = keys.Text({"sasl.oauthbearer.config"});
      const size_t at = config.find(kPrincipal);
      if (at != config.npos) {
        const size_t begin = at + kPrincipal.size();
        sasl.unsecured_subject = config.substr(begin, config.find_first_of(" ,", begin) - begin);
      }
    }
    if (sasl.unsecured_subject.empty() && sasl.token_url.empty()) {
      return Fail(ErrorKind::kUnsupported, "OAUTHBEARER without sasl.oauthbearer.token.endpoint.url");
    }
    return sasl;
  }
  return Fail(ErrorKind::kUnsupported, "sasl.mechanism {}", name.empty() ? "GSSAPI" : name);
}

}  // namespace

std::string Endpoint::ToString() const {
  return host.find(':') == host.npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

std::string_view ToString(SaslSettings::Mechanism mechanism) {
  switch (mechanism) {
    case SaslSettings::Mechanism::kPlain:
      return "PLAIN";
    case SaslSettings::Mechanism::kScramSha256:
      return "SCRAM-SHA-256";
    case SaslSettings::Mechanism::kScramSha512:
      return "SCRAM-SHA-512";
    case SaslSettings::Mechanism::kOauthBearer:
      return "OAUTHBEARER";
  }
  return "";
}

std::optional<SaslSettings> ReadTokenSettings(const std::map<std::string, std::string>& properties) {
  const Keys keys(properties);
  if (Lower(keys.Text({"sasl.oauthbearer.method"})) != "oidc") return std::nullopt;
  for (const char* ours : {"grant.type", "assertion", "metadata"}) {
    const std::string prefix = fmt::format("sasl.oauthbearer.{}", ours);
    const auto found = properties.lower_bound(prefix);
    if (found != properties.end() && found->first.starts_with(prefix)) return std::nullopt;
  }
  const auto sasl = ReadSasl(keys);
  if (!sasl || sasl->mechanism != SaslSettings::Mechanism::kOauthBearer || sasl->token_url.empty()) return std::nullopt;
  if (!sasl->unsecured_subject.empty()) return std::nullopt;
  return *sasl;
}

Result<FetchSettings> ReadFetchSettings(const Options& options) {
  if (const std::string_view key = OnlyLibrdkafkas(options.properties); !key.empty()) {
    return Fail(ErrorKind::kUnsupported, "{}", key);
  }
  const Keys keys(options.properties);
  FetchSettings settings;
  settings.bootstrap = ReadEndpoints(options.brokers);
  settings.client_id = keys.Text({"client.id"});
  if (settings.client_id.empty()) settings.client_id = "frazil";
  settings.rack = keys.Text({"client.rack"});
  const std::string protocol = Lower(keys.Text({"security.protocol"}));
  if (protocol.ends_with("ssl")) settings.tls = ReadTls(keys);
  if (protocol.starts_with("sasl")) {
    FRAZIL_ASSIGN_OR_RETURN(settings.sasl, ReadSasl(keys));
  }
  const std::string family = Lower(keys.Text({"broker.address.family"}));
  settings.address_family = family == "v4" ? AF_INET : family == "v6" ? AF_INET6 : AF_UNSPEC;
  settings.connect_timeout = keys.Millis({"socket.connection.setup.timeout.ms"}, settings.connect_timeout);
  settings.request_timeout = keys.Millis({"socket.timeout.ms"}, settings.request_timeout);
  settings.metadata_age = keys.Millis({"topic.metadata.refresh.interval.ms"}, settings.metadata_age);
  const auto most_received = static_cast<int64_t>(settings.max_answer_bytes);
  settings.max_answer_bytes = static_cast<size_t>(
      std::min(keys.Number({"receive.message.max.bytes"}, most_received), options.max_answer_bytes));
  settings.max_record_bytes = static_cast<size_t>(options.max_record_bytes);

  settings.read_committed = options.read_committed;
  settings.want_headers = options.want_headers;
  settings.check_crcs = keys.Yes("check.crcs", true);
  settings.queue_bytes = options.queue_bytes;
  settings.max_wait_ms = static_cast<int32_t>(keys.Number({"fetch.wait.max.ms"}, settings.max_wait_ms));
  settings.min_bytes = static_cast<int32_t>(keys.Number({"fetch.min.bytes"}, settings.min_bytes));
  // A quarter: with two brokers, each may have one answer on the way and one being parsed or waiting.
  const int64_t answer = std::clamp(options.queue_bytes / 4, kLeastAnswer, kMostAnswer);
  settings.max_bytes = static_cast<int32_t>(keys.Number({"fetch.max.bytes"}, answer));
  settings.max_batch_bytes = static_cast<size_t>(std::clamp(options.queue_bytes / 4, kLeastBatch, kMostBatch));
  settings.max_partition_bytes = static_cast<int32_t>(
      keys.Number({"max.partition.fetch.bytes", "fetch.message.max.bytes"}, std::min(answer, kPartitionAnswer)));
  return settings;
}

}  // namespace frazil::source::kafka
