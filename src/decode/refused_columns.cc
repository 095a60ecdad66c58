#include "decode/refused_columns.h"

#include <fmt/core.h>

#include "iceberg/type_text.h"

namespace frazil::decode {
namespace {

// If keys of objects are data, there may be too many columns to remember. Forgotten columns are asked for again.
constexpr size_t kMostKept = 1000;

std::string TextOf(const std::vector<iceberg::ColumnAddition>& columns) {
  std::string text;
  for (const auto& column : columns) {
    text += fmt::format("{} {}\n", column.parent_id, iceberg::TypeText(*iceberg::Type::Struct({column.field})));
  }
  return text;
}

}  // namespace

void RefusedColumns::Add(const std::vector<iceberg::ColumnAddition>& columns, std::string reason) {
  if (reasons_.size() == kMostKept) reasons_.clear();
  reasons_[TextOf(columns)] = std::move(reason);
}

const std::string* RefusedColumns::Find(const std::vector<iceberg::ColumnAddition>& columns) const {
  if (const auto found = reasons_.find(TextOf(columns)); found != reasons_.end()) return &found->second;
  if (columns.size() == 1) return nullptr;
  for (const auto& column : columns) {
    if (const auto found = reasons_.find(TextOf({column})); found != reasons_.end()) return &found->second;
  }
  return nullptr;
}

}  // namespace frazil::decode
