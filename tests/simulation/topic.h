// A simulated Kafka topic and the consumer group that reads it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dice.h"
#include "record/offset_range.h"
#include "table/committer.h"

namespace frazil::simulation {

inline const std::string kTopic = "t";
inline record::TopicPartition PartitionOf(int id) { return {kTopic, id}; }

// What stands at an offset: a record that becomes a row, one that policy leaves out, one that cannot become a row, or
// nothing (a control record).
enum class Slot { kRow, kSkipped, kBad, kGap };

class Topic {
 public:
  explicit Topic(int partitions) : begins_(static_cast<size_t>(partitions), 0), lost_before_(begins_), ends_(begins_) {}

  std::string id() const { return "topic-" + std::to_string(life_); }
  int partitions() const { return static_cast<int>(ends_.size()); }
  int64_t begin(int partition) const { return begins_[static_cast<size_t>(partition)]; }
  int64_t end(int partition) const { return ends_[static_cast<size_t>(partition)]; }

  void AddPartition() {
    begins_.push_back(0);
    lost_before_.push_back(0);
    ends_.push_back(0);
  }
  void Produce(int partition, int64_t records) { ends_[static_cast<size_t>(partition)] += records; }
  // Retention deletes what is before `offset`.
  void DeleteBefore(int partition, int64_t offset);
  // What is before it was deleted in some life of the topic.
  int64_t lost_before(int partition) const { return lost_before_[static_cast<size_t>(partition)]; }
  void Recreate();

  // The same for all lives of the topic, which is why they must never be confused.
  static Slot At(int partition, int64_t offset);
  // Accounts for [first, next), where bad records go to the errors table or are left out by policy.
  static record::OffsetRange RangeOf(int partition, int64_t first, int64_t next, bool errors_table);

 private:
  int life_ = 1;
  std::vector<int64_t> begins_;
  std::vector<int64_t> lost_before_;
  std::vector<int64_t> ends_;
};

// Who reads what. A member that is cut off does not hear that its partitions went to another.
class Group {
 public:
  void Join(const std::string& member, Dice& dice, const Topic& topic);
  void Leave(const std::string& member, Dice& dice, const Topic& topic);
  void Rebalance(Dice& dice, const Topic& topic);
  std::vector<int> AssignedTo(const std::string& member) const;
  bool HasOthers(const std::string& than) const;

 private:
  std::vector<std::string> members_;
  std::map<int, std::string> owners_;  // by partition
};

}  // namespace frazil::simulation
