// Administrative questions to the cluster. They give up with kUnavailable after about Client::answer_within().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "source/kafka/client.h"
#include "source/log.h"

namespace frazil::source::kafka {

struct TopicDescription {
  std::string id;  // the topic's UUID in base64; empty if the broker has none
  int32_t partitions = 0;
};

Result<std::string> ClusterId(Client& client);
// kNotFound if there is no such topic.
Result<TopicDescription> DescribeTopic(Client& client, const std::string& topic);
// True if the topic's cleanup.policy contains "compact".
Result<bool> IsCompacted(Client& client, const std::string& topic);
// The names of all topics that `pattern`, a POSIX extended regular expression, matches. Wrap it with WholeNamePattern
// to match whole names. Internal topics ("__…") are left out.
Result<std::vector<std::string>> MatchingTopics(Client& client, const std::string& pattern);

// The offset of each partition for `spec`: kLogStart, kLogEnd or a timestamp in ms since 1970. For a timestamp it is
// the offset of the first record that is not older, or -1 if there is none.
constexpr int64_t kLogStart = -2;
constexpr int64_t kLogEnd = -1;
Result<Positions> ListOffsets(Client& client, const std::vector<TopicPartition>& partitions, int64_t spec,
                              bool read_committed);

// The error for an offset that the log does not have. It asks the broker where the log begins and ends. kRecordsGone if
// `offset` lies before the log, else kNotFound.
Error OffsetGone(Client& client, const TopicPartition& partition, int64_t offset, std::string_view why);

struct GroupMember {
  std::string id;
  std::string client_id;
  std::string host;
};
// The current members of `group`; empty if there is no such group.
Result<std::vector<GroupMember>> GroupMembers(Client& client, const std::string& group);

PartitionList ToList(const std::vector<TopicPartition>& partitions);
PartitionList ToList(const Positions& positions);

}  // namespace frazil::source::kafka
