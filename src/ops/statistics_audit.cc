#include "ops/statistics_audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "iceberg/partition_spec.h"

namespace frazil::ops {
namespace {

using iceberg::Literal;
using iceberg::TransformKind;
using iceberg::TypeKind;
using parquet::ColumnStatistics;
using parquet::FileColumn;
using table::FindingKind;

constexpr std::string_view kRewrite =
    "readers go by it and leave rows out, or fail: have an engine rewrite the "
    "file (compaction reads all of its rows)";

template <class T>
std::optional<T> Find(const std::map<int32_t, T>& of, int32_t id) {
  const auto found = of.find(id);
  return found == of.end() ? std::nullopt : std::optional(found->second);
}

bool IsNan(const Literal& value) {
  if (const auto* number = std::get_if<float>(&value)) return std::isnan(*number);
  if (const auto* number = std::get_if<double>(&value)) return std::isnan(*number);
  return false;
}

// Compares as bounds do, but -0.0 equals 0.0: some writers do not tell them apart, and Parquet's statistics widen zero
// to both.
int CompareBounds(const iceberg::Type& type, const Literal& a, const Literal& b) {
  return iceberg::SameValue(a, b) ? 0 : Compare(type, a, b);
}

bool KeepsOrder(TransformKind kind) {
  return kind == TransformKind::kIdentity || kind == TransformKind::kTruncate || kind == TransformKind::kYear ||
         kind == TransformKind::kMonth || kind == TransformKind::kDay || kind == TransformKind::kHour;
}

// Old writers rounded times before 1970 to the next unit (reference: ProjectionUtil.fixInclusiveTimeProjection).
bool IsOldNegative(TransformKind kind, const Literal& is, const Literal& told) {
  if (kind != TransformKind::kYear && kind != TransformKind::kMonth && kind != TransformKind::kDay &&
      kind != TransformKind::kHour) {
    return false;
  }
  const auto* due = std::get_if<int32_t>(&is);
  const auto* found = std::get_if<int32_t>(&told);
  return due != nullptr && found != nullptr && *due < 0 && *found == *due + 1;
}

bool HasValues(const iceberg::Type& type) { return type.kind() < TypeKind::kUnknown; }
bool IsFloating(const iceberg::Type& type) {
  return type.kind() == TypeKind::kFloat || type.kind() == TypeKind::kDouble;
}

// The claims about a column in a manifest or footer.
struct Claims {
  std::optional<int64_t> values, nulls, nans;
  std::optional<std::string> lower, upper;
};

// The first claim that is false, as text for people. Empty if no claim is contradicted.
std::string Contradiction(const Claims& claims, const ColumnStatistics& is, const iceberg::Type& type) {
  const auto count = [](const char* what, const std::optional<int64_t>& told, const std::optional<int64_t>& found) {
    return told && found && *told != *found ? fmt::format("{} {} are said to be there, it has {}", *told, what, *found)
                                            : std::string();
  };
  if (auto wrong = count("values", claims.values, is.values); !wrong.empty()) return wrong;
  if (auto wrong = count("nulls", claims.nulls, is.nulls); !wrong.empty()) return wrong;
  if (IsFloating(type)) {
    if (auto wrong = count("NaNs", claims.nans, is.nans); !wrong.empty()) return wrong;
  }
  const auto bound = [&](const char* what, const std::optional<std::string>& told, const std::optional<Literal>& found,
                         int wrong_way) -> std::string {
    if (!told) return {};
    const auto value = iceberg::FromBytes(type, *told);
    if (!value) return fmt::format("the {} bound is no {}: {}", what, type.ToString(), value.error().message);
    if (IsNan(*value)) return fmt::format("the {} bound is NaN", what);
    if (!found || CompareBounds(type, *value, *found) * wrong_way <= 0) return {};
    return fmt::format("the {} bound is said to be {}, and a row has {}", what, ToText(type, *value),
                       ToText(type, *found));
  };
  if (auto wrong = bound("lower", claims.lower, is.lower, 1); !wrong.empty()) return wrong;
  return bound("upper", claims.upper, is.upper, -1);
}

}  // namespace

// Checks one file against its manifest entry.
class StatisticsAudit::OneFile {
 public:
  OneFile(const StatisticsAudit& audit, const LiveFile& file, const FileFooter& footer, parquet::DataFileReader& reader)
      : audit_(audit), file_(file), entry_(*file.entry), ours_(!footer.pipeline.empty()), reader_(reader) {}

  Result<table::Findings> Run() {
    const auto spec = audit_.metadata_.FindSpec(file_.spec_id);
    columns_ = reader_.Columns(audit_.mapping_ ? &*audit_.mapping_ : nullptr);
    for (auto& hindrance : reader_.WhatHindersReaders(columns_, *audit_.schema_, ToldByPartition(spec.get()))) {
      Report(FindingKind::kWrongColumns, std::move(hindrance));
    }
    for (const FileColumn& column : columns_.plain) FRAZIL_RETURN_IF_ERROR(CheckColumn(column));
    if (spec != nullptr) FRAZIL_RETURN_IF_ERROR(CheckPartition(*spec));
    CheckPlaces();
    return std::move(findings_);
  }

