// A Kafka cluster for tests: a real broker at $FRAZIL_TEST_BROKERS, or librdkafka's mock inside this process.
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

// All calls wait until done and fail the test (by exception) if it cannot be.
class TestCluster {
 public:
  virtual ~TestCluster() = default;
  static bool HasReal();
  static std::unique_ptr<TestCluster> Real();
  static std::unique_ptr<TestCluster> Mock();

  virtual std::string brokers() const = 0;
  virtual std::map<std::string, std::string> properties() const { return {}; }  // its clients' own
  virtual void Down() {}                                                        // only a mock goes down and up
  virtual void Up() {}
  // Returns its name, made up if none is given.
  virtual std::string CreateTopic(int partitions, const std::map<std::string, std::string>& config = {},
                                  const std::string& name = "") = 0;

  // Values "first", "first+1", … of `count` records.
  void Produce(const std::string& topic, int32_t partition, int first, int count);
  void Produce(const std::string& topic, int32_t partition, const std::vector<TestRecord>& records);
  void Transaction(const std::string& topic, int32_t partition, int first, int count, bool commit);
  // Only a real one knows these.
  void AddPartitions(const std::string& topic, int total);
  void DeleteRecords(const std::string& topic, int32_t partition, int64_t before);
};

// A transaction that is held open, till one of Commit and Abort, which return when readers see the end.
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

// The sample of one partition alone.
inline Result<record::RecordBatch> Sample(Source& source, const TopicPartition& partition, int64_t from,
                                          int max_records) {
  FRAZIL_ASSIGN_OR_RETURN(auto batches, source.ReadSample({{partition, from}}, max_records));
  return std::move(batches.at(0));
}

// Remembers what a source was told, and gives each partition the position it was left at (or `start`).
class Recorder : public AssignmentListener {
 public:
  Result<Positions> OnAssigned(const std::vector<TopicPartition>& partitions) override;
  void OnRevoked(const std::vector<TopicPartition>& partitions) override;
  void OnLost(const std::vector<TopicPartition>& partitions) override;

  // Polls once and files what came; a batch that does not join the one before it fails the test.
  void Poll(Source& source, std::chrono::milliseconds timeout = std::chrono::milliseconds(100));
  // Polls until every one of `ends` is reached; false after `seconds`.
  bool PollUntil(Source& source, const Positions& ends, int seconds = 30);

  std::map<TopicPartition, bool> assigned;                           // present: ours
  Positions positions;                                               // next to be read, kept over revocations
  int64_t start = 0;                                                 // of a partition never seen
  std::map<TopicPartition, std::map<int64_t, std::string>> records;  // offset to value
  std::map<TopicPartition, int64_t> gaps;
  int revoked = 0;  // calls
  int lost = 0;
  std::vector<std::string> faults;  // what broke the contract
};

Options SourceOptions(const TestCluster& cluster, const std::string& topic, const std::string& group);

}  // namespace frazil::source::kafka::testing
