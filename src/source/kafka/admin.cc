#include "source/kafka/admin.h"

#include <librdkafka/rdkafka.h>
#include <regex.h>

#include <cstring>
#include <thread>

#include "source/kafka/errors.h"

namespace frazil::source::kafka {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds kPause{200};                    // before a question is asked again
constexpr milliseconds kSlice{500};                    // of a blocking call, so that bad credentials are told at once
constexpr milliseconds kNewTopicReachesBrokers{2000};  // until then, not every broker knows of it
constexpr std::string_view kNoTopicId = "AAAAAAAAAAAAAAAAAAAAAA";

struct AdminOptionsDeleter {
  void operator()(rd_kafka_AdminOptions_t* options) const { rd_kafka_AdminOptions_destroy(options); }
};
using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, AdminOptionsDeleter>;

AdminOptions NewOptions(const Client& client, rd_kafka_admin_op_t operation) {
  AdminOptions options(rd_kafka_AdminOptions_new(client.get(), operation));
  char why[256];
  rd_kafka_AdminOptions_set_request_timeout(options.get(), static_cast<int>(client.answer_within().count()), why,
                                            sizeof why);
  return options;
}

// Calls `ask` until it succeeds, fails with an error that waiting does not mend, or the time is up.
template <class Ask>
auto UntilAnswered(Client& client, std::string_view what, Ask ask) -> decltype(ask()) {
  const auto start = SteadyClock::now();
  for (;;) {
    auto answer = ask();
    if (answer) return answer;
    const bool unknown = answer.error().kind == ErrorKind::kNotFound;
    if (!unknown && answer.error().kind != ErrorKind::kUnavailable) return answer;
    FRAZIL_RETURN_IF_ERROR(client.GoOn(what));
    const milliseconds patience = unknown ? kNewTopicReachesBrokers : client.answer_within();
    if (SteadyClock::now() + kPause >= start + patience) return answer;
    std::this_thread::sleep_for(kPause);
  }
}

Status CheckEvent(Client& client, rd_kafka_event_t* event, std::string_view what) {
  const auto code = rd_kafka_event_error(event);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  if (code == RD_KAFKA_RESP_ERR__TIMED_OUT) return client.Unreachable(what);
  return FailWith(code, what, rd_kafka_event_error_string(event));
}

class Regex {
 public:
  static Result<std::unique_ptr<Regex>> Compile(const std::string& pattern) {
    auto regex = std::make_unique<Regex>();
    if (const int code = regcomp(&regex->compiled_, pattern.c_str(), REG_EXTENDED | REG_NOSUB)) {
      char why[256];
      regerror(code, &regex->compiled_, why, sizeof why);
      return Fail(ErrorKind::kInvalidArgument, "topic pattern {}: {} (POSIX extended syntax)", pattern, why);
    }
    regex->ready_ = true;
    return regex;
  }
  Regex() = default;
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;
  ~Regex() {
    if (ready_) regfree(&compiled_);
  }
  bool Matches(const char* text) const { return regexec(&compiled_, text, 0, nullptr, 0) == 0; }

 private:
  regex_t compiled_{};
  bool ready_ = false;
};

}  // namespace

PartitionList ToList(const std::vector<TopicPartition>& partitions) {
  PartitionList list = NewPartitionList(static_cast<int>(partitions.size()));
  for (const auto& each : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), each.topic.c_str(), each.partition);
  }
  return list;
}

PartitionList ToList(const Positions& positions) {
  PartitionList list = NewPartitionList(static_cast<int>(positions.size()));
  for (const auto& [source, offset] : positions) {
    rd_kafka_topic_partition_list_add(list.get(), source.topic.c_str(), source.partition)->offset = offset;
  }
  return list;
}

Result<std::string> ClusterId(Client& client) {
  constexpr std::string_view kWhat = "asking for the cluster id";
  const auto deadline = SteadyClock::now() + client.answer_within();
  do {
    if (char* id = rd_kafka_clusterid(client.get(), static_cast<int>(kSlice.count()))) {
      std::string result(id);
      rd_kafka_mem_free(client.get(), id);
      return result;
    }
    FRAZIL_RETURN_IF_ERROR(client.GoOn(kWhat));
  } while (SteadyClock::now() < deadline);
  return client.Unreachable(kWhat);
}

