// The messages of Kafka's protocol that fetching needs (kafka.apache.org/protocol), in the versions of SpokenVersions.
// Functions that read are kCorrupt for malformed bytes. Requests are bodies without the header, unless they say
// otherwise.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"
#include "source/kafka/native/record_batch.h"
#include "source/kafka/native/wire.h"

namespace frazil::source::kafka {

enum class Api : int16_t { kFetch = 1, kMetadata = 3, kSaslHandshake = 17, kApiVersions = 18, kSaslAuthenticate = 36 };

struct VersionRange {
  int16_t least = 0;
  int16_t most = -1;
};
// The versions that this code supports. Brokers older than Kafka 2.7 are left to librdkafka.
VersionRange SpokenVersions(Api api);

// Those error codes of a broker that fetching must tell apart. Librdkafka uses the same numbers.
enum class ErrorCode : int16_t {
  kNone = 0,
  kOffsetOutOfRange = 1,
  kUnknownTopicOrPartition = 3,
  kUnsupportedVersion = 35,
  kUnknownTopicId = 100,
  kInconsistentTopicId = 103,
};

// From this version on, Fetch identifies topics by id.
constexpr int16_t kFetchWithTopicIds = 13;

// The header of a request. The connection sends the size, then the header, then the body.
std::string RequestHeader(Api api, int16_t version, int32_t correlation_id, std::string_view client_id);

std::string ApiVersionsRequest();
struct ApiVersions {
  int16_t error = 0;
  std::vector<std::pair<int16_t, VersionRange>> apis;
  // The newest version that both sides support; -1 if there is none.
  int16_t Common(Api api) const;
};
Result<ApiVersions> ReadApiVersions(std::string_view body);

std::string MetadataRequest(int16_t version, const std::vector<std::string>& topics);
struct Metadata {
  struct Broker {
    int32_t id = -1;
    std::string host;
    int32_t port = 0;
  };
  struct Partition {
    int16_t error = 0;
    int32_t id = 0;
    int32_t leader = -1;
    int32_t leader_epoch = -1;
  };
  struct Topic {
    int16_t error = 0;
    std::string name;
    TopicId id{};  // all zeros before Kafka 2.8
    std::vector<Partition> partitions;
  };
  std::vector<Broker> brokers;
  std::vector<Topic> topics;
};
Result<Metadata> ReadMetadata(int16_t version, std::string_view body);

struct FetchRequest {
  struct Partition {
    std::string_view topic;
    TopicId topic_id{};
    int32_t partition = 0;
    int32_t leader_epoch = -1;  // the epoch of the leader as we know it; a broker with another epoch refuses
    int64_t offset = 0;
    // the epoch of the record before `offset`; the broker says if its log differs there
    int32_t last_fetched_epoch = -1;
    int32_t max_bytes = 0;
  };
  int32_t max_wait_ms = 0;
  int32_t min_bytes = 1;
  int32_t max_bytes = 0;
  bool read_committed = true;
  std::string_view rack;
  std::vector<Partition> partitions;  // partitions of one topic must be neighbours
};
std::string WriteFetchRequest(int16_t version, const FetchRequest& request);

struct FetchResponse {
  struct Partition {
    std::string_view topic;  // set below version 13
    TopicId topic_id{};      // set from version 13 on
    int32_t partition = 0;
    int16_t error = 0;
    int64_t high_watermark = -1;
    int64_t log_start = -1;
    std::vector<AbortedTransaction> aborted;
    int32_t preferred_replica = -1;
    int64_t diverged_at = -1;  // if not -1, the broker's log was truncated, and our last epoch ends here
    std::string_view batches;
    bool is_cut = false;  // `batches` is incomplete: it is the beginning of the first batch
  };
  int32_t throttle_ms = 0;
  int16_t error = 0;
  std::vector<Partition> partitions;
};
// The result holds views into `body`. If `is_cut`, `body` is only the beginning of an answer; then the batches of the
// last partition in it are incomplete.
Result<FetchResponse> ReadFetchResponse(int16_t version, std::string_view body, bool is_cut = false);

std::string SaslHandshakeRequest(std::string_view mechanism);
struct SaslHandshake {
  int16_t error = 0;
  std::vector<std::string> mechanisms;  // the mechanisms that the broker offers
};
Result<SaslHandshake> ReadSaslHandshake(std::string_view body);

std::string SaslAuthenticateRequest(std::string_view bytes);
struct SaslAuthenticate {
  int16_t error = 0;
  std::string message;
  std::string bytes;
  int64_t lifetime_ms = 0;  // how long the authentication is valid; 0: without end
};
Result<SaslAuthenticate> ReadSaslAuthenticate(std::string_view body);

}  // namespace frazil::source::kafka
