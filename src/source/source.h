// Where records come from. One implementation today: Kafka by librdkafka (source/kafka).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "record/record_batch.h"
#include "source/producer.h"

namespace frazil::source {

using record::TopicPartition;
using Positions = std::map<TopicPartition, int64_t>;

inline std::vector<TopicPartition> PartitionsOf(const Positions& positions) {
  std::vector<TopicPartition> partitions;
  for (const auto& [partition, position] : positions) partitions.push_back(partition);
  return partitions;
}

// Group membership as it changes. Called on the thread that is inside Source::Poll or Source::Stop; may take seconds
// (bounded by the group's rebalance time-out).
class AssignmentListener {
 public:
  virtual ~AssignmentListener() = default;
  // Must return where to start reading each of `partitions`. An error stops the source: Poll returns it.
  virtual Result<Positions> OnAssigned(const std::vector<TopicPartition>& partitions) = 0;
  // Last chance to commit what was read of these.
  virtual void OnRevoked(const std::vector<TopicPartition>& partitions) = 0;
  // They belong to someone else already: drop what was read of these.
  virtual void OnLost(const std::vector<TopicPartition>& partitions) = 0;
};

struct StartAt {
  enum class Kind { kEarliest, kLatest, kTimestamp } kind = Kind::kEarliest;
  int64_t timestamp_ms = 0;
};

// Not thread-safe unless said: one thread drives it.
class Source {
 public:
  virtual ~Source() = default;

  // Identity of what is read, so that offsets of another cluster or a topic made anew are not mistaken for ours.
  virtual Result<std::string> ClusterId() = 0;
  virtual Result<std::string> TopicId(const std::string& topic) = 0;  // empty where the broker has none

  // All partitions of the topics this source reads, as of now. kNotFound if no topic is there.
  virtual Result<std::vector<TopicPartition>> Partitions() = 0;
  virtual Result<Positions> ResolveStart(const std::vector<TopicPartition>& partitions, const StartAt& start) = 0;
  // Past the last record visible at the source's isolation level (the last stable offset for read_committed).
  virtual Result<Positions> EndOffsets(const std::vector<TopicPartition>& partitions) = 0;
  // Of each partition up to `max_records` from the given offset on, less where it ends before or the records are long;
  // read outside the group. One batch for each, in their order.
  virtual Result<std::vector<record::RecordBatch>> ReadSample(const Positions& from, int max_records) = 0;
  // Hands everything visible of each partition of `from`, up to where it stands in `until`, to `take`: batches that may
  // reach farther, those of one partition in order and without a hole; read outside the group.
  using Take = std::function<Status(const record::RecordBatch& batch)>;
  virtual Status ReadBetween(const Positions& from, const Positions& until, const Take& take) = 0;
  // Whether the topic loses records that have successors of the same key.
  virtual Result<bool> IsCompacted(const std::string& topic) = 0;

  // Writes to topics of the same cluster, with the same security.
  virtual Result<std::unique_ptr<Producer>> OpenProducer() = 0;

  // Before Start: tells the other members of the group what is fed from it, a table for instance. Not where the user
  // has chosen by what name this member goes.
  virtual Status AnnounceSink(const std::string& sink) = 0;
  // What others of the group, alive, have announced to feed, and from where, in words; without those that announced
  // `sink`. Of those that announced nothing nothing is known.
  virtual Result<std::vector<std::string>> OtherSinks(const std::string& sink) = 0;

  // Joins the group. `listener` must outlive Stop.
  virtual Status Start(AssignmentListener* listener) = 0;
  // What arrived within `timeout`; batches of one partition are in order and join without a hole. A batch without
  // records moves the position over gaps up to the end of the partition. Their records may still have to be unpacked
  // (RecordBatch::Unpack), on any thread, also after Stop. kRecordsGone where a partition's log begins behind what is
  // to be read next; a Seek mends that.
  virtual Result<std::vector<record::RecordBatch>> Poll(std::chrono::milliseconds timeout) = 0;
  // Goes on reading there; what was fetched before and not yet returned is dropped.
  virtual Status Seek(const Positions& positions) = 0;
  // Stops and restarts fetching of everything assigned, while membership goes on.
  virtual void Pause() = 0;
  virtual void Resume() = 0;

  // Writes the group's offsets, without waiting: a mirror for lag tools under exactly_once, the truth under
  // at_least_once (there FlushGroupOffsets waits for it).
  virtual void StoreGroupOffsets(const Positions& positions) = 0;
  virtual Status FlushGroupOffsets() = 0;
  // The group's offsets; partitions without one are left out.
  virtual Result<Positions> GroupOffsets(const std::vector<TopicPartition>& partitions) = 0;
  // True if the group has members other than this process.
  virtual Result<bool> GroupIsLive() = 0;

  // Leaves the group; OnRevoked is called for what is still assigned.
  virtual Status Stop() = 0;
};

}  // namespace frazil::source