 private:
  void Report(FindingKind kind, std::string what) {
    findings_.push_back({kind, file_.path, std::move(what), std::string(kRewrite)});
  }

  // Columns that may be missing in the file: files from Hive lack the columns whose value is in the folder's name.
  static std::set<int32_t> ToldByPartition(const iceberg::PartitionSpec* spec) {
    std::set<int32_t> told;
    for (const auto& field : spec == nullptr ? std::vector<iceberg::PartitionField>() : spec->fields) {
      if (field.transform.kind == TransformKind::kIdentity) told.insert(field.source_id);
    }
    return told;
  }

  // --- Columns

  // The statistics of all row groups, from the footer.
  Result<ColumnStatistics> InFooter(const FileColumn& column, const iceberg::Type& type) const {
    ColumnStatistics all;
    for (int group = 0; group < reader_.row_groups(); ++group) {
      FRAZIL_ASSIGN_OR_RETURN(const auto one, reader_.FooterStatistics(column, type, group));
      all.Add(type, one);
    }
    return all;
  }

  Result<ColumnStatistics> InPages(const FileColumn& column, const iceberg::Type& type,
                                   const parquet::TakeValue& each = {}) const {
    ColumnStatistics all;
    for (int group = 0; group < reader_.row_groups(); ++group) {
      FRAZIL_ASSIGN_OR_RETURN(const auto one, reader_.PageStatistics(column, &type, group, each));
      all.Add(type, one);
    }
    return all;
  }

  Status CheckColumn(const FileColumn& column) {
    const iceberg::Field* field = column.field_id ? audit_.schema_->FindById(*column.field_id) : nullptr;
    if (field == nullptr || !HasValues(*field->type)) return audit_.deep_ ? DecodeOnly(column) : Status();
    const iceberg::Type& type = *field->type;
    auto in_footer = InFooter(column, type);
    // An unreadable type was reported already.
    if (!in_footer && !findings_.empty()) return {};
    if (!in_footer) return tl::unexpected<Error>(in_footer.error());
    known_[field->id] = *in_footer;
    CheckSize(column, field->id, in_footer->bytes);
    if (audit_.deep_) {
      FRAZIL_ASSIGN_OR_RETURN(known_[field->id], DecodeAll(column, type));
    }
    if (column.repeated) return {};
    const Claims claims = ClaimsOf(field->id, type);
    std::string wrong = Contradiction(claims, known_[field->id], type);
    if (!wrong.empty() && !audit_.deep_) {
      FRAZIL_ASSIGN_OR_RETURN(known_[field->id], InPages(column, type));
      wrong = Contradiction(claims, known_[field->id], type);
    }
    if (!wrong.empty()) Report(FindingKind::kWrongStatistics, fmt::format("column {}: {}", column.name, wrong));
    if (IsRequired(*field) && known_[field->id].nulls.value_or(0) > 0) {
      Report(FindingKind::kWrongColumns,
             fmt::format("column {} is required, and {} of its rows have none", column.name, *known_[field->id].nulls));
    }
    return {};
  }

  // True for a required top-level column.
  bool IsRequired(const iceberg::Field& field) const {
    const auto& fields = audit_.schema_->fields();
    return field.required &&
           std::any_of(fields.begin(), fields.end(), [&](const auto& top) { return top.id == field.id; });
  }

  Claims ClaimsOf(int32_t id, const iceberg::Type& type) const {
    Claims claims{Find(entry_.value_counts, id), Find(entry_.null_value_counts, id), Find(entry_.nan_value_counts, id),
                  Find(entry_.lower_bounds, id), Find(entry_.upper_bounds, id)};
    // For a long time the reference implementation compared the halves of UUIDs as signed numbers.
    if (type.kind() == TypeKind::kUuid && !ours_) claims.lower = claims.upper = std::nullopt;
    return claims;
  }

  Status DecodeOnly(const FileColumn& column) const {
    for (int group = 0; group < reader_.row_groups(); ++group) {
      FRAZIL_RETURN_IF_ERROR(reader_.PageStatistics(column, nullptr, group, {}));
    }
    return {};
  }

  // Checks each row group's pages against the footer, and returns the statistics of the pages.
  Result<ColumnStatistics> DecodeAll(const FileColumn& column, const iceberg::Type& type) {
    ColumnStatistics all;
    for (int group = 0; group < reader_.row_groups(); ++group) {
      FRAZIL_ASSIGN_OR_RETURN(const auto is, reader_.PageStatistics(column, &type, group, {}));
      FRAZIL_ASSIGN_OR_RETURN(const auto told, reader_.FooterStatistics(column, type, group));
      all.Add(type, is);
      if (column.repeated) continue;
      Claims claims{told.values, told.nulls, std::nullopt, std::nullopt, std::nullopt};
      if (type.kind() != TypeKind::kUuid || ours_) {
        if (told.lower) claims.lower = ToBytes(type, *told.lower);
        if (told.upper) claims.upper = ToBytes(type, *told.upper);
      }
      if (const std::string wrong = Contradiction(claims, is, type); !wrong.empty()) {
        Report(FindingKind::kWrongStatistics,
               fmt::format("the footer's statistics of column {}, row group {}: {}", column.name, group, wrong));
      }
    }
    return all;
  }

