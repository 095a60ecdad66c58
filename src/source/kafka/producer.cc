#include "source/kafka/producer.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "source/kafka/admin.h"
#include "source/kafka/client.h"
#include "source/kafka/errors.h"

namespace frazil::source::kafka {
namespace {

constexpr std::chrono::seconds kCountPartitionsEvery{30};
constexpr int kServeEvery = 1000;  // records
constexpr int kWaitMillis = 100;

class KafkaProducer final : public Producer {
 public:
  Status Open(const std::string& brokers, const Properties& properties) {
    ClientConfig config;
    config.brokers = brokers;
    config.role = "producer";
    config.user = properties;
    config.defaults = {
        {"client.id", "frazil-produce"},      {"enable.idempotence", "true"},
        {"compression.type", "lz4"},          {"linger.ms", "5"},
        {"partitioner", "consistent_random"}, {"queue.buffering.max.kbytes", "65536"},
        {"message.timeout.ms", "120000"},     {"message.max.bytes", "1000000000"},  // the broker decides
    };
    config.on_delivery = [this](const rd_kafka_message_t& message) { OnDelivery(message); };
    FRAZIL_ASSIGN_OR_RETURN(client_, Client::Open(std::move(config)));
    return {};
  }

  Status Send(const std::string& topic, const OutgoingRecord& record) override {
    if (error_) return TakeFirstError();
    FRAZIL_ASSIGN_OR_RETURN(Topic * to, Find(topic));
    int32_t partition = record.partition;
    if (partition < 0 && record.key.data() == nullptr) {
      FRAZIL_RETURN_IF_ERROR(CountPartitions(topic, *to));
      partition = to->next_partition;
      to->next_partition = (partition + 1) % to->partitions;
    }
    if (++sent_ % kServeEvery == 0) rd_kafka_poll(client_->get(), 0);
    for (;;) {
      const auto code = Enqueue(to->handle.get(), partition < 0 ? RD_KAFKA_PARTITION_UA : partition, record);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
      if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        return FailWith(code, fmt::format("sending to Kafka topic {}", topic));
      }
      rd_kafka_poll(client_->get(), kWaitMillis);
      if (error_) return TakeFirstError();
      FRAZIL_RETURN_IF_ERROR(client_->GoOn(fmt::format("sending to Kafka topic {}", topic)));
    }
  }

  Status Flush() override {
    while (rd_kafka_flush(client_->get(), kWaitMillis) == RD_KAFKA_RESP_ERR__TIMED_OUT) {
      FRAZIL_RETURN_IF_ERROR(client_->GoOn("sending to Kafka"));
    }
    return error_ ? TakeFirstError() : Status{};
  }

 private:
  struct Topic {
    Owned<rd_kafka_topic_t> handle;
    int32_t partitions = 0;
    int32_t next_partition = 0;
    std::chrono::steady_clock::time_point count_again;
  };

  rd_kafka_resp_err_t Enqueue(rd_kafka_topic_t* topic, int32_t partition, const OutgoingRecord& record) {
    Owned<rd_kafka_headers_t> headers;
    if (!record.headers.empty()) {
      headers.reset(rd_kafka_headers_new(record.headers.size()));
      for (const record::HeaderView& header : record.headers) {
        rd_kafka_header_add(headers.get(), header.key.data(), static_cast<ssize_t>(header.key.size()),
                            header.value.data(), static_cast<ssize_t>(header.value.size()));
      }
    }
    // Librdkafka copies key and payload, and never writes to them.
    const auto code = rd_kafka_producev(client_->get(), RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition),
                                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                        RD_KAFKA_V_KEY(record.key.data(), record.key.size()),
                                        RD_KAFKA_V_VALUE(const_cast<char*>(record.value.data()), record.value.size()),
                                        RD_KAFKA_V_TIMESTAMP(std::max<int64_t>(record.timestamp_ms, 0)),
                                        RD_KAFKA_V_HEADERS(headers.get()), RD_KAFKA_V_END);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) (void)headers.release();  // the message's own now
    return code;
  }

  Result<Topic*> Find(const std::string& name) {
    if (last_ && *last_name_ == name) return last_;
    auto [found, is_new] = topics_.try_emplace(name);
    if (is_new) {
      found->second.handle.reset(rd_kafka_topic_new(client_->get(), name.c_str(), nullptr));
      if (!found->second.handle) {
        topics_.erase(found);
        return FailWith(rd_kafka_last_error(), fmt::format("Kafka topic {}", name));
      }
    }
    last_name_ = &found->first;
    last_ = &found->second;
    return last_;
  }

  Status CountPartitions(const std::string& name, Topic& topic) {
    // The clock is read now and then, not for each record.
    if (topic.partitions > 0 && sent_ % kServeEvery != 0) return {};
    const auto now = std::chrono::steady_clock::now();
    if (topic.partitions > 0 && now < topic.count_again) return {};
    FRAZIL_ASSIGN_OR_RETURN(const auto description, DescribeTopic(*client_, name));
    topic.partitions = std::max(1, description.partitions);
    topic.count_again = now + kCountPartitionsEvery;
    return {};
  }

  void OnDelivery(const rd_kafka_message_t& message) {
    if (!message.err || error_) return;
    error_ = FailWith(message.err,
                      fmt::format("a record for Kafka topic {} partition {} was not stored",
                                  rd_kafka_topic_name(message.rkt), message.partition),
                      rd_kafka_message_errstr(&message))
                 .value();
  }

  Status TakeFirstError() { return tl::unexpected<Error>(*std::exchange(error_, std::nullopt)); }

  std::optional<Error> error_;
  std::unique_ptr<Client> client_;
  std::map<std::string, Topic> topics_;  // after the client: handles go first
  const std::string* last_name_ = nullptr;
  Topic* last_ = nullptr;
  int64_t sent_ = 0;
};

}  // namespace

Result<std::unique_ptr<Producer>> OpenProducer(const std::string& brokers, const Properties& properties) {
  auto producer = std::make_unique<KafkaProducer>();
  FRAZIL_RETURN_IF_ERROR(producer->Open(brokers, properties));
  return producer;
}

}  // namespace frazil::source::kafka
