// Questions to the cluster, answered within a bounded time.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "source/kafka/client.h"
#include "source/log.h"

namespace frazil::source::kafka {

struct TopicDescription {
  std::string id;  // base64 of the topic's UUID; empty where the broker has none
  int32_t partitions = 0;
};

Result<std::string> ClusterId(Client& client);
// kNotFound names the first topic that is absent.
Result<TopicDescription> DescribeTopic(Client& client, const std::string& topic);
// Whether the topic's cleanup.policy has "compact".
Result<bool> IsCompacted(Client& client, const std::string& topic);
// Names of all topics that match the whole POSIX extended regular expression, internal ones left out.
Result<std::vector<std::string>> MatchingTopics(Client& client, const std::string& pattern);

// `spec`: a timestamp in ms (-1 is answered where no record is as late), or one of these.
constexpr int64_t kLogStart = -2;
constexpr int64_t kLogEnd = -1;
Result<Positions> ListOffsets(Client& client, const std::vector<TopicPartition>& partitions, int64_t spec,
                              bool read_committed);

// What to tell when the log has no record at `offset` any more (kRecordsGone), or not yet (kNotFound); asks where it
// begins and ends.
Error OffsetGone(Client& client, const TopicPartition& partition, int64_t offset, std::string_view why);

struct GroupMember {
  std::string id;
  std::string client_id;
  std::string host;
};
// Those that are in `group` now; none where there is no such group.
Result<std::vector<GroupMember>> GroupMembers(Client& client, const std::string& group);

PartitionList ToList(const std::vector<TopicPartition>& partitions);
PartitionList ToList(const Positions& positions);

}  // namespace frazil::source::kafka
