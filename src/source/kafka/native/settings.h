// Settings of the native fetch path. They are read from librdkafka's own keys, so that one configuration serves both
// fetch paths.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "common/secret.h"
#include "source/kafka/options.h"

namespace frazil::source::kafka {

struct Endpoint {
  std::string host;
  int port = 9092;
  std::string ToString() const;
  bool operator==(const Endpoint&) const = default;
};

struct TlsSettings {
  std::string ca_file;  // a PEM file or a directory; empty: the system's certificates
  std::string ca_pem;
  std::string certificate_file;
  std::string certificate_pem;
  std::string key_file;
  Secret key_pem;
  Secret key_password;
  bool verify = true;
  bool check_host_name = true;
};

struct SaslSettings {
  enum class Mechanism : uint8_t { kPlain, kScramSha256, kScramSha512, kOauthBearer } mechanism = Mechanism::kPlain;
  std::string user;
  Secret password;
  // For OAUTHBEARER. The token comes from an OAuth2 server (client credentials), or is an unsecured one that we make
  // ourselves.
  std::string token_url;
  std::string client_id;
  Secret client_secret;
  std::string scope;
  std::string extensions;         // "key=value,…"
  std::string unsecured_subject;  // if set, no server is asked
};
std::string_view ToString(SaslSettings::Mechanism mechanism);

struct FetchSettings {
  std::vector<Endpoint> bootstrap;
  std::string client_id;
  std::string rack;
  std::optional<TlsSettings> tls;
  std::optional<SaslSettings> sasl;
  int address_family = 0;  // AF_UNSPEC
  std::chrono::milliseconds connect_timeout{30'000};
  std::chrono::milliseconds request_timeout{60'000};
  std::chrono::milliseconds metadata_age{30'000};
  size_t max_answer_bytes = 100'000'000;  // of a larger answer only the beginning is kept

  bool read_committed = true;
  bool want_headers = false;
  bool check_crcs = true;
  int32_t max_wait_ms = 100;
  int32_t min_bytes = 1;
  int32_t max_bytes = 0;            // limits one answer; a single larger record batch is sent anyway
  int32_t max_partition_bytes = 0;  // limits the records of one partition in an answer
  size_t max_record_bytes = 0;      // longer records are left out
  size_t max_batch_bytes = 0;       // limits the decompressed records of one RecordBatch
  int64_t queue_bytes = 0;          // limits the records that are requested or wait for Poll
};

// kUnsupported if only librdkafka supports a setting, which the message names.
Result<FetchSettings> ReadFetchSettings(const Options& options);

// The SASL settings, if `properties` ask for tokens by client credentials in a way that http/oauth2.h supports; else
// nullopt.
std::optional<SaslSettings> ReadTokenSettings(const std::map<std::string, std::string>& properties);

}  // namespace frazil::source::kafka
