// What JSON to columns costs at least. The records are fetched first; only parsing is measured.
//   ceiling_parse BROKER TOPIC LOAD
#include "columns.h"

int main(int count, char** arguments) {
  using namespace ceilings;
  if (count != 4) Die("usage: {} IPV4-ADDRESS:PORT TOPIC LOAD", arguments[0]);
  constexpr size_t kMost = 2'000'000, kBatch = 20'000;
  constexpr int kPasses = 3;
  const Payloads all = ReadPayloads(arguments[1], arguments[2], kMost);
  WithLoad(arguments[3], [&](auto rows) {
    Stopwatch time;
    int64_t records = 0;
    for (int pass = 0; pass < kPasses; ++pass) {
      time.Start();
      for (size_t from = 0; from < all.size(); from += kBatch) {
        records += rows.Parse(all, from, std::min(all.size(), from + kBatch))->num_rows();
      }
      time.Stop();
    }
    Print("parse", records, static_cast<int64_t>(all.ends.empty() ? 0 : all.ends.back()) * kPasses, time,
          fmt::format(R"("load":"{}","batch_rows":{},"simdjson":"{}","implementation":"{}")", arguments[3], kBatch,
                      SIMDJSON_VERSION, simdjson::get_active_implementation()->name()));
  });
}
