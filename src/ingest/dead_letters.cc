#include "ingest/dead_letters.h"

#include <fmt/format.h>

#include <algorithm>

namespace frazil::ingest {

DeadLetters::DeadLetters(std::unique_ptr<source::Producer> producer, const PipelineOptions& options)
    : topic_(options.sink.dead_letter_topic),
      pipeline_(options.name),
      table_(options.sink.table.ToString()),
      producer_(std::move(producer)) {}

Result<std::unique_ptr<DeadLetters>> DeadLetters::Open(source::Topics* topics,
                                                       const std::vector<record::StreamId>& streams,
                                                       const PipelineOptions& options) {
  const std::string& topic = options.sink.dead_letter_topic;
  if (topics == nullptr) {
    return Fail(ErrorKind::kInvalidArgument,
                "dead_letter_topic '{}': this kind of source has no topics; say on_bad_record: errors_table", topic);
  }
  if (std::any_of(streams.begin(), streams.end(), [&](const auto& each) { return each.topic == topic; })) {
    return Fail(ErrorKind::kInvalidArgument,
                "dead_letter_topic '{}' is one of the topics that are read: each bad record would come back for ever. "
                "Choose another, or leave it out of the source's topics",
                topic);
  }
  if (const auto there = topics->TopicId(topic); !there) {
    if (there.error().kind != ErrorKind::kNotFound) return Wrap(there.error(), "dead_letter_topic");
    return Fail(ErrorKind::kNotFound,
                "dead_letter_topic '{}' does not exist: create it first, for instance by kafka-topics.sh --create "
                "--topic {} (with the replicas and the retention that its records are to have)",
                topic, topic);
  }
  FRAZIL_ASSIGN_OR_RETURN(auto producer, topics->OpenProducer());
  return std::unique_ptr<DeadLetters>(new DeadLetters(std::move(producer), options));
}

Status DeadLetters::Told(const Status& status) const {
  if (status) return {};
  return Wrap(status.error(), fmt::format("bad records could not be sent to dead_letter_topic '{}' (the offsets were "
                                          "not moved past them)",
                                          topic_));
}

Status DeadLetters::Send(const record::RecordBatch& batch, const std::vector<decode::BadRecord>& bad) {
  std::lock_guard lock(mutex_);
  const std::string partition = std::to_string(batch.source.partition);
  const std::vector<uint32_t> indices = decode::IndicesOf(bad, batch);
  for (size_t i = 0; i < bad.size(); ++i) {
    const record::RecordView& record = batch.records[indices[i]];
    const std::string offset = std::to_string(bad[i].offset);
    // A null value would be a tombstone: a compacted topic would delete other records of the same key.
    const bool left_out = batch.FindLeftOut(bad[i].offset) != nullptr;
    const std::string_view value = left_out ? std::string_view("") : record.value;
    const auto own = batch.headers.begin() + record.first_header;
    std::vector<record::HeaderView> headers(own, own + record.header_count);
    headers.insert(headers.end(), {{"frazil.topic", batch.source.topic},
                                   {"frazil.partition", partition},
                                   {"frazil.offset", offset},
                                   {"frazil.reason", bad[i].reason},
                                   {"frazil.pipeline", pipeline_},
                                   {"frazil.table", table_}});
    FRAZIL_RETURN_IF_ERROR(Told(producer_->Send(
        topic_, {.key = record.key, .value = value, .headers = headers, .timestamp_ms = record.timestamp_ms})));
  }
  return {};
}

Status DeadLetters::Flush() {
  std::lock_guard lock(mutex_);
  return Told(producer_->Flush());
}

}  // namespace frazil::ingest
