#include "source/kafka/messages.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>

namespace frazil::source::kafka {
namespace {

constexpr size_t kChunk = 1024;
constexpr size_t kFullCount = 32 * kChunk;
constexpr size_t kFullBytes = 8 << 20;

}  // namespace

Messages::~Messages() {
  for (rd_kafka_message_t* each : taken_) rd_kafka_message_destroy(each);
}

bool Messages::Full() const { return taken_.size() >= kFullCount || bytes_ >= kFullBytes; }

std::span<rd_kafka_message_t* const> Messages::Take(rd_kafka_queue_t* queue, std::chrono::milliseconds wait) {
  const size_t before = taken_.size();
  taken_.resize(before + kChunk);
  rd_kafka_message_t** to = taken_.data() + before;
  // The batch call waits until its array is full. So this asks for one message first, then for those that are there.
  ssize_t count = rd_kafka_consume_batch_queue(queue, static_cast<int>(wait.count()), to, 1);
  if (count > 0) count += std::max<ssize_t>(0, rd_kafka_consume_batch_queue(queue, 0, to + 1, kChunk - 1));
  taken_.resize(before + static_cast<size_t>(std::max<ssize_t>(0, count)));
  for (size_t i = before; i < taken_.size(); ++i) bytes_ += taken_[i]->len + taken_[i]->key_len;
  return {taken_.data() + before, taken_.size() - before};
}

}  // namespace frazil::source::kafka
