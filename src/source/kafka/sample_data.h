// Made-up records of known shape, the same for the same seed and index.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"

namespace frazil::source::kafka {

enum class SampleKind {
  kWeather,  // {"city": "Oslo", "temperature": "80.59", "ts": "2026-01-08-14"}: an hour of one day
  kSensor,   // {"sensor_id":"sensor-0042","timestamp":"2026-01-08T14:03:22.123","reading":21.53}: 100 sensors, 1 kHz
  kTransactions,  // {"user_id":"user-00042","transaction_amount":12.5,"event_time":"2026-01-08T14:03:22.123"}
};

// From the words of the command line: weather, sensor, transactions.
Result<SampleKind> ParseSampleKind(std::string_view word);

class SampleData {
 public:
  SampleData(SampleKind kind, uint64_t seed) : kind_(kind), seed_(seed) {}

  // Appends record number `index` as JSON.
  void Append(int64_t index, std::string& out) const;

 private:
  const SampleKind kind_;
  const uint64_t seed_;
};

}  // namespace frazil::source::kafka
