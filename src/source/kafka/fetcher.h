// The interface of a fetch path, by which records of the assigned partitions come from the brokers.
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

// The reason why a partition, or every partition, gives no more records. A Seek of the partition, or losing it, clears
// the fault. If no partition is named, nothing clears it.
struct Fault {
  Error error;
  std::optional<TopicPartition> source;
};

// Not thread-safe: one thread drives it. When the group changes, Assign and Unassign are called from inside Poll.
class Fetcher {
 public:
  virtual ~Fetcher() = default;

  // The group has assigned these partitions, and librdkafka has been told. A member of the eager protocol gets all its
  // partitions again at each rebalance.
  virtual void Assign(const Positions& starts) = 0;
  virtual void Unassign(const std::vector<TopicPartition>& partitions) = 0;

  // As Reader::Poll. Serves the group's events meanwhile.
  virtual std::vector<record::RecordBatch> Poll(std::chrono::milliseconds timeout) = 0;
  virtual Status Seek(const Positions& positions) = 0;
  virtual void Pause() = 0;
  virtual void Resume() = 0;
  virtual const std::optional<Fault>& fault() const = 0;
};

// Opens the native fetch path if `options` ask for it and it supports the broker and its security; otherwise
// librdkafka's. `client` and `options` must outlive the fetcher.
std::unique_ptr<Fetcher> OpenFetcher(Client& client, const Options& options);

}  // namespace frazil::source::kafka
