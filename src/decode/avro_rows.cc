#include "decode/avro_rows.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_set>
#include <utility>

#include "common/decimal.h"
#include "common/text/shown.h"
#include "common/time/civil_time.h"
#include "decode/column_reason.h"
#include "decode/json_text_values.h"

namespace frazil::decode {
namespace {

using avro::BinaryReader;
using iceberg::TypeKind;
using Op = AvroStep::Op;

// Longer maps use a set to find duplicate keys.
constexpr size_t kFewKeys = 16;

bool AnyTwice(const std::string_view* begin, const std::string_view* end) {
  if (static_cast<size_t>(end - begin) > kFewKeys) {
    return std::unordered_set<std::string_view>(begin, end).size() != static_cast<size_t>(end - begin);
  }
  for (const std::string_view* key = begin; key != end; ++key) {
    if (std::find(begin, key, *key) != key) return true;
  }
  return false;
}

// An Avro decimal may be longer than 16 bytes; the extra bytes repeat its sign.
std::optional<Int128> DecimalOf(std::string_view bytes) {
  while (bytes.size() > 16) {
    const bool negative = (static_cast<unsigned char>(bytes[1]) & 0x80) != 0;
    if (bytes[0] != (negative ? '\xff' : '\0')) return std::nullopt;
    bytes.remove_prefix(1);
  }
  return bytes.empty() ? Int128{0} : DecimalFromBytes(bytes);
}

}  // namespace

bool AvroRows::Bad(std::string reason) {
  reason_ = std::move(reason);
  return false;
}

bool AvroRows::DoesNotFit(const AvroStep& step, std::string_view value, std::string_view why) {
  return Bad(fmt::format("field '{}': {} is no {}: {}", PathOf(*step.column), Shown(value),
                         step.column->type().ToString(), why));
}

bool AvroRows::Wish(Column& column, iceberg::TypePtr type) {
  wish_ = {&column, std::move(type)};
  return Bad({});
}

bool AvroRows::Append(std::string_view bytes, const AvroPlan& plan) {
  BinaryReader reader(bytes);
  keys_.clear();
  symbol_bytes_ = 0;
  wish_ = {};
  if (!Read(plan.root, reader)) {
    return reader.ok()
               ? false
               : Bad(fmt::format("the value is not of the writer's schema: {}", reader.status().error().message));
  }
  if (reader.remaining() > 0) {
    return Bad(fmt::format("the value is not of the writer's schema: {} bytes are left over behind the record",
                           reader.remaining()));
  }
  return true;
}

// Returns false as soon as the reader fails, so that no loop continues with zeros.
bool AvroRows::Read(const AvroStep& step, BinaryReader& reader) {
  switch (step.op) {
    case Op::kSkip:
      reader.Skip(*step.node);
      return reader.ok();
    case Op::kImpossible:
      return Bad(step.why);
    case Op::kNull:
      return AppendNull(*step.column, "null");
    case Op::kUnion: {
      const size_t branch = reader.ReadIndex(step.below.size(), "union branch");
      return reader.ok() && Read(step.below[branch], reader);
    }
    case Op::kBoolean:
      step.column->AppendFixed(static_cast<uint8_t>(reader.ReadBoolean()));
      return reader.ok();
    case Op::kIntToInt:
      step.column->AppendFixed(reader.ReadInt());
      return reader.ok();
    case Op::kLongToInt: {
      const int64_t number = reader.ReadLong();
      if (number != static_cast<int32_t>(number)) {
        if (step.column->widens()) return Wish(*step.column, iceberg::Type::Primitive(TypeKind::kLong));
        return DoesNotFit(step, std::to_string(number), "it has 64 bits");
      }
      step.column->AppendFixed(static_cast<int32_t>(number));
      return reader.ok();
    }
    case Op::kLong:
      step.column->AppendFixed(reader.ReadLong());
      return reader.ok();
    case Op::kFloat:
      step.column->AppendFixed(reader.ReadFloat());
      return reader.ok();
    case Op::kDouble:
      step.column->AppendFixed(reader.ReadDouble());
      return reader.ok();
    case Op::kFloatToDouble:
      step.column->AppendFixed(static_cast<double>(reader.ReadFloat()));
      return reader.ok();
    case Op::kIntegerToFloat: {
      const int64_t number = reader.ReadLong();
      constexpr int64_t kExact = int64_t{1} << 24;  // integers up to here are floats
      if (step.column->widens() && (number > kExact || number < -kExact)) {
        return Wish(*step.column, iceberg::Type::Primitive(TypeKind::kDouble));
      }
      step.column->AppendFixed(static_cast<float>(number));
      return reader.ok();
    }
    case Op::kIntegerToDouble:
      step.column->AppendFixed(static_cast<double>(reader.ReadLong()));
      return reader.ok();
    case Op::kDoubleToFloat: {
      const double number = reader.ReadDouble();
      if (step.column->widens() && !IsFloat(number)) {
        return Wish(*step.column, iceberg::Type::Primitive(TypeKind::kDouble));
      }
      if (std::isfinite(number) && std::abs(number) > static_cast<double>(std::numeric_limits<float>::max())) {
        return DoesNotFit(step, fmt::format("{}", number), "it is too large for 32 bits");
      }
      step.column->AppendFixed(static_cast<float>(number));
      return reader.ok();
    }
    case Op::kText:
      return AppendText(step, reader.ReadBytes(), *step.column) && reader.ok();
    case Op::kBytes:
      step.column->AppendBytes(reader.ReadBytes());
      return reader.ok();
    case Op::kFixed:
      step.column->AppendBytes(reader.ReadFixed(static_cast<size_t>(step.node->size)));
      return reader.ok();
    case Op::kEnum: {
      const size_t symbol = reader.ReadIndex(step.node->symbols.size(), "enum symbol");
      if (!reader.ok()) return false;
      step.column->AppendBytes(step.node->symbols[symbol]);
      symbol_bytes_ += static_cast<int64_t>(step.node->symbols[symbol].size());
      return true;
    }
    case Op::kUuidText: {
      const std::string_view text = reader.ReadBytes();
      if (!reader.ok()) return false;
      const char* const why = decode::AppendText(text, *step.column);
      return why == nullptr || DoesNotFit(step, text, why);
    }
    case Op::kDecimal: {
      const std::string_view bytes = reader.ReadBytes();
      return reader.ok() && ReadDecimal(step, bytes);
    }
    case Op::kDecimalFixed: {
      const std::string_view bytes = reader.ReadFixed(static_cast<size_t>(step.node->size));
      return reader.ok() && ReadDecimal(step, bytes);
    }
    case Op::kIntegerToDecimal: {
      const int64_t number = reader.ReadLong();
      return reader.ok() && AppendDecimal(step, number, 0);
    }
    case Op::kScaled: {
      const int64_t number = reader.ReadLong();
      return reader.ok() && ReadScaled(step, number);
    }
    case Op::kEpoch: {
      const int64_t number = reader.ReadLong();
      if (!reader.ok()) return false;
      return step.column->AppendEpoch(number) ||
             DoesNotFit(step, std::to_string(number), "it lies beyond what 64 bits hold");
    }
    case Op::kRecord:
      return ReadRecord(step, reader);
    case Op::kArray:
      return ReadArray(step, reader);
    case Op::kMap:
      return ReadMap(step, reader);
  }
  return false;
}

bool AvroRows::ReadRecord(const AvroStep& step, BinaryReader& reader) {
  if (!reader.Enter()) return false;
  const size_t start = reader.position();
  for (const AvroStep& field : step.below) {
    if (!Read(field, reader)) return false;
  }
  if (reader.position() == start && !reader.ChargeEmpty(1)) return false;
  for (Column* const column : step.absent) {
    if (!AppendNull(*column, "missing")) return false;
  }
  reader.Leave();
  step.column->AppendStruct();
  return true;
}

bool AvroRows::ReadArray(const AvroStep& step, BinaryReader& reader) {
  if (!reader.Enter()) return false;
  const uint64_t least = step.node->items().min_size;
  for (auto block = reader.ReadBlock(least); block.count > 0; block = reader.ReadBlock(least)) {
    for (int64_t i = 0; i < block.count; ++i) {
      if (!Read(step.below[0], reader)) return false;
    }
    reader.EndBlock(block);
  }
  if (!reader.ok()) return false;
  reader.Leave();
  step.column->AppendRepeated();
  return true;
}

bool AvroRows::ReadMap(const AvroStep& step, BinaryReader& reader) {
  if (!reader.Enter()) return false;
  const uint64_t least = uint64_t{step.node->values().min_size} + 1;
  const size_t first = keys_.size();
  for (auto block = reader.ReadBlock(least); block.count > 0; block = reader.ReadBlock(least)) {
    for (int64_t i = 0; i < block.count; ++i) {
      const std::string_view key = reader.ReadBytes();
      if (!reader.ok() || !AppendText(step, key, step.column->child(0))) return false;
      keys_.push_back(key);
      if (!Read(step.below[0], reader)) return false;
    }
    reader.EndBlock(block);
  }
  if (!reader.ok()) return false;
  if (AnyTwice(keys_.data() + first, keys_.data() + keys_.size())) {
    return Bad(fmt::format("map '{}' has a key twice, so its value is ambiguous", PathOf(*step.column)));
  }
  keys_.resize(first);
  reader.Leave();
  step.column->AppendRepeated();
  return true;
}

bool AvroRows::AppendText(const AvroStep& step, std::string_view text, Column& column) {
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    return Bad(fmt::format("field '{}': its text is not valid UTF-8", PathOf(*step.column)));
  }
  column.AppendBytes(text);
  return true;
}

