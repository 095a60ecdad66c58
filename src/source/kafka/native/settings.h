// What the native fetch path needs to know, read from librdkafka's own keys, so that both doors are set the same way.
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
  std::string ca_file;  // PEM; empty: the system's. Also a directory
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
  // OAUTHBEARER: a token from an OAuth2 server (client credentials), or an unsecured one that we make ourselves.
  std::string token_url;
  std::string client_id;
  Secret client_secret;
  std::string scope;
  std::string extensions;         // "key=value,…"
  std::string unsecured_subject;  // set: no server is asked
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
  size_t max_answer_bytes = 100'000'000;  // of a larger one only the front is kept

  bool read_committed = true;
  bool want_headers = false;
  bool check_crcs = true;
  int32_t max_wait_ms = 100;
  int32_t min_bytes = 1;
  int32_t max_bytes = 0;            // of one answer; a single larger record batch comes all the same
  int32_t max_partition_bytes = 0;  // of those of one partition in it
  size_t max_record_bytes = 0;      // longer ones are left out
  size_t max_batch_bytes = 0;       // of records, unpacked, that are given out together
  int64_t queue_bytes = 0;          // fetched, on their way or waiting
};

// kUnsupported: names what only librdkafka does.
Result<FetchSettings> ReadFetchSettings(const Options& options);

// Where `properties` ask for tokens by client credentials, in a way that http/oauth2.h knows; else nullopt.
std::optional<SaslSettings> ReadTokenSettings(const std::map<std::string, std::string>& properties);

}  // namespace frazil::source::kafka
