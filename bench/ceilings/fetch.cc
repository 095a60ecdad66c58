// What fetching costs at least: a topic from start to end by raw Fetch requests, checksums compared, record batches
// walked in place.
//   ceiling_fetch BROKER TOPIC
#include "kafka.h"

int main(int count, char** arguments) {
  using namespace ceilings;
  if (count != 3) Die("usage: {} IPV4-ADDRESS:PORT TOPIC", arguments[0]);
  constexpr int32_t kAnswerBytes = 1 << 20;  // stays in the second cache
  Topic topic(arguments[1], arguments[2]);
  BatchWalker walker;
  int64_t records = 0, bytes = 0, fetched = 0;
  const auto count_one = [&](std::string_view value) {
    ++records;
    bytes += static_cast<int64_t>(value.size());
  };
  Stopwatch time;
  time.Start();
  while (topic.Fetch(kAnswerBytes, [&](int32_t, int64_t from, std::string_view share) {
    fetched += static_cast<int64_t>(share.size());
    return walker.Walk(share, from, count_one);
  })) {
  }
  time.Stop();
  Print("fetch", records, bytes, time,
        fmt::format(R"("codec":"{}","partitions":{},"fetched_bytes":{},"answer_bytes":{},"crc":"hardware")",
                    walker.codec(), topic.partitions().size(), fetched, kAnswerBytes));
}