Result<TopicDescription> DescribeTopic(Client& client, const std::string& topic) {
  const std::string what = fmt::format("Kafka topic {}", topic);
  return UntilAnswered(client, what, [&]() -> Result<TopicDescription> {
    const char* name = topic.c_str();
    std::unique_ptr<rd_kafka_TopicCollection_t, decltype(&rd_kafka_TopicCollection_destroy)> names(
        rd_kafka_TopicCollection_of_topic_names(&name, 1), &rd_kafka_TopicCollection_destroy);
    auto queue = NewQueue(client);
    auto options = NewOptions(client, RD_KAFKA_ADMIN_OP_DESCRIBETOPICS);
    rd_kafka_DescribeTopics(client.get(), names.get(), options.get(), queue.get());
    FRAZIL_ASSIGN_OR_RETURN(auto event, client.Await(queue.get(), what));
    FRAZIL_RETURN_IF_ERROR(CheckEvent(client, event.get(), what));

    size_t count = 0;
    const auto* result = rd_kafka_event_DescribeTopics_result(event.get());
    const auto* described = rd_kafka_DescribeTopics_result_topics(result, &count)[0];
    if (const auto* error = rd_kafka_TopicDescription_error(described); error && rd_kafka_error_code(error)) {
      return FailWith(rd_kafka_error_code(error), fmt::format("{} at {}", what, client.brokers()),
                      rd_kafka_error_string(error));
    }
    TopicDescription description;
    rd_kafka_TopicDescription_partitions(described, &count);
    description.partitions = static_cast<int32_t>(count);
    const rd_kafka_Uuid_t* id = rd_kafka_TopicDescription_topic_id(described);
    if (const char* text = id ? rd_kafka_Uuid_base64str(id) : nullptr; text && text != kNoTopicId) {
      description.id = text;
    }
    return description;
  });
}

Result<bool> IsCompacted(Client& client, const std::string& topic) {
  const std::string what = fmt::format("asking for the configuration of topic {}", topic);
  return UntilAnswered(client, what, [&]() -> Result<bool> {
    const std::unique_ptr<rd_kafka_ConfigResource_t, decltype(&rd_kafka_ConfigResource_destroy)> resource(
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str()), rd_kafka_ConfigResource_destroy);
    rd_kafka_ConfigResource_t* asked = resource.get();
    auto queue = NewQueue(client);
    auto options = NewOptions(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_DescribeConfigs(client.get(), &asked, 1, options.get(), queue.get());
    FRAZIL_ASSIGN_OR_RETURN(auto event, client.Await(queue.get(), what));
    FRAZIL_RETURN_IF_ERROR(CheckEvent(client, event.get(), what));

    size_t count = 0;
    const auto* result = rd_kafka_event_DescribeConfigs_result(event.get());
    const auto* described = rd_kafka_DescribeConfigs_result_resources(result, &count)[0];
    if (const auto code = rd_kafka_ConfigResource_error(described)) return FailWith(code, what);
    const auto** entries = rd_kafka_ConfigResource_configs(described, &count);
    for (size_t i = 0; i < count; ++i) {
      if (std::strcmp(rd_kafka_ConfigEntry_name(entries[i]), "cleanup.policy") != 0) continue;
      const char* policy = rd_kafka_ConfigEntry_value(entries[i]);
      return policy != nullptr && std::strstr(policy, "compact") != nullptr;
    }
    return false;
  });
}

Result<std::vector<std::string>> MatchingTopics(Client& client, const std::string& pattern) {
  FRAZIL_ASSIGN_OR_RETURN(auto regex, Regex::Compile(pattern));
  const std::string what = fmt::format("listing the topics that match {}", pattern);
  return UntilAnswered(client, what, [&]() -> Result<std::vector<std::string>> {
    const rd_kafka_metadata_t* metadata = nullptr;
    const auto code =
        rd_kafka_metadata(client.get(), /*all_topics=*/1, nullptr, &metadata, static_cast<int>(kSlice.count()) * 4);
    if (code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT) return client.Unreachable(what);
    if (code) return FailWith(code, what);
    std::vector<std::string> topics;
    for (int i = 0; i < metadata->topic_cnt; ++i) {
      const char* name = metadata->topics[i].topic;
      if (std::strncmp(name, "__", 2) != 0 && regex->Matches(name)) topics.emplace_back(name);
    }
    rd_kafka_metadata_destroy(metadata);
    return topics;
  });
}

namespace {

// The error for partitions without a leader. It asks whether the topics and partitions exist at all.
tl::unexpected<Error> NoLeaders(Client& client, const std::vector<TopicPartition>& partitions, std::string_view what) {
  for (const TopicPartition& each : partitions) {
    const auto topic = DescribeTopic(client, each.topic);
    if (!topic) return tl::unexpected<Error>(topic.error());
    if (each.partition >= topic->partitions) {
      return Fail(ErrorKind::kNotFound, "{}: it has {} partitions, so none of number {}", what, topic->partitions,
                  each.partition);
    }
  }
  return Fail(ErrorKind::kUnavailable, "{}: its partitions have no leader at the moment", what);
}

}  // namespace

