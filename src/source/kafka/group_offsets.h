// The offsets that Kafka keeps for the consumer group.
#pragma once

#include <optional>

#include "source/kafka/client.h"
#include "source/log.h"

namespace frazil::source::kafka {

class GroupOffsets {
 public:
  // `client` must outlive this.
  explicit GroupOffsets(Client& client);

  // Sends them and does not wait.
  void Store(const Positions& positions);
  // Waits for what was sent; an error if any of it was refused since the last call. kFenced: the group has given the
  // partitions to somebody else.
  Status Flush();
  // Partitions without a stored offset are left out.
  Result<Positions> Read(const std::vector<TopicPartition>& partitions);
  // The client has left the group: nothing can be stored any more.
  void Close() { closed_ = true; }
  // Takes answers that have come.
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
