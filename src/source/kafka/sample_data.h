// Sample records. The same kind, seed and index always give the same record.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"

namespace frazil::source::kafka {

enum class SampleKind {
  kWeather,  // {"city": "Oslo", "temperature": "80.59", "ts": "2026-01-08-14"}; ts is an hour of one day
  // {"sensor_id":"sensor-0042","timestamp":"2026-01-08T14:03:22.123","reading":21.53}: 100 sensors, 1000 records a
  // second
  kSensor,
  kTransactions,  // {"user_id":"user-00042","transaction_amount":12.5,"event_time":"2026-01-08T14:03:22.123"}
};

// Parses "weather", "sensor" or "transactions".
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
