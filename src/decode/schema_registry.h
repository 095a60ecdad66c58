// Fetches writers' schemas by id, from a registry with Confluent's API.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "avro/schema.h"
#include "common/result.h"
#include "common/secret.h"
#include "common/time/clock.h"
#include "http/http_client.h"

namespace frazil::decode {

struct SchemaRegistryOptions {
  std::string url;  // "https://registry:8081", with the path of its API if there is one
  std::string username;
  Secret password;
  Secret token;             // a bearer token, instead of user name and password
  std::string ca_location;  // PEM file; empty: the system's certificates
};

// A payload in Confluent's wire format: a zero byte, the schema's id (four bytes, big-endian), and the payload proper.
struct FramedPayload {
  uint32_t schema_id = 0;
  std::string_view payload;
};
// nullopt if `value` does not have this form.
std::optional<FramedPayload> ReadFrame(std::string_view value);

// Thread-safe: one object serves all lanes. Each schema is fetched once, because the meaning of an id never changes.
class SchemaRegistry {
 public:
  explicit SchemaRegistry(SchemaRegistryOptions options, Clock& clock = Clock::System());

  // The schema of an id, or the registry's own reason why there is none.
  struct Answer {
    avro::SchemaPtr schema;  // null if there is none; `why` says why
    std::string why;
  };
  // Returns the schema of `id`. Waits as long as the registry is down or busy, because that is no fault of any record.
  // kCancelled if the thread is asked to stop (StopScope). kUnauthorized or kInvalidArgument if waiting would not help:
  // the server rejects us, or is not a registry.
  Result<Answer> Find(uint32_t id);

  // Checks that the registry answers and accepts us. Errors as Find's; kUnavailable where Find would wait.
  Status Try();

  std::string ToString() const { return http::PrintableUrl(options_.url); }

 private:
  Result<Answer> Ask(uint32_t id);
  Result<Answer> AskOnce(uint32_t id);  // kUnavailable: it may pass

  const SchemaRegistryOptions options_;
  Clock& clock_;
  http::HttpClient http_;
  std::mutex asking_;  // one request at a time, because lanes meet a new schema at the same time
  std::mutex mutex_;
  std::map<uint32_t, Answer> known_;  // guarded by mutex_
  // when to forget ids without a schema; guarded by mutex_
  std::map<uint32_t, std::chrono::steady_clock::time_point> forget_at_;
};

}  // namespace frazil::decode