  // No reader depends on the size. But if Frazil wrote file and manifest, a difference means that the file was
  // replaced.
  void CheckSize(const FileColumn& column, int32_t id, int64_t bytes) {
    const auto told = Find(entry_.column_sizes, id);
    if (!told || *told == bytes || (!ours_ && *told >= 0 && *told <= file_.size)) return;
    Report(FindingKind::kWrongStatistics,
           fmt::format("column {} is said to take {} bytes, it takes {}", column.name, *told, bytes));
  }

  void CheckPlaces() {
    const auto& splits = entry_.split_offsets;
    if (splits.empty() || splits.back() >= file_.size || !std::is_sorted(splits.begin(), splits.end())) return;
    if (reader_.row_groups() == 0 || splits.front() <= reader_.MiddleOfFirstRowGroup()) return;
    Report(FindingKind::kWrongStatistics, fmt::format("its first split is said to begin at byte {}, behind "
                                                      "the middle of its first row group",
                                                      splits.front()));
  }

  // --- Partition

  Status CheckPartition(const iceberg::PartitionSpec& spec) {
    for (size_t i = 0; i < spec.fields.size() && i < file_.partition.size(); ++i) {
      FRAZIL_RETURN_IF_ERROR(CheckPartitionField(spec.fields[i], file_.partition[i]));
    }
    return {};
  }

  Status CheckPartitionField(const iceberg::PartitionField& field, const Literal& told) {
    const iceberg::Field* source = audit_.schema_->FindById(field.source_id);
    const FileColumn* column = columns_.Find(field.source_id);
    const auto known = known_.find(field.source_id);
    const TransformKind kind = field.transform.kind;
    if (kind == TransformKind::kUnknown || kind == TransformKind::kVoid) return {};
    if (source == nullptr || column == nullptr || column->repeated || known == known_.end()) return {};
    const auto result = field.transform.ResultType(*source->type);
    if (!result) return {};  // the column had another type before
    const Literal due = Widen(**result, told);
    const auto fits = [&](const Literal& value) {
      const Literal is = field.transform.Apply(*source->type, value);
      return iceberg::SameValue(is, due) || IsOldNegative(kind, is, due);
    };
    if (!IsSuspicious(known->second, kind, due, fits)) return {};
    std::optional<Literal> other;
    const auto each = [&](const Literal& value) -> Status {
      if (!other && !fits(value)) other = value;
      return {};
    };
    FRAZIL_RETURN_IF_ERROR(InPages(*column, *source->type, each));
    if (!other) return {};
    Report(FindingKind::kWrongPartition,
           fmt::format("it is in the partition {} = {}, and a row of it has {} = {}", field.name,
                       field.transform.ToHuman(*source->type, due), column->name, ToText(*source->type, *other)));
    return {};
  }

  // True if some row may belong to another partition, so that the pages must be read. Least and greatest value are
  // enough to exclude it for transforms that keep the order.
  template <class Fits>
  bool IsSuspicious(const ColumnStatistics& is, TransformKind kind, const Literal& due, const Fits& fits) const {
    if (is.values == 0) return false;
    if (iceberg::IsNull(due)) return audit_.deep_ ? !is.only_nulls() : is.nulls && *is.nulls != is.values;
    if (is.nulls.value_or(audit_.deep_ ? 1 : 0) > 0) return true;
    if (IsNan(due) || is.nans.value_or(0) > 0) return audit_.deep_;
    const bool told = is.lower && is.upper;
    if (!told) return audit_.deep_;
    if (KeepsOrder(kind) || iceberg::SameValue(*is.lower, *is.upper)) return !fits(*is.lower) || !fits(*is.upper);
    return audit_.deep_;
  }

  const StatisticsAudit& audit_;
  const LiveFile& file_;
  const iceberg::DataFile& entry_;
  const bool ours_;
  parquet::DataFileReader& reader_;
  parquet::FileColumns columns_;
  std::map<int32_t, ColumnStatistics> known_;  // by field id
  table::Findings findings_;
};

StatisticsAudit::StatisticsAudit(const iceberg::TableMetadata& metadata, bool deep)
    : metadata_(metadata), schema_(metadata.schema()), deep_(deep) {
  const auto text = metadata.properties.find(std::string(iceberg::kNameMappingProperty));
  if (text == metadata.properties.end()) return;
  if (auto mapping = iceberg::NameMapping::Parse(text->second)) mapping_ = *std::move(mapping);
}

Result<table::Findings> StatisticsAudit::Check(const LiveFile& file, const FileFooter& footer,
                                               parquet::DataFileReader& reader) const {
  if (file.entry == nullptr) return table::Findings();
  return OneFile(*this, file, footer, reader).Run();
}

}  // namespace frazil::ops
