// What the threads of the native fetch path share: which partitions are read, how far each is, where its records come
// from, and what has arrived.
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

// Partitions of one request, and which of their lives it was made in.
struct FetchPlan {
  struct Partition {
    TopicPartition source;
    uint64_t life = 0;
    FetchRequest::Partition request;  // its topic is a view of `source`
  };
  int32_t node = -1;
  std::vector<Partition> partitions;
  bool names_rack = true;      // so that leaders may send us to replicas near us
  int32_t max_bytes = 0;       // of the answer
  int64_t reserved_bytes = 0;  // that its records may take
};

// What one answer brought of one partition, on its way through the parser.
struct FetchParcel {
  uint64_t life = 0;
  FetchedBatches fetched;
  int64_t reserved_bytes = 0;  // that its records may take
};

// Why a partition gives no more records.
struct FetchTrouble {
  std::optional<TopicPartition> source;  // none: all of them
  int64_t gone = -1;  // this offset is not in the log: `error` says how, its bounds are for the caller to find out
  Error error;
};

// Thread-safe. One thread polls; one asks for leaders; one per broker fetches.
//
// A partition's records come in order because no two brokers' threads have it at a time, and each of them handles its
// answers in order. Every Assign and Seek begins a new life of a partition: what was asked for in an older one is
// dropped wherever it is.
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
    std::optional<FetchTrouble> trouble;  // happened behind the batches
  };
  // Waits for the first; takes no more than about `bytes` together.
  Taken Take(std::chrono::milliseconds timeout, size_t bytes);
  void Wake();  // ends a Take that waits; may be called from anywhere

  // --- The thread that knows the leaders.
  // Waits until leaders are missing or `age` has passed; false when it is time to stop.
  bool WaitForRefresh(std::chrono::milliseconds age);
  std::vector<std::string> Topics() const;
  // True if every partition has a leader now.
  bool Learn(const Metadata& metadata);
  std::set<int32_t> NodesInUse() const;

  // --- The threads of the brokers.
  std::optional<Endpoint> AddressOf(int32_t node) const;
  // The next request to `node`; nullopt when there is none now (or, if it may `wait`, when it is time to stop).
  std::optional<FetchPlan> NextPlan(int32_t node, bool wait);
  // Takes the answer apart: moves positions, notes errors, and leaves what is to be parsed and then delivered.
  std::vector<FetchParcel> Receive(const FetchPlan& plan, int16_t version, const FetchResponse& response,
                                   const std::shared_ptr<const Bytes>& owner);
  void Deliver(const FetchParcel& parcel, std::vector<record::RecordBatch> batches, const Status& parsed);
  // The request has no answer and never will: its partitions are free again.
  void Forsake(const FetchPlan& plan);

  void Raise(Error error);  // concerns all partitions
  void AskForLeaders();
  void Stop();
  bool stopped() const;

 private:
  using SteadyClock = std::chrono::steady_clock;

  struct Partition {
    uint64_t life = 0;
    int64_t position = 0;     // of the next record to ask for
    int32_t last_epoch = -1;  // of the record before it, if we have seen that
    TopicId topic_id{};
    bool topic_known = false;
    int32_t leader = -1;
    int32_t leader_epoch = -1;
    int32_t replica = -1;  // to read from instead, as the leader said
    SteadyClock::time_point replica_until;
    SteadyClock::time_point stays_until;  // with the leader, since a replica did not serve
    std::chrono::milliseconds stay{0};    // how long that was
    SteadyClock::time_point not_before;
    std::chrono::milliseconds retry_wait{0};
    int32_t held_by = -1;  // the node whose thread has asked for or is parsing records of it
    int held = 0;          // answers it has on the way
    bool asked = false;    // one of them is not here yet
    bool failed = false;
  };
  struct Ready {
    record::RecordBatch batch;
    std::optional<FetchTrouble> trouble;
  };

  Partition* Find(const TopicPartition& source, uint64_t life);
  static int32_t ReadsFrom(const Partition& partition);
  bool HasRoom() const;
  int32_t Packed(int32_t bytes) const;  // bytes to ask for, so that records take about `bytes`
  std::optional<FetchPlan> MakePlan(int32_t node, SteadyClock::time_point& earliest);
  // True when there is something to parse.
  bool TakeShare(const FetchPlan::Partition& asked, const FetchResponse::Partition& got, const Result<BatchesEnd>& end,
                 Partition& partition);
  static void LeaveReplica(Partition& partition);
  void HandleError(const TopicPartition& source, Partition& partition, int16_t code);
  void GiveUp(const TopicPartition& source, Partition& partition, Error error, int64_t gone = -1);
  void WantLeaders();
  void DropReady(const TopicPartition& source);

  const FetchSettings& settings_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;  // for brokers' threads
  std::condition_variable stale_;    // for the thread that knows the leaders
  std::condition_variable arrived_;  // for the thread that polls
  std::map<TopicPartition, Partition> partitions_;
  std::map<int32_t, Endpoint> brokers_;
  std::map<int32_t, size_t> turns_;  // by node: where its next request begins, so that none comes last for ever
  std::deque<Ready> ready_;
  int64_t held_bytes_ = 0;  // of records: asked for, being parsed, ready
  const std::shared_ptr<Growth> growth_ = std::make_shared<Growth>();
  uint64_t lives_ = 0;
  bool paused_ = false;
  bool woken_ = false;
  bool leaders_wanted_ = false;
  bool stopped_ = false;
};

}  // namespace frazil::source::kafka
