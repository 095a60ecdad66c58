// The offsets that Kafka stores for the consumer group.
#pragma once

#include <optional>

#include "source/kafka/client.h"
#include "source/log.h"

namespace frazil::source::kafka {

// Not thread-safe.
class GroupOffsets {
 public:
  // `client` must outlive this.
  explicit GroupOffsets(Client& client);

  // Sends the offsets and does not wait for the answer.
  void Store(const Positions& positions);
  // Waits for all answers. Returns an error if an offset was refused since the last call. kFenced: the group has given
  // the partition to another member.
  Status Flush();
  // Partitions without a stored offset are left out.
  Result<Positions> Read(const std::vector<TopicPartition>& partitions);
  // Call it when the client has left the group. After it, Store is an error.
  void Close() { closed_ = true; }
  // Handles the answers that have arrived.
  void Serve();

 private:
  void Finish(rd_kafka_op_s* event);

  Client& client_;
  Owned<rd_kafka_queue_s> answers_;
  int unanswered_ = 0;
  bool closed_ = false;
  std::optional<Error> error_;
};

}  // namespace frazil::source::kafka
