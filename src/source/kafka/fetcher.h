// How the records of the assigned partitions come: the door to the broker's data.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "common/result.h"
#include "record/record_batch.h"
#include "source/kafka/client.h"
#include "source/kafka/options.h"
#include "source/log.h"

namespace frazil::source::kafka {

// Why nothing more comes of a partition, or of any, until a Seek or losing the partition mends it; what no partition is
// named for, nothing mends.
struct Fault {
  Error error;
  std::optional<TopicPartition> source;
};

// One thread drives it. Assign and Unassign are called from inside Poll too, when the group changes.
class Fetcher {
 public:
  virtual ~Fetcher() = default;

  // The group gave these; librdkafka knows it. An eager member gets everything anew.
  virtual void Assign(const Positions& starts) = 0;
  virtual void Unassign(const std::vector<TopicPartition>& partitions) = 0;

  // What arrived, as Reader::Poll says; serves the group meanwhile.
  virtual std::vector<record::RecordBatch> Poll(std::chrono::milliseconds timeout) = 0;
  virtual Status Seek(const Positions& positions) = 0;
  virtual void Pause() = 0;
  virtual void Resume() = 0;
  virtual const std::optional<Fault>& fault() const = 0;
};

// The native door where the options ask for it and it knows the broker and its security, else librdkafka's. `client`
// and `options` must outlive it.
std::unique_ptr<Fetcher> OpenFetcher(Client& client, const Options& options);

}  // namespace frazil::source::kafka
