// A Kafka cluster for tests: a real broker at $FRAZIL_TEST_BROKERS, or librdkafka's mock in this process.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "source/kafka/options.h"
#include "source/source.h"

namespace frazil::source::kafka::testing {

struct TestRecord {
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  int64_t timestamp_ms = 0;  // 0: now
};

// Each call waits until it is done. If it cannot be done, it throws, which fails the test.
class TestCluster {
 public:
  virtual ~TestCluster() = default;
  static bool HasReal();
  static std::unique_ptr<TestCluster> Real();
  static std::unique_ptr<TestCluster> Mock();

  virtual std::string brokers() const = 0;
  virtual std::map<std::string, std::string> properties() const { return {}; }  // properties that its clients need
  virtual void Down() {}                                                        // only a mock can go down and up
  virtual void Up() {}
  // Returns the topic's name. If none is given, a new one is made up.
  virtual std::string CreateTopic(int partitions, const std::map<std::string, std::string>& config = {},
                                  const std::string& name = "") = 0;

  // Writes `count` records with the values "first", "first+1", and so on, as numbers.
  void Produce(const std::string& topic, int32_t partition, int first, int count);
  void Produce(const std::string& topic, int32_t partition, const std::vector<TestRecord>& records);
  void Transaction(const std::string& topic, int32_t partition, int first, int count, bool commit);
  // Only a real cluster supports these.
  void AddPartitions(const std::string& topic, int total);
  void DeleteRecords(const std::string& topic, int32_t partition, int64_t before);
};

// A transaction that stays open until Commit or Abort. These return when readers can see the end of the transaction.
class OpenTransaction {
 public:
  OpenTransaction(const TestCluster& cluster, const std::string& topic, int32_t partition, int first, int count);
  ~OpenTransaction();
  void Commit();
  void Abort();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Reads a sample of one partition.
inline Result<record::RecordBatch> Sample(Source& source, const TopicPartition& partition, int64_t from,
                                          int max_records) {
  FRAZIL_ASSIGN_OR_RETURN(auto batches, source.ReadSample({{partition, from}}, max_records));
  return std::move(batches.at(0));
}

// Records what a source reports. Assigns to each partition the position at which it was left, or `start` at first.
class Recorder : public AssignmentListener {
 public:
  Result<Positions> OnAssigned(const std::vector<TopicPartition>& partitions) override;
  void OnRevoked(const std::vector<TopicPartition>& partitions) override;
  void OnLost(const std::vector<TopicPartition>& partitions) override;

  // Polls once and stores the records. A batch that does not begin where the one before ended fails the test.
  void Poll(Source& source, std::chrono::milliseconds timeout = std::chrono::milliseconds(100));
  // Polls until all `ends` are reached. Returns false after `seconds`.
  bool PollUntil(Source& source, const Positions& ends, int seconds = 30);

  std::map<TopicPartition, bool> assigned;                           // a partition that is present is assigned
  Positions positions;                                               // the next offset to read; kept over revocations
  int64_t start = 0;                                                 // position of a partition that was never seen
  std::map<TopicPartition, std::map<int64_t, std::string>> records;  // offset to value
  std::map<TopicPartition, int64_t> gaps;
  int revoked = 0;  // calls
  int lost = 0;
  std::vector<std::string> faults;  // violations of the contract
};

Options SourceOptions(const TestCluster& cluster, const std::string& topic, const std::string& group);

}  // namespace frazil::source::kafka::testing
