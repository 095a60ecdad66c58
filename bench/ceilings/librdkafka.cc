// What librdkafka alone costs: a topic from start to end by its batch interface, each message looked at and destroyed.
//   ceiling_librdkafka BROKERS TOPIC
#include <librdkafka/rdkafka.h>

#include <memory>
#include <vector>

#include "measure.h"

namespace {

using ceilings::Die;

void Set(rd_kafka_conf_t* conf, const char* key, const char* value) {
  char error[256];
  if (rd_kafka_conf_set(conf, key, value, error, sizeof error) != RD_KAFKA_CONF_OK) Die("librdkafka: {}", error);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) Die("usage: {} BROKERS TOPIC", arguments[0]);
  constexpr size_t kAtOnce = 10000;
  constexpr int kTimeoutMillis = 10000, kPollMillis = 100;
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  Set(conf, "bootstrap.servers", arguments[1]);
  Set(conf, "group.id", "ceilings");
  Set(conf, "enable.auto.commit", "false");
  Set(conf, "auto.offset.reset", "earliest");
  Set(conf, "enable.partition.eof", "true");
  Set(conf, "check.crcs", "true");
  Set(conf, "fetch.wait.max.ms", "100");
  Set(conf, "fetch.queue.backoff.ms", "5");
  char error[256];
  rd_kafka_t* const client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
  if (client == nullptr) Die("librdkafka: {}", error);
  rd_kafka_poll_set_consumer(client);

  const rd_kafka_metadata_t* metadata = nullptr;
  rd_kafka_topic_t* const topic = rd_kafka_topic_new(client, arguments[2], nullptr);
  if (const auto code = rd_kafka_metadata(client, 0, topic, &metadata, kTimeoutMillis)) {
    Die("topic {}: {}", arguments[2], rd_kafka_err2str(code));
  }
  const int partitions = metadata->topics[0].partition_cnt;
  rd_kafka_topic_partition_list_t* const list = rd_kafka_topic_partition_list_new(partitions);
  for (int i = 0; i < partitions; ++i) {
    rd_kafka_topic_partition_list_add(list, arguments[2], i)->offset = RD_KAFKA_OFFSET_BEGINNING;
  }
  rd_kafka_metadata_destroy(metadata);

  ceilings::Stopwatch time;
  time.Start();
  if (const auto code = rd_kafka_assign(client, list)) Die("librdkafka: {}", rd_kafka_err2str(code));
  rd_kafka_queue_t* const queue = rd_kafka_queue_get_consumer(client);
  std::vector<rd_kafka_message_t*> messages(kAtOnce);
  int64_t records = 0, bytes = 0;
  for (int ended = 0; ended < partitions;) {
    const auto got = rd_kafka_consume_batch_queue(queue, kPollMillis, messages.data(), messages.size());
    if (got < 0) Die("topic {}: {}", arguments[2], rd_kafka_err2str(rd_kafka_last_error()));
    for (size_t i = 0; i < static_cast<size_t>(got); ++i) {
      if (messages[i]->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        ++ended;
      } else if (messages[i]->err != 0) {
        Die("topic {}: {}", arguments[2], rd_kafka_message_errstr(messages[i]));
      } else {
        ++records;
        bytes += static_cast<int64_t>(messages[i]->len);
      }
      rd_kafka_message_destroy(messages[i]);
    }
  }
  time.Stop();
  rd_kafka_queue_destroy(queue);
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_topic_destroy(topic);
  rd_kafka_consumer_close(client);
  rd_kafka_destroy(client);
  ceilings::Print("librdkafka", records, bytes, time,
                  fmt::format(R"("version":"{}","partitions":{},"at_once":{},"crc":"checked")", rd_kafka_version_str(),
                              partitions, kAtOnce));
}
