// Owners of librdkafka's objects. This header only declares librdkafka's types, so that rdkafka.h is included by .cc
// files alone.
#pragma once

#include <memory>

struct rd_kafka_s;
struct rd_kafka_conf_s;
struct rd_kafka_error_s;
struct rd_kafka_headers_s;
struct rd_kafka_message_s;
struct rd_kafka_op_s;  // an event
struct rd_kafka_queue_s;
struct rd_kafka_topic_partition_list_s;
struct rd_kafka_topic_s;

namespace frazil::source::kafka {

struct HandleDeleter {
  void operator()(rd_kafka_s* client) const;  // closes a consumer first, which may run callbacks
  void operator()(rd_kafka_conf_s* conf) const;
  void operator()(rd_kafka_error_s* error) const;
  void operator()(rd_kafka_headers_s* headers) const;
  void operator()(rd_kafka_op_s* event) const;
  void operator()(rd_kafka_queue_s* queue) const;
  void operator()(rd_kafka_topic_partition_list_s* list) const;
  void operator()(rd_kafka_topic_s* topic) const;
};
template <class T>
using Owned = std::unique_ptr<T, HandleDeleter>;

using PartitionList = Owned<rd_kafka_topic_partition_list_s>;

}  // namespace frazil::source::kafka
