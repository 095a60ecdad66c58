#include "iceberg/column_names.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "common/text/case_fold.h"

namespace frazil::iceberg {
namespace {

// MetadataColumns of the reference implementation: columns that engines offer in addition to a table's own.
constexpr std::array<std::string_view, 7> kReservedNames = {
    "_file", "_pos", "_deleted", "_spec_id", "_partition", "_row_id", "_last_updated_sequence_number"};

std::string FullName(const std::string& above, const std::string& name) {
  return above.empty() ? name : above + "." + name;
}

}  // namespace

bool IsReservedName(std::string_view name) {
  return std::find(kReservedNames.begin(), kReservedNames.end(), name) != kReservedNames.end();
}

ColumnNames::ColumnNames(const std::vector<PartitionSpecPtr>& specs, const Schema& schema) {
  for (const auto& spec : specs) {
    for (const auto& field : spec->fields) {
      const bool gone = schema.FindById(field.source_id) == nullptr;
      partition_fields_.emplace(field.name, gone ? kGone : field.source_id);
    }
  }
}

std::optional<NameClash> ColumnNames::Take(const std::string& above, const Field& field) {
  return Take(above, field, /*is_new=*/false);
}

std::optional<NameClash> ColumnNames::TakeNew(const std::string& above, const Field& field) {
  if (above.empty() && IsReservedName(field.name)) {
    return NameClash{field.name,
                     "the name is reserved for a metadata column of Iceberg's, and Spark does not read tables that "
                     "have a column of that name"};
  }
  return Take(above, field, /*is_new=*/true);
}

std::optional<NameClash> ColumnNames::Take(const std::string& above, const Field& field, bool is_new) {
  std::string name = FullName(above, field.name);
  if (is_new && field.name.empty()) return NameClash{std::move(name), "a column must have a name"};
  const auto [first, last] = partition_fields_.equal_range(name);
  if (std::any_of(first, last,
                  [&](const auto& entry) { return is_new || (entry.second != field.id && entry.second != kGone); })) {
    return NameClash{std::move(name),
                     "a partition field of the table has that name, and other engines do not load tables with a column "
                     "of the same name that is not its source"};
  }
  if (!columns_.insert(name).second) {
    return NameClash{std::move(name),
                     "the table has another column of that full name (dots join the levels), and other engines do not "
                     "load tables that have two"};
  }
  const auto& below = field.type->fields();
  for (size_t i = 0; i < below.size(); ++i) {
    auto clash = Take(name, below[i], is_new);
    if (!clash) continue;
    while (i-- > 0) GiveBack(name, below[i]);
    columns_.erase(name);
    return clash;
  }
  return std::nullopt;
}

void ColumnNames::GiveBack(const std::string& above, const Field& field) {
  const std::string name = FullName(above, field.name);
  columns_.erase(name);
  for (const auto& below : field.type->fields()) GiveBack(name, below);
}

namespace {

void CollectNames(const Schema& schema, const std::vector<Field>& fields, std::map<std::string, std::string>& folded,
                  std::vector<std::pair<std::string, std::string>>& twins) {
  for (const auto& field : fields) {
    std::string name = schema.FullName(field.id);
    const auto [first, added] = folded.try_emplace(FoldCase(name), name);
    // Columns below such a pair are not listed again.
    if (!added) {
      twins.emplace_back(first->second, std::move(name));
    } else {
      CollectNames(schema, field.type->fields(), folded, twins);
    }
  }
}

}  // namespace

std::vector<std::pair<std::string, std::string>> CaseTwins(const Schema& schema) {
  std::map<std::string, std::string> folded;
  std::vector<std::pair<std::string, std::string>> twins;
  CollectNames(schema, schema.fields(), folded, twins);
  return twins;
}

}  // namespace frazil::iceberg
