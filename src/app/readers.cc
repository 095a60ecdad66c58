#include "app/readers.h"

#include <fmt/format.h>

#include <array>

#include "iceberg/column_names.h"
#include "iceberg/type_text.h"

namespace frazil::app {
namespace {

using iceberg::TypeKind;

constexpr std::array<std::string_view, 6> kReaders = {"spark", "trino", "duckdb", "athena", "snowflake", "databricks"};

struct TypeGap {
  std::string_view reader;
  TypeKind type;
  std::string_view instead;
};
constexpr TypeGap kTypeGaps[] = {
    {"spark", TypeKind::kTime, "it does not load the table; declare string or long"},
    {"databricks", TypeKind::kTime, "it does not load the table; declare string or long"},
    {"athena", TypeKind::kTime, "declare string or timestamp"},
    {"athena", TypeKind::kFixed, "declare binary"},
};

// Files that other engines' deletes have left.
struct DeleteGap {
  std::string_view reader;
  std::string_view summary;  // the count in the current snapshot's
  std::string_view words;
};
constexpr DeleteGap kDeleteGaps[] = {
    {"databricks", "total-position-deletes", "position deletes of format v2; rewrite its data files"},
    {"databricks", "total-equality-deletes", "equality deletes; rewrite its data files"},
    {"snowflake", "total-equality-deletes", "equality deletes; rewrite its data files"},
};

// The first column of this kind, by its full name.
std::string ColumnOf(const iceberg::Schema& schema, const std::vector<iceberg::Field>& fields, TypeKind kind) {
  for (const iceberg::Field& field : fields) {
    if (field.type->kind() == kind) return schema.FullName(field.id);
    if (!field.type->is_nested()) continue;
    if (auto below = ColumnOf(schema, field.type->fields(), kind); !below.empty()) return below;
  }
  return {};
}

bool HasSome(const iceberg::TableMetadata& table, std::string_view summary) {
  const iceberg::Snapshot* head = table.RefHead(iceberg::kMainBranch);
  if (head == nullptr) return false;
  const auto entry = head->summary.find(std::string(summary));
  return entry != head->summary.end() && entry->second != "0";
}

}  // namespace

std::span<const std::string_view> Readers() { return kReaders; }

std::vector<std::string> Unreadable(std::string_view reader, const iceberg::TableMetadata& table) {
  const iceberg::Schema& schema = *table.schema();
  std::vector<std::string> gaps;
  for (const TypeGap& gap : kTypeGaps) {
    if (gap.reader != reader) continue;
    if (const auto column = ColumnOf(schema, schema.fields(), gap.type); !column.empty()) {
      gaps.push_back(fmt::format("column \"{}\" is {}: {}", column, iceberg::TypeText(*schema.FindByName(column)->type),
                                 gap.instead));
    }
  }
  for (const DeleteGap& gap : kDeleteGaps) {
    if (gap.reader == reader && HasSome(table, gap.summary)) gaps.push_back(fmt::format("the table has {}", gap.words));
  }
  if (reader == "snowflake") return gaps;  // the others fold names
  for (const auto& [first, second] : iceberg::CaseTwins(schema)) {
    gaps.push_back(fmt::format("columns \"{}\" and \"{}\" differ in case alone", first, second));
  }
  return gaps;
}

}  // namespace frazil::app
