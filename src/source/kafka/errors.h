// What librdkafka's error codes mean for Frazil. Codes are rd_kafka_resp_err_t.
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"
#include "record/record_batch.h"

namespace frazil::source::kafka {

// "Kafka topic T partition P".
std::string Describe(const record::TopicPartition& source);
// The client repairs these by itself (a broker is away, a leader or coordinator moves): log and wait.
bool IsTransient(int code);
ErrorKind KindOf(int code);
// "what: why", with advice where the code alone tells what to do.
[[nodiscard]] tl::unexpected<Error> FailWith(int code, std::string_view what);
[[nodiscard]] tl::unexpected<Error> FailWith(int code, std::string_view what, std::string_view why);

}  // namespace frazil::source::kafka
