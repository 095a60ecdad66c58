// Writers' schemas by their ids, from a registry that speaks Confluent's API.
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
  std::string url;  // "https://registry:8081", with the path that its API stands under
  std::string username;
  Secret password;
  Secret token;             // a bearer token, instead of these two
  std::string ca_location;  // PEM; empty: the system's
};

// Payloads that name their schema begin with a zero byte and its id, four bytes, the highest first (Confluent's wire
// format). `payload` is what stands behind them.
struct FramedPayload {
  uint32_t schema_id = 0;
  std::string_view payload;
};
std::optional<FramedPayload> ReadFrame(std::string_view value);

// Thread-safe: one serves all lanes. A schema is asked for once: an id never changes what it stands for.
class SchemaRegistry {
 public:
  explicit SchemaRegistry(SchemaRegistryOptions options, Clock& clock = Clock::System());

  // What a payload of this id is to be read with; or why it cannot be, which the registry itself has said.
  struct Answer {
    avro::SchemaPtr schema;  // null: `why`
    std::string why;
  };
  // Waits for a registry that is down, or busy, for as long as that lasts: what it would say is no fault of any record.
  // kCancelled where the thread is asked to stop (StopScope), kUnauthorized and kInvalidArgument where waiting would
  // not help: what answers does not let us in, or is no registry.
  Result<Answer> Find(uint32_t id);

  // Whether it answers and lets us in, as Find fails; and kUnavailable where that would wait.
  Status Try();

  std::string ToString() const { return http::PrintableUrl(options_.url); }

 private:
  Result<Answer> Ask(uint32_t id);
  Result<Answer> AskOnce(uint32_t id);  // kUnavailable: it may be that this passes

  const SchemaRegistryOptions options_;
  Clock& clock_;
  http::HttpClient http_;
  std::mutex asking_;  // one question at a time: lanes that meet a new schema meet it together
  std::mutex mutex_;
  std::map<uint32_t, Answer> known_;                                     // guarded by mutex_
  std::map<uint32_t, std::chrono::steady_clock::time_point> forget_at_;  // of those without a schema; likewise
};

}  // namespace frazil::decode
