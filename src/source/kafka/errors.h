// What librdkafka's error codes mean for Frazil. A code is an rd_kafka_resp_err_t.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "record/record_batch.h"

namespace frazil::source::kafka {

// "Kafka topic T partition P".
std::string Describe(const record::TopicPartition& source);
// True for errors that the client repairs by itself, such as a broker that is away or a leader that moves. Log them and
// wait.
bool IsTransient(int code);
ErrorKind KindOf(int code);
// An error "WHAT: WHY". Advice follows if the code alone tells what to do. Without `why` it is librdkafka's text.
[[nodiscard]] tl::unexpected<Error> FailWith(int code, std::string_view what);
[[nodiscard]] tl::unexpected<Error> FailWith(int code, std::string_view what, std::string_view why);

}  // namespace frazil::source::kafka
