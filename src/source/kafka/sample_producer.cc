#include "source/kafka/sample_producer.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <thread>

#include "common/log.h"
#include "source/kafka/producer.h"

namespace frazil::source::kafka {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int64_t kAtOnce = 1000;  // records between two looks at the clock
constexpr std::chrono::milliseconds kPace{20};
constexpr std::chrono::milliseconds kProgressEvery{250};

// How many records the rate allows by now.
int64_t Due(const ProduceOptions& options, SteadyClock::time_point start, int64_t sent) {
  if (options.rate <= 0) return sent + kAtOnce;
  const std::chrono::duration<double> elapsed = SteadyClock::now() - start;
  return static_cast<int64_t>(elapsed.count() * options.rate) + 1;  // the first one at once
}

Status CheckOptions(const ProduceOptions& options) {
  if (options.count < 0 || options.rate < 0) {
    return Fail(ErrorKind::kInvalidArgument, "produce: count and rate cannot be negative");
  }
  if (options.count == 0 && options.stop == nullptr) {
    return Fail(ErrorKind::kInvalidArgument, "produce: without a count it would never end");
  }
  return {};
}

// Sends until all records are sent or `options.stop` is set. Stores in `sent` how many were sent.
Status SendAll(const ProduceOptions& options, Producer& producer, int64_t& sent) {
  const StopScope scope(options.stop);
  const SampleData data(options.kind, options.seed);
  const int64_t count = options.count > 0 ? options.count : std::numeric_limits<int64_t>::max();
  const auto start = SteadyClock::now();
  auto report_at = start + kProgressEvery;
  std::string record;
  while (sent < count && !(options.stop && options.stop->IsSet())) {
    const int64_t until = std::min({count, Due(options, start, sent), sent + kAtOnce});
    for (; sent < until; ++sent) {
      record.clear();
      data.Append(sent, record);
      if (auto status = producer.Send(options.topic, {.value = record}); !status) {
        if (status.error().kind == ErrorKind::kCancelled) return {};
        if (status.error().kind != ErrorKind::kNotFound) return status;
        return Fail(ErrorKind::kNotFound,
                    "Kafka topic {} does not exist at {}. Create it first, for instance by "
                    "kafka-topics.sh --bootstrap-server {} --create --topic {} --partitions 4",
                    options.topic, options.brokers, options.brokers, options.topic);
      }
    }
    const auto now = SteadyClock::now();
    if (options.on_progress && now >= report_at) {
      options.on_progress(sent);
      report_at = now + kProgressEvery;
    }
    if (options.rate > 0 && sent < count) std::this_thread::sleep_for(kPace);
  }
  return {};
}

}  // namespace

Status Produce(const ProduceOptions& options) {
  FRAZIL_RETURN_IF_ERROR(CheckOptions(options));
  FRAZIL_ASSIGN_OR_RETURN(auto producer, OpenProducer(options.brokers, options.properties));
  int64_t sent = 0;
  FRAZIL_RETURN_IF_ERROR(SendAll(options, *producer, sent));
  FRAZIL_RETURN_IF_ERROR(producer->Flush());
  if (options.on_progress) options.on_progress(sent);
  log::debug("{} records are in Kafka topic {}", sent, options.topic);
  return {};
}

}  // namespace frazil::source::kafka
