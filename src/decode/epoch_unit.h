// The unit of integers in timestamp columns.
#pragma once

#include <cstdint>
#include <string_view>

namespace frazil::decode {

enum class EpochUnit : uint8_t { kSeconds, kMillis, kMicros, kNanos };

constexpr std::string_view ToString(EpochUnit unit) {
  switch (unit) {
    case EpochUnit::kSeconds:
      return "seconds";
    case EpochUnit::kMillis:
      return "milliseconds";
    case EpochUnit::kMicros:
      return "microseconds";
    case EpochUnit::kNanos:
      return "nanoseconds";
  }
  return "?";
}

constexpr int64_t PerSecond(EpochUnit unit) {
  switch (unit) {
    case EpochUnit::kSeconds:
      return 1;
    case EpochUnit::kMillis:
      return 1'000;
    case EpochUnit::kMicros:
      return 1'000'000;
    case EpochUnit::kNanos:
      return 1'000'000'000;
  }
  return 1;
}

}  // namespace frazil::decode
