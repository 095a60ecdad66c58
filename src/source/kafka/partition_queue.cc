#include "source/kafka/partition_queue.h"

#include <librdkafka/rdkafka.h>

#include <cstring>

namespace frazil::source::kafka {
namespace {

using record::HeaderView;
using record::RecordBatch;
using record::RecordView;

// Calls visit(name, value, size) for each header.
template <class Visit>
void ForEachHeader(const rd_kafka_message_t* message, Visit visit) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;  // it has none
  const char* name = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    visit(name, value, size);
  }
}

struct Extent {
  size_t bytes = 0;
  size_t headers = 0;
};

Extent Measure(const rd_kafka_message_t* message, bool want_headers) {
  Extent extent{message->len + message->key_len, 0};
  if (want_headers) {
    ForEachHeader(message, [&](const char* name, const void*, size_t size) {
      extent.bytes += std::strlen(name) + size;
      ++extent.headers;
    });
  }
  return extent;
}

// The key that is kept of a left-out record.
std::string_view KeyOfLeftOut(const rd_kafka_message_t* message) {
  constexpr size_t kLongest = 64 << 10;
  if (message->key_len > kLongest) return {};
  return {static_cast<const char*>(message->key), message->key_len};
}

// Copies keys, values and headers into memory of a size computed before.
class Filler {
 public:
  explicit Filler(char* to) : to_(to) {}

  // Null stays null, and empty stays empty.
  std::string_view Copy(const void* data, size_t size) {
    if (data == nullptr) return {};
    std::memcpy(to_, data, size);
    std::string_view view(to_, size);
    to_ += size;
    return view;
  }

 private:
  char* to_;
};

}  // namespace

void PartitionQueue::Add(const rd_kafka_message_t* message) {
  if (message->offset < next_) return;
  messages_.push_back(message);
  next_ = message->offset + 1;
}

void PartitionQueue::Restart(int64_t position) {
  messages_.clear();
  returned_ = next_ = position;
}

void PartitionQueue::TakeBatches(const BatchLimits& limits, bool want_headers, std::vector<RecordBatch>& out) {
  size_t begin = 0;
  while (begin < messages_.size() || returned_ < next_) {
    Extent total;
    size_t end = begin;
    while (end < messages_.size() && end - begin < limits.records) {
      Extent extent = Measure(messages_[end], want_headers);
      if (extent.bytes > limits.max_record_bytes) extent = {KeyOfLeftOut(messages_[end]).size(), 0};
      if (end > begin && total.bytes + extent.bytes > limits.bytes) break;
      total.bytes += extent.bytes;
      total.headers += extent.headers;
      ++end;
    }

    RecordBatch& batch = out.emplace_back();
    batch.source = source_;
    batch.first = returned_;
    batch.next = end == messages_.size() ? next_ : messages_[end - 1]->offset + 1;
    const std::shared_ptr<char[]> bytes = std::make_shared_for_overwrite<char[]>(total.bytes + record::kSpareBytes);
    batch.bytes = bytes;
    batch.byte_count = total.bytes + (end - begin) * sizeof(RecordView);
    std::memset(bytes.get() + total.bytes, 0, record::kSpareBytes);
    batch.records.reserve(end - begin);
    batch.headers.reserve(total.headers);
    Filler filler(bytes.get());
    for (size_t i = begin; i < end; ++i) {
      const rd_kafka_message_t* message = messages_[i];
      RecordView& view = batch.records.emplace_back();
      view.offset = message->offset;
      rd_kafka_timestamp_type_t type;
      const int64_t timestamp = rd_kafka_message_timestamp(message, &type);
      view.timestamp_ms = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : timestamp;
      view.first_header = static_cast<uint32_t>(batch.headers.size());
      if (const size_t size = Measure(message, want_headers).bytes; size > limits.max_record_bytes) {
        const std::string_view key = KeyOfLeftOut(message);
        view.key = filler.Copy(key.data(), key.size());
        batch.left_out.push_back({message->offset, size, limits.max_record_bytes});
        continue;
      }
      view.key = filler.Copy(message->key, message->key_len);
      view.value = filler.Copy(message->payload, message->len);
      if (want_headers) {
        ForEachHeader(message, [&](const char* name, const void* value, size_t size) {
          const std::string_view key = filler.Copy(name, std::strlen(name));
          batch.headers.push_back({key, filler.Copy(value, size)});
        });
        view.header_count = static_cast<uint32_t>(batch.headers.size()) - view.first_header;
      }
    }
    if (end > begin) batch.leader_epoch = rd_kafka_message_leader_epoch(messages_[end - 1]);
    returned_ = batch.next;
    begin = end;
  }
  messages_.clear();
}

}  // namespace frazil::source::kafka
