// A topic read to its end through source::Reader and dropped: what a record costs before anything is made of it, by
// each door.
// Reads topic $BENCH_TOPIC of $BENCH_BROKERS, which bench/run fills.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <ctime>
#include <string>

#include "source/open.h"

namespace frazil::source {
namespace {

class FromTheStart : public AssignmentListener {
 public:
  explicit FromTheStart(Source& source) : source_(source) {}
  Result<Positions> OnAssigned(const std::vector<TopicPartition>& partitions) override {
    return source_.ResolveStart(partitions, {});
  }
  void OnRevoked(const std::vector<TopicPartition>&) override {}
  void OnLost(const std::vector<TopicPartition>&) override {}

 private:
  Source& source_;
};

Result<int64_t> ReadAll(const kafka::Options& options) {
  FRAZIL_ASSIGN_OR_RETURN(const auto source, Open(options));
  FRAZIL_ASSIGN_OR_RETURN(const auto partitions, source->Streams());
  FRAZIL_ASSIGN_OR_RETURN(Positions ends, source->EndOffsets(partitions));
  FromTheStart listener(*source);
  FRAZIL_RETURN_IF_ERROR(source->Start(&listener));
  int64_t count = 0;
  while (!ends.empty()) {
    FRAZIL_ASSIGN_OR_RETURN(auto batches, source->Poll(std::chrono::milliseconds(100)));
    for (auto& batch : batches) {
      FRAZIL_RETURN_IF_ERROR(batch.Unpack());
      count += static_cast<int64_t>(batch.records.size());
      const auto end = ends.find(batch.source);
      if (end != ends.end() && batch.next >= end->second) ends.erase(end);
    }
  }
  FRAZIL_RETURN_IF_ERROR(source->Stop());
  return count;
}

void Run(benchmark::State& state, kafka::Door door) {
  const char* brokers = std::getenv("BENCH_BROKERS");
  const char* topic = std::getenv("BENCH_TOPIC");
  if (brokers == nullptr || topic == nullptr) return state.SkipWithError("BENCH_BROKERS and BENCH_TOPIC are not set");
  kafka::Options options;
  options.brokers = brokers;
  options.topics = {topic};
  options.group = "consume_bench";
  options.door = door;
  int64_t count = 0;
  const std::clock_t before = std::clock();  // of all threads: those that fetch do most of the work
  for (auto _ : state) {
    const auto read = ReadAll(options);
    if (!read) return state.SkipWithError(read.error().message.c_str());
    count += *read;
  }
  const double seconds = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  state.SetItemsProcessed(count);
  state.counters["ns/record"] = seconds * 1e9 / static_cast<double>(count);
}
void Consume(benchmark::State& state) { Run(state, kafka::Door::kNative); }
void ConsumeByLibrdkafka(benchmark::State& state) { Run(state, kafka::Door::kLibrdkafka); }
BENCHMARK(Consume)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(ConsumeByLibrdkafka)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace frazil::source
