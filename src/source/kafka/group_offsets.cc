#include "source/kafka/group_offsets.h"

#include <librdkafka/rdkafka.h>

#include "common/log.h"
#include "source/kafka/admin.h"
#include "source/kafka/errors.h"

namespace frazil::source::kafka {
namespace {

constexpr std::string_view kStoring = "storing the group's offsets in Kafka";

Error CommitError(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR_STALE_MEMBER_EPOCH:
    case RD_KAFKA_RESP_ERR_FENCED_MEMBER_EPOCH:
      return Fail(ErrorKind::kFenced, "{}: {}", kStoring, rd_kafka_err2str(code)).value();
    default:
      return FailWith(code, kStoring).value();
  }
}

}  // namespace

GroupOffsets::GroupOffsets(Client& client) : client_(client), answers_(NewQueue(client)) {}

void GroupOffsets::Store(const Positions& positions) {
  Serve();
  if (positions.empty()) return;
  if (closed_) {
    error_ = Fail(ErrorKind::kInternal, "{}: the group was left before", kStoring).value();
    return;
  }
  PartitionList list = ToList(positions);
  const auto code = rd_kafka_commit_queue(client_.get(), list.get(), answers_.get(), nullptr, nullptr);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++unanswered_;
  } else {
    error_ = CommitError(code);
  }
}

void GroupOffsets::Finish(rd_kafka_event_t* event) {
  --unanswered_;
  auto code = rd_kafka_event_error(event);
  const auto* list = rd_kafka_event_topic_partition_list(event);
  for (int i = 0; !code && list && i < list->cnt; ++i) code = list->elems[i].err;
  if (!code || code == RD_KAFKA_RESP_ERR__NO_OFFSET) return;
  error_ = CommitError(code);
  log::info("{}", error_->message);
}

void GroupOffsets::Serve() {
  while (unanswered_ > 0) {
    Owned<rd_kafka_event_t> event(rd_kafka_queue_poll(answers_.get(), 0));
    if (!event) return;
    Finish(event.get());
  }
}

Status GroupOffsets::Flush() {
  while (unanswered_ > 0) {
    FRAZIL_ASSIGN_OR_RETURN(auto event, client_.Await(answers_.get(), kStoring));
    Finish(event.get());
  }
  if (auto error = std::exchange(error_, std::nullopt)) return tl::unexpected<Error>(*std::move(error));
  return {};
}

Result<Positions> GroupOffsets::Read(const std::vector<TopicPartition>& partitions) {
  constexpr std::string_view kWhat = "reading the group's offsets from Kafka";
  if (partitions.empty()) return Positions{};
  const auto deadline = std::chrono::steady_clock::now() + client_.answer_within();
  for (;;) {
    PartitionList list = ToList(partitions);
    const auto code = rd_kafka_committed(client_.get(), list.get(), /*timeout_ms=*/1000);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      Positions positions;
      for (int i = 0; i < list->cnt; ++i) {
        const auto& each = list->elems[i];
        if (each.err) return FailWith(each.err, fmt::format("{}, topic {}", kWhat, each.topic));
        if (each.offset >= 0) positions[{each.topic, each.partition}] = each.offset;
      }
      return positions;
    }
    if (!IsTransient(code)) return FailWith(code, kWhat);
    FRAZIL_RETURN_IF_ERROR(client_.GoOn(kWhat));
    if (std::chrono::steady_clock::now() >= deadline) return client_.Unreachable(kWhat);
  }
}

}  // namespace frazil::source::kafka