Result<Positions> ListOffsets(Client& client, const std::vector<TopicPartition>& partitions, int64_t spec,
                              bool read_committed) {
  if (partitions.empty()) return Positions{};
  const std::string what = fmt::format("asking for the offsets of topic {}", partitions.front().topic);
  return UntilAnswered(client, what, [&]() -> Result<Positions> {
    PartitionList list = ToList(partitions);
    for (int i = 0; i < list->cnt; ++i) list->elems[i].offset = spec;
    auto queue = NewQueue(client);
    auto options = NewOptions(client, RD_KAFKA_ADMIN_OP_LISTOFFSETS);
    Owned<rd_kafka_error_t> refused(rd_kafka_AdminOptions_set_isolation_level(
        options.get(),
        read_committed ? RD_KAFKA_ISOLATION_LEVEL_READ_COMMITTED : RD_KAFKA_ISOLATION_LEVEL_READ_UNCOMMITTED));
    if (refused) return FailWith(rd_kafka_error_code(refused.get()), what, rd_kafka_error_string(refused.get()));
    rd_kafka_ListOffsets(client.get(), list.get(), options.get(), queue.get());
    FRAZIL_ASSIGN_OR_RETURN(auto event, client.Await(queue.get(), what));
    if (rd_kafka_event_error(event.get()) == RD_KAFKA_RESP_ERR__NOENT) return NoLeaders(client, partitions, what);
    FRAZIL_RETURN_IF_ERROR(CheckEvent(client, event.get(), what));

    size_t count = 0;
    const auto** infos = rd_kafka_ListOffsets_result_infos(rd_kafka_event_ListOffsets_result(event.get()), &count);
    Positions positions;
    for (size_t i = 0; i < count; ++i) {
      const auto* each = rd_kafka_ListOffsetsResultInfo_topic_partition(infos[i]);
      if (each->err) {
        return FailWith(each->err, fmt::format("asking for the offsets of topic {} partition {} at {}", each->topic,
                                               each->partition, client.brokers()));
      }
      positions[{each->topic, each->partition}] = each->offset;
    }
    return positions;
  });
}

Error OffsetGone(Client& client, const TopicPartition& partition, int64_t offset, std::string_view why) {
  const auto start = ListOffsets(client, {partition}, kLogStart, /*read_committed=*/false);
  const auto end = ListOffsets(client, {partition}, kLogEnd, /*read_committed=*/false);
  const std::string name = fmt::format("Kafka topic {} partition {}", partition.topic, partition.partition);
  if (!start || !end || !start->contains(partition) || !end->contains(partition)) {
    return Fail(ErrorKind::kNotFound, "{}: offset {} is out of range: {}", name, offset, why).value();
  }
  const int64_t first = start->at(partition);
  const int64_t next = end->at(partition);
  if (offset < first) {
    return Fail(ErrorKind::kRecordsGone,
                "{}: offset {} is out of range: the log starts at {} (it ends at {}), so the records {} to {} were "
                "deleted before they were read. Nothing is skipped silently: restore them, or go on without them by "
                "'frazil rewind --to-offsets {}:{}={}' or 'on_lost_records: skip'; a longer retention.ms of the topic "
                "keeps this from happening again",
                name, offset, first, next, offset, first - 1, partition.topic, partition.partition, first)
        .value();
  }
  return Fail(ErrorKind::kNotFound,
              "{}: offset {} is out of range: the log starts at {} and ends at {} ({}). The topic was made anew or the "
              "broker lost records: nothing is read again silently; 'frazil rewind' sets the position to an offset of "
              "this log, or give the pipeline a new name to start over",
              name, offset, first, next, why)
      .value();
}

Result<std::vector<GroupMember>> GroupMembers(Client& client, const std::string& group) {
  const std::string what = fmt::format("asking for the members of consumer group {}", group);
  return UntilAnswered(client, what, [&]() -> Result<std::vector<GroupMember>> {
    const char* name = group.c_str();
    auto queue = NewQueue(client);
    auto options = NewOptions(client, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
    rd_kafka_DescribeConsumerGroups(client.get(), &name, 1, options.get(), queue.get());
    FRAZIL_ASSIGN_OR_RETURN(auto event, client.Await(queue.get(), what));
    FRAZIL_RETURN_IF_ERROR(CheckEvent(client, event.get(), what));

    size_t count = 0;
    const auto* result = rd_kafka_event_DescribeConsumerGroups_result(event.get());
    const auto* described = rd_kafka_DescribeConsumerGroups_result_groups(result, &count)[0];
    if (const auto* error = rd_kafka_ConsumerGroupDescription_error(described); error && rd_kafka_error_code(error)) {
      if (rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND) return std::vector<GroupMember>();
      return FailWith(rd_kafka_error_code(error), what, rd_kafka_error_string(error));
    }
    const auto text = [](const char* value) { return std::string(value == nullptr ? "" : value); };
    std::vector<GroupMember> members(rd_kafka_ConsumerGroupDescription_member_count(described));
    for (size_t i = 0; i < members.size(); ++i) {
      const auto* member = rd_kafka_ConsumerGroupDescription_member(described, i);
      members[i] = {text(rd_kafka_MemberDescription_consumer_id(member)),
                    text(rd_kafka_MemberDescription_client_id(member)), text(rd_kafka_MemberDescription_host(member))};
    }
    return members;
  });
}

}  // namespace frazil::source::kafka
