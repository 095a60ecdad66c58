#include "source/kafka/native/protocol.h"

#include <algorithm>

namespace frazil::source::kafka {
namespace {

constexpr int16_t kFetchWithoutReplicaId = 15;
constexpr int16_t kMetadataWithTopicIds = 10;
constexpr int16_t kMetadataWithoutClusterOperations = 11;

Status Whole(const WireReader& reader, std::string_view what) {
  if (!reader.ok()) return Fail(ErrorKind::kCorrupt, "the broker's answer to {} breaks the protocol", what);
  return {};
}

// Calls read(reader) for each element of a compact array.
template <class Read>
void Each(WireReader& reader, Read read) {
  for (size_t left = reader.CompactCount(); left > 0 && reader.ok(); --left) read();
}

}  // namespace

VersionRange SpokenVersions(Api api) {
  switch (api) {
    case Api::kFetch:
      return {12, 17};
    case Api::kMetadata:
      return {9, 12};
    case Api::kSaslHandshake:
      return {1, 1};
    case Api::kApiVersions:
      return {3, 3};
    case Api::kSaslAuthenticate:
      return {2, 2};
  }
  return {};
}

std::string RequestHeader(Api api, int16_t version, int32_t correlation_id, std::string_view client_id) {
  WireWriter writer;
  writer.Int16(static_cast<int16_t>(api));
  writer.Int16(version);
  writer.Int32(correlation_id);
  writer.String(client_id);
  if (api != Api::kSaslHandshake) writer.NoTags();  // SaslHandshake has no flexible version
  return writer.Take();
}

std::string ApiVersionsRequest() {
  WireWriter writer;
  writer.Compact("frazil");
  writer.Compact("1");
  writer.NoTags();
  return writer.Take();
}

Result<ApiVersions> ReadApiVersions(std::string_view body) {
  WireReader reader(body);
  ApiVersions answer;
  answer.error = reader.Int16();
  if (answer.error != 0) return answer;  // the rest has the layout of another version
  Each(reader, [&] {
    const int16_t api = reader.Int16();
    const int16_t least = reader.Int16();
    answer.apis.push_back({api, {least, reader.Int16()}});
    reader.SkipTags();
  });
  FRAZIL_RETURN_IF_ERROR(Whole(reader, "ApiVersions"));
  return answer;
}

int16_t ApiVersions::Common(Api api) const {
  for (const auto& [id, range] : apis) {
    if (id != static_cast<int16_t>(api)) continue;
    const VersionRange ours = SpokenVersions(api);
    const int16_t most = std::min(range.most, ours.most);
    return most >= std::max(range.least, ours.least) ? most : int16_t{-1};
  }
  return -1;
}

std::string MetadataRequest(int16_t version, const std::vector<std::string>& topics) {
  WireWriter writer;
  writer.CompactCount(topics.size());
  for (const std::string& topic : topics) {
    if (version >= kMetadataWithTopicIds) writer.Uuid({});
    writer.Compact(topic);
    writer.NoTags();
  }
  writer.Bool(false);                                                   // create the topics
  if (version < kMetadataWithoutClusterOperations) writer.Bool(false);  // what we may do with the cluster
  writer.Bool(false);                                                   // what we may do with the topics
  writer.NoTags();
  return writer.Take();
}

Result<Metadata> ReadMetadata(int16_t version, std::string_view body) {
  WireReader reader(body);
  const auto skip_numbers = [&] { Each(reader, [&] { reader.Int32(); }); };
  Metadata answer;
  reader.SkipTags();  // of the header
  reader.Int32();     // throttled for
  Each(reader, [&] {
    auto& broker = answer.brokers.emplace_back();
    broker.id = reader.Int32();
    broker.host = reader.Compact();
    broker.port = reader.Int32();
    reader.Compact();  // rack
    reader.SkipTags();
  });
  reader.Compact();  // cluster id
  reader.Int32();    // controller
  Each(reader, [&] {
    auto& topic = answer.topics.emplace_back();
    topic.error = reader.Int16();
    topic.name = reader.Compact();
    if (version >= kMetadataWithTopicIds) topic.id = reader.Uuid();
    reader.Int8();  // internal
    Each(reader, [&] {
      auto& partition = topic.partitions.emplace_back();
      partition.error = reader.Int16();
      partition.id = reader.Int32();
      partition.leader = reader.Int32();
      partition.leader_epoch = reader.Int32();
      skip_numbers();  // replicas
      skip_numbers();  // in sync
      skip_numbers();  // off line
      reader.SkipTags();
    });
    reader.Int32();  // what we may do
    reader.SkipTags();
  });
  FRAZIL_RETURN_IF_ERROR(Whole(reader, "Metadata"));
  return answer;
}

std::string WriteFetchRequest(int16_t version, const FetchRequest& request) {
  const bool by_id = version >= kFetchWithTopicIds;
  WireWriter writer;
  if (version < kFetchWithoutReplicaId) writer.Int32(-1);
  writer.Int32(request.max_wait_ms);
  writer.Int32(request.min_bytes);
  writer.Int32(request.max_bytes);
  writer.Int8(request.read_committed ? 1 : 0);
  writer.Int32(0);   // no session
  writer.Int32(-1);  // and none wanted
  const auto& partitions = request.partitions;
  const auto topic_end = [&](size_t begin) {
    size_t end = begin;
    while (end < partitions.size() && partitions[end].topic == partitions[begin].topic) ++end;
    return end;
  };
  size_t topics = 0;
  for (size_t at = 0; at < partitions.size(); at = topic_end(at)) ++topics;
  writer.CompactCount(topics);
  for (size_t at = 0; at < partitions.size();) {
    const size_t end = topic_end(at);
    if (by_id) {
      writer.Uuid(partitions[at].topic_id);
    } else {
      writer.Compact(partitions[at].topic);
    }
    writer.CompactCount(end - at);
    for (; at < end; ++at) {
      const auto& one = partitions[at];
      writer.Int32(one.partition);
      writer.Int32(one.leader_epoch);
      writer.Int64(one.offset);
      writer.Int32(one.last_fetched_epoch);
      writer.Int64(-1);  // the log's start: followers tell it
      writer.Int32(one.max_bytes);
      writer.NoTags();
    }
    writer.NoTags();
  }
  writer.CompactCount(0);  // partitions to forget from a session
  writer.Compact(request.rack);
  writer.NoTags();
  return writer.Take();
}

Result<FetchResponse> ReadFetchResponse(int16_t version, std::string_view body, bool is_cut) {
  constexpr uint32_t kDivergingEpoch = 0;
  WireReader reader(body);
  FetchResponse answer;
  reader.SkipTags();  // of the header
  answer.throttle_ms = reader.Int32();
  answer.error = reader.Int16();
  reader.Int32();  // session
  Each(reader, [&] {
    std::string_view topic;
    TopicId topic_id{};
    if (version >= kFetchWithTopicIds) {
      topic_id = reader.Uuid();
    } else {
      topic = reader.Compact();
    }
    Each(reader, [&] {
      auto& one = answer.partitions.emplace_back();
      one.topic = topic;
      one.topic_id = topic_id;
      one.partition = reader.Int32();
      one.error = reader.Int16();
      one.high_watermark = reader.Int64();
      reader.Int64();  // last stable offset: the batches end there
      one.log_start = reader.Int64();
      Each(reader, [&] {
        AbortedTransaction aborted;
        aborted.producer_id = reader.Int64();
        aborted.first_offset = reader.Int64();
        one.aborted.push_back(aborted);
        reader.SkipTags();
      });
      one.preferred_replica = reader.Int32();
      one.batches = is_cut ? reader.CompactFront(one.is_cut) : reader.Compact();
      reader.Tags([&](uint32_t tag, WireReader& value) {
        if (tag != kDivergingEpoch) return;
        value.Int32();  // the epoch
        one.diverged_at = value.Int64();
      });
    });
    reader.SkipTags();
  });
  reader.SkipTags();
  if (is_cut && !answer.partitions.empty() && answer.partitions.back().is_cut) return answer;
  FRAZIL_RETURN_IF_ERROR(Whole(reader, "Fetch"));
  return answer;
}

std::string SaslHandshakeRequest(std::string_view mechanism) {
  WireWriter writer;
  writer.String(mechanism);
  return writer.Take();
}

Result<SaslHandshake> ReadSaslHandshake(std::string_view body) {
  WireReader reader(body);
  SaslHandshake answer;
  answer.error = reader.Int16();
  for (size_t left = reader.Count(); left > 0 && reader.ok(); --left) answer.mechanisms.emplace_back(reader.String());
  FRAZIL_RETURN_IF_ERROR(Whole(reader, "SaslHandshake"));
  return answer;
}

std::string SaslAuthenticateRequest(std::string_view bytes) {
  WireWriter writer;
  writer.Compact(bytes);
  writer.NoTags();
  return writer.Take();
}

Result<SaslAuthenticate> ReadSaslAuthenticate(std::string_view body) {
  WireReader reader(body);
  SaslAuthenticate answer;
  reader.SkipTags();  // of the header
  answer.error = reader.Int16();
  answer.message = reader.Compact();
  answer.bytes = reader.Compact();
  answer.lifetime_ms = reader.Int64();
  FRAZIL_RETURN_IF_ERROR(Whole(reader, "SaslAuthenticate"));
  return answer;
}

}  // namespace frazil::source::kafka
