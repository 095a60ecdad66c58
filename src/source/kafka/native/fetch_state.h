// The state that the threads of the native fetch path share: the assigned partitions, their positions and leaders, and
// the batches that have arrived.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/result.h"
#include "source/kafka/native/bytes.h"
#include "source/kafka/native/protocol.h"
#include "source/kafka/native/record_batch.h"
#include "source/kafka/native/settings.h"
#include "source/kafka/native/unpack_records.h"
#include "source/source.h"

namespace frazil::source::kafka {

// One fetch request to one broker. `life` is the life of each partition (see FetchState) in which the request was made.
struct FetchPlan {
  struct Partition {
    TopicPartition source;
    uint64_t life = 0;
    FetchRequest::Partition request;  // `request.topic` is a view into `source`
  };
  int32_t node = -1;
  std::vector<Partition> partitions;
  bool names_rack = true;      // send our rack, so that the leader may name a replica near us
  int32_t max_bytes = 0;       // the size that the answer may have
  int64_t reserved_bytes = 0;  // memory reserved for its records
};

// The records of one partition in one answer, before they are parsed.
struct FetchParcel {
  uint64_t life = 0;
  FetchedBatches fetched;
  int64_t reserved_bytes = 0;  // memory reserved for its records
};

// The reason why a partition gives no more records.
struct FetchTrouble {
  std::optional<TopicPartition> source;  // none: it concerns all partitions
  // if not -1, the log does not have this offset; the caller finds out where the log begins and ends
  int64_t gone = -1;
  Error error;
};

// Thread-safe. One thread polls, one thread asks for leaders, and one thread per broker fetches.
//
// The records of a partition stay in order because only one broker's thread has the partition at a time, and each
// thread handles its answers in order. Every Assign and Seek begins a new life of a partition. Whatever was requested
// in an earlier life is dropped when it arrives.
class FetchState {
 public:
  explicit FetchState(const FetchSettings& settings) : settings_(settings) {}

  // --- The thread that polls.
  void Assign(const Positions& starts);
  void Unassign(const std::vector<TopicPartition>& partitions);
  void Seek(const Positions& positions) { Assign(positions); }
  void SetPaused(bool paused);
  struct Taken {
    std::vector<record::RecordBatch> batches;
    std::optional<FetchTrouble> trouble;  // came after these batches
  };
  // Waits up to `timeout` for a batch, then returns the batches that are there, about `bytes` bytes at most.
  Taken Take(std::chrono::milliseconds timeout, size_t bytes);
  void Wake();  // ends a waiting Take; any thread may call it

  // --- The thread that knows the leaders.
  // Waits until leaders are needed or `age` has passed. Returns false when it is time to stop.
  bool WaitForRefresh(std::chrono::milliseconds age);
  // The topics of all assigned partitions.
  std::vector<std::string> Topics() const;
  // Takes over brokers and leaders from `metadata`. True if every partition has a leader now.
  bool Learn(const Metadata& metadata);
  // The brokers from which some partition is read.
  std::set<int32_t> NodesInUse() const;

  // --- The threads of the brokers.
  std::optional<Endpoint> AddressOf(int32_t node) const;
  // The next request to `node`; nullopt if there is none now. With `wait`, it waits for one, and nullopt means that it
  // is time to stop.
  std::optional<FetchPlan> NextPlan(int32_t node, bool wait);
  // Handles an answer: moves positions, notes errors, and returns the parts that the caller must parse and then
  // Deliver.
  std::vector<FetchParcel> Receive(const FetchPlan& plan, int16_t version, const FetchResponse& response,
                                   const std::shared_ptr<const Bytes>& owner);
  // Hands the parsed batches to the thread that polls. `parsed` is the status of parsing.
  void Deliver(const FetchParcel& parcel, std::vector<record::RecordBatch> batches, const Status& parsed);
  // Call it if a request will never have an answer. Its partitions can be requested again.
  void Forsake(const FetchPlan& plan);

  void Raise(Error error);  // an error that concerns all partitions
  void AskForLeaders();
  void Stop();
  bool stopped() const;

 private:
  using SteadyClock = std::chrono::steady_clock;

  struct Partition {
    uint64_t life = 0;
    int64_t position = 0;     // the offset of the next record to request
    int32_t last_epoch = -1;  // the leader epoch of the last record that we got; -1 if none
    TopicId topic_id{};
    bool topic_known = false;
    int32_t leader = -1;
    int32_t leader_epoch = -1;
    int32_t replica = -1;  // the replica that the leader told us to read from
    SteadyClock::time_point replica_until;
    SteadyClock::time_point stays_until;  // until then we stay with the leader, because a replica failed
    std::chrono::milliseconds stay{0};    // the last such time
    SteadyClock::time_point not_before;
    std::chrono::milliseconds retry_wait{0};
    int32_t held_by = -1;  // the broker whose thread has requested, or is parsing, its records
    int held = 0;          // how many answers are requested or being parsed
    bool asked = false;    // one of those answers has not arrived
    bool failed = false;
  };
  struct Ready {
    record::RecordBatch batch;
    std::optional<FetchTrouble> trouble;
  };

  Partition* Find(const TopicPartition& source, uint64_t life);
  static int32_t ReadsFrom(const Partition& partition);
  bool HasRoom() const;
  int32_t Packed(int32_t bytes) const;  // how many bytes to request, so that the records take about `bytes` in memory
  std::optional<FetchPlan> MakePlan(int32_t node, SteadyClock::time_point& earliest);
  // True if there are records to parse.
  bool TakeShare(const FetchPlan::Partition& asked, const FetchResponse::Partition& got, const Result<BatchesEnd>& end,
                 Partition& partition);
  static void LeaveReplica(Partition& partition);
  void HandleError(const TopicPartition& source, Partition& partition, int16_t code);
  void GiveUp(const TopicPartition& source, Partition& partition, Error error, int64_t gone = -1);
  void WantLeaders();
  void DropReady(const TopicPartition& source);

  const FetchSettings& settings_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;  // wakes the brokers' threads
  std::condition_variable stale_;    // wakes the thread that asks for leaders
  std::condition_variable arrived_;  // wakes the thread that polls
  std::map<TopicPartition, Partition> partitions_;
  std::map<int32_t, Endpoint> brokers_;
  std::map<int32_t, size_t> turns_;  // by broker: the partition with which its next request begins
  std::deque<Ready> ready_;
  int64_t held_bytes_ = 0;  // memory of records: requested, being parsed, or ready
  const std::shared_ptr<Growth> growth_ = std::make_shared<Growth>();
  uint64_t lives_ = 0;
  bool paused_ = false;
  bool woken_ = false;
  bool leaders_wanted_ = false;
  bool stopped_ = false;
};

}  // namespace frazil::source::kafka
