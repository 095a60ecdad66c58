// How a sink's files are cut: partitions, and the order of rows.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "app/config_sections.h"

namespace frazil::app {
namespace {

using iceberg::TransformKind;
using Terms = std::vector<iceberg::TransformTerm>;
using Strategy = Partitioning::Strategy;

// One transform for all columns.
std::optional<Terms> TermsOfStrategy(YamlMap& config, const Partitioning& said) {
  const auto strategy = said.strategy;
  const std::vector<std::string>& columns = said.columns;
  const bool wants_columns =
      strategy == Strategy::kIdentity || strategy == Strategy::kBucket || strategy == Strategy::kTime;
  const bool readable = strategy.has_value() || !config.Has("partitioning");
  if (wants_columns && columns.empty()) {
    config.Add("partition_fields", "partitioning by identity, bucket or time needs at least one column here");
  }
  if (readable && !wants_columns && !columns.empty()) {
    config.Add("partition_fields", "has no effect without partitioning: identity, bucket or time");
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    if (std::count(columns.begin(), columns.begin() + static_cast<ptrdiff_t>(i), columns[i]) > 0) {
      config.Add("partition_fields", fmt::format("column \"{}\" stands here twice", columns[i]));
    }
  }
  if (config.Has("num_buckets") && strategy != Strategy::kBucket) {
    config.Warn("num_buckets", "has no effect without partitioning: bucket");
  }
  if (config.Has("time_granularity") && strategy != Strategy::kTime) {
    config.Warn("time_granularity", "has no effect without partitioning: time");
  }
  if (!strategy || strategy == Strategy::kTableDefault) return std::nullopt;
  iceberg::Transform transform;
  if (strategy == Strategy::kBucket) {
    transform = {TransformKind::kBucket, said.buckets, ""};
  } else if (strategy == Strategy::kTime) {
    transform = {said.granularity, 0, ""};
  }
  Terms terms;
  for (const std::string& column : columns) terms.push_back({column, transform});
  return terms;
}

bool IsTime(const iceberg::Transform& transform) {
  return transform.kind == TransformKind::kYear || transform.kind == TransformKind::kMonth ||
         transform.kind == TransformKind::kDay || transform.kind == TransformKind::kHour;
}

// The commas of "[day(ts), bucket(16, id)]" are YAML's as well: what it took apart is put together again.
void ReadTerms(const Key& key, YamlMap& config, Partitioning& said) {
  const std::vector<std::string> texts = config.Texts(key.name);
  if (!config.Has(key.name)) return;
  const auto terms = iceberg::ParseTransformTerms(fmt::format("{}", fmt::join(texts, ", ")));
  if (!terms) return config.Add(key.name, terms.error().message);
  for (size_t i = 0; i < terms->size(); ++i) {
    const iceberg::TransformTerm& term = (*terms)[i];
    for (size_t before = 0; before < i; ++before) {
      const iceberg::TransformTerm& other = (*terms)[before];
      if (other.column != term.column) continue;
      if (other.transform == term.transform) {
        config.Add(key.name, fmt::format("\"{}\" stands here twice", ToString(term)));
      } else if (IsTime(other.transform) && IsTime(term.transform)) {
        config.Add(key.name, fmt::format("\"{}\" beside \"{}\": one of them tells all that the other does, and other "
                                         "engines refuse such a table; keep the one you want",
                                         ToString(term), ToString(other)));
      }
    }
  }
  said.partition_by = *terms;
}

void ReadSortTerms(const Key& key, YamlMap& config, Partitioning& said) {
  const std::vector<std::string> texts = config.Texts(key.name);
  if (!config.Has(key.name)) return;
  if (texts.empty()) {
    said.sort_by.emplace();
    return;
  }
  const auto terms = iceberg::ParseSortTerms(fmt::format("{}", fmt::join(texts, ", ")));
  if (!terms) return config.Add(key.name, terms.error().message);
  for (size_t i = 0; i < terms->size(); ++i) {
    const auto same = [&](const iceberg::SortTerm& other) { return other.term == (*terms)[i].term; };
    if (std::any_of(terms->begin(), terms->begin() + static_cast<ptrdiff_t>(i), same)) {
      config.Add(key.name, fmt::format("\"{}\" stands here twice", ToString((*terms)[i].term)));
    }
  }
  said.sort_by = *terms;
}

void Choose(YamlMap& config, Partitioning& said) {
  auto of_strategy = TermsOfStrategy(config, said);
  if (!config.Has("partition_by")) {
    said.partition_by = std::move(of_strategy);
  } else if (config.Has("partitioning")) {
    config.Add("partition_by", "stands beside partitioning: keep one of the two");
  }
}

}  // namespace

const Section<Partitioning>& PartitioningKeys() {
  static const auto keys =
      Section<Partitioning>("ingest")
          .Add({.type = Key::Type::kTexts,
                .name = "partition_by",
                .about = "what files are partitioned by: [a list of transforms](#partitions)",
                .otherwise = "none for a new table, else the table's"},
               ReadTerms)
          .Add({.type = Key::Type::kTexts,
                .name = "sort_by",
                .about = "what [rows of a file are sorted by](#sorted-files)",
                .otherwise = "none for a new table, else the table's"},
               ReadSortTerms)
          .Word("partitioning", &Partitioning::strategy,
                {{"none", Strategy::kNone},
                 {"table_default", Strategy::kTableDefault},
                 {"identity", Strategy::kIdentity},
                 {"bucket", Strategy::kBucket},
                 {"time", Strategy::kTime}},
                "one transform for all of `partition_fields`. Not beside `partition_by`")
          .Otherwise("none for a new table, else the table's")
          .Texts("partition_fields", &Partitioning::columns,
                 "columns to partition by, for `identity`, `bucket` and `time`")
          .Whole("num_buckets", &Partitioning::buckets, {1, std::numeric_limits<int32_t>::max()}, "for `bucket`")
          .Word("time_granularity", &Partitioning::granularity,
                {{"year", TransformKind::kYear},
                 {"month", TransformKind::kMonth},
                 {"day", TransformKind::kDay},
                 {"hour", TransformKind::kHour}},
                "for `time`")
          .Rule(Choose)
          .Instead({{"sort_fields", "write sort_by: [COLUMN, COLUMN desc]"},
                    {"partition_spec", "write partition_by: [day(COLUMN), \"bucket(16, COLUMN)\"]"}});
  return keys;
}

}  // namespace frazil::app
