#include "decode/refused_columns.h"

#include <fmt/core.h>

#include <vector>

#include "iceberg/type_text.h"

namespace frazil::decode {
namespace {

// If keys of objects are data, there may be too many columns to remember. Forgotten columns are asked for again.
constexpr size_t kMostKept = 1000;

std::string TextOf(const iceberg::SchemaChange& change) {
  std::string text;
  for (const auto& column : change.additions) {
    text += fmt::format("{} {}\n", column.parent_id, iceberg::TypeText(*iceberg::Type::Struct({column.field})));
  }
  for (const auto& column : change.promotions)
    text += fmt::format("{} to {}\n", column.field_id, column.type->ToString());
  for (const int32_t field_id : change.relaxed) text += fmt::format("{} optional\n", field_id);
  return text;
}

// Each thing that it changes, alone.
std::vector<iceberg::SchemaChange> Parts(const iceberg::SchemaChange& change) {
  std::vector<iceberg::SchemaChange> parts;
  for (const auto& column : change.additions) parts.push_back({.additions = {column}});
  for (const auto& column : change.promotions) parts.push_back({.promotions = {column}});
  for (const int32_t field_id : change.relaxed) parts.push_back({.relaxed = {field_id}});
  return parts;
}

}  // namespace

void RefusedColumns::Add(const iceberg::SchemaChange& change, std::string reason) {
  if (reasons_.size() == kMostKept) reasons_.clear();
  reasons_[TextOf(change)] = std::move(reason);
}

const std::string* RefusedColumns::Find(const iceberg::SchemaChange& change) const {
  if (const auto found = reasons_.find(TextOf(change)); found != reasons_.end()) return &found->second;
  for (const iceberg::SchemaChange& part : Parts(change)) {
    if (const auto found = reasons_.find(TextOf(part)); found != reasons_.end()) return &found->second;
  }
  return nullptr;
}

}  // namespace frazil::decode
