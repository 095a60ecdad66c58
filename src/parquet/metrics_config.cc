#include "parquet/metrics_config.h"

#include <fmt/core.h>

#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "common/text/ascii_case.h"
#include "common/warn_once.h"

namespace frazil::parquet {
namespace {

constexpr std::string_view kDefault = "write.metadata.metrics.default";
constexpr std::string_view kColumnPrefix = "write.metadata.metrics.column.";
constexpr std::string_view kMaxInferred = "write.metadata.metrics.max-inferred-column-defaults";
constexpr int kMaxInferredDefault = 100;

std::optional<int> ParseInt(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<MetricsMode> ParseMode(const std::string& given) {
  const std::string text = Lower(given);
  if (text == "none") return MetricsMode{MetricsMode::Kind::kNone, 0};
  if (text == "counts") return MetricsMode{MetricsMode::Kind::kCounts, 0};
  if (text == "full") return MetricsMode{MetricsMode::Kind::kFull, 0};
  constexpr std::string_view kTruncate = "truncate(";
  if (!text.starts_with(kTruncate) || !text.ends_with(')')) return std::nullopt;
  const auto length = ParseInt(std::string_view(text).substr(kTruncate.size(), text.size() - kTruncate.size() - 1));
  if (!length || *length <= 0) return std::nullopt;
  return MetricsMode{MetricsMode::Kind::kTruncate, *length};
}

MetricsMode ModeOr(const std::string& text, const MetricsMode& fallback, std::string_view key) {
  if (const auto mode = ParseMode(text)) return *mode;
  log::WarnOnce(fmt::format(
      "table property {} has no metrics mode '{}' (none, counts, truncate(N), full); the default is used", key, text));
  return fallback;
}

// The ids of the first `limit` primitive columns. The direct fields of a struct come before deeper ones.
void FirstPrimitives(const std::vector<iceberg::Field>& fields, size_t limit, std::vector<int32_t>* ids) {
  for (const iceberg::Field& field : fields) {
    if (ids->size() >= limit) return;
    if (!field.type->is_nested()) ids->push_back(field.id);
  }
  for (const iceberg::Field& field : fields) {
    if (ids->size() >= limit) return;
    if (field.type->is_nested()) FirstPrimitives(field.type->fields(), limit, ids);
  }
}

}  // namespace

MetricsConfig::MetricsConfig(const std::map<std::string, std::string>& table_properties,
                             const iceberg::Schema& schema) {
  if (const auto it = table_properties.find(std::string(kDefault)); it != table_properties.end()) {
    default_mode_ = ModeOr(it->second, MetricsMode{}, kDefault);  // a stated default holds for every column
  } else {
    int limit = kMaxInferredDefault;
    if (const auto max = table_properties.find(std::string(kMaxInferred)); max != table_properties.end()) {
      const auto parsed = ParseInt(max->second);
      if (parsed && *parsed >= 0) limit = *parsed;
    }
    std::vector<int32_t> first;
    FirstPrimitives(schema.fields(), static_cast<size_t>(limit), &first);
    for (const int32_t id : first) modes_[id] = MetricsMode{};
    default_mode_ = MetricsMode{MetricsMode::Kind::kNone, 0};
  }
  for (auto it = table_properties.lower_bound(std::string(kColumnPrefix));
       it != table_properties.end() && it->first.starts_with(kColumnPrefix); ++it) {
    const iceberg::Field* field = schema.FindByName(std::string_view(it->first).substr(kColumnPrefix.size()));
    if (field != nullptr) modes_[field->id] = ModeOr(it->second, default_mode_, it->first);
  }
}

MetricsMode MetricsConfig::ModeOf(int32_t field_id) const {
  const auto it = modes_.find(field_id);
  return it == modes_.end() ? default_mode_ : it->second;
}

}  // namespace frazil::parquet