bool AvroRows::ReadDecimal(const AvroStep& step, std::string_view bytes) {
  const auto unscaled = DecimalOf(bytes);
  if (!unscaled) return DoesNotFit(step, fmt::format("a number of {} bytes", bytes.size()), "it has too many digits");
  return AppendDecimal(step, *unscaled, step.node->scale);
}

bool AvroRows::AppendDecimal(const AvroStep& step, Int128 unscaled, int scale) {
  // The same number with the column's digits behind the point, if none is lost.
  const int more = step.column->type().scale() - scale;
  std::optional<Int128> value;
  if (more == 0) {
    value = unscaled;
  } else if (more > 0) {
    const bool room = more <= kMaxDecimalDigits && FitsPrecision(unscaled, kMaxDecimalDigits - more);
    if (room) value = unscaled * PowerOfTen(more);
  } else if (-more <= kMaxDecimalDigits && unscaled % PowerOfTen(-more) == 0) {
    value = unscaled / PowerOfTen(-more);
  }
  if (!value || !FitsPrecision(*value, step.column->type().precision())) {
    auto wider = value && step.column->widens() ? WiderDecimal(*value, step.column->type()) : nullptr;
    if (wider != nullptr) return Wish(*step.column, std::move(wider));
    return DoesNotFit(step, FormatDecimal(unscaled, scale), "digits would be lost");
  }
  step.column->AppendFixed(*value);
  return true;
}

bool AvroRows::ReadScaled(const AvroStep& step, int64_t number) {
  int64_t value = 0;
  if (step.divisor > 1) {
    value = FloorDiv(number, step.divisor);
  } else if (__builtin_mul_overflow(number, step.factor, &value)) {
    return DoesNotFit(step, std::to_string(number), "it lies beyond what 64 bits hold");
  }
  if (step.column->kind() == TypeKind::kTime && (value < 0 || value >= kMicrosPerDay)) {
    return DoesNotFit(step, std::to_string(number), "it is no time of a day");
  }
  step.column->AppendFixed(value);
  return true;
}

bool AvroRows::AppendNull(Column& column, std::string_view state) {
  if (column.required() && column.relaxes()) return Wish(column, nullptr);
  if (column.required()) return Bad(IsRequired(column, state));
  column.AppendNull();
  return true;
}

}  // namespace frazil::decode
