#include "parquet/metrics_config.h"

#include <gtest/gtest.h>

namespace frazil::parquet {
namespace {

using iceberg::Field;
using iceberg::Schema;
using iceberg::Type;
using iceberg::TypeKind;
using Kind = MetricsMode::Kind;

Field Column(int32_t id, std::string name, iceberg::TypePtr type) {
  Field field;
  field.id = id;
  field.name = std::move(name);
  field.type = std::move(type);
  return field;
}

// a long, s struct<b string, c long>, d string
Schema SmallSchema() {
  const auto text = Type::Primitive(TypeKind::kString);
  const auto number = Type::Primitive(TypeKind::kLong);
  return Schema(0,
                {Column(1, "a", number), Column(2, "s", Type::Struct({Column(4, "b", text), Column(5, "c", number)})),
                 Column(3, "d", text)});
}

TEST(MetricsConfig, TruncateOf16IsTheDefault) {
  const MetricsConfig config({}, SmallSchema());
  for (const int32_t id : {1, 3, 4, 5}) EXPECT_EQ(config.ModeOf(id), (MetricsMode{Kind::kTruncate, 16}));
}

TEST(MetricsConfig, PropertiesChooseByColumn) {
  const MetricsConfig config({{"write.metadata.metrics.default", "Counts"},
                              {"write.metadata.metrics.column.s.b", "truncate(4)"},
                              {"write.metadata.metrics.column.a", "full"},
                              {"write.metadata.metrics.column.d", "none"},
                              {"write.metadata.metrics.column.gone", "full"}},
                             SmallSchema());
  EXPECT_EQ(config.ModeOf(1).kind, Kind::kFull);
  EXPECT_EQ(config.ModeOf(3).kind, Kind::kNone);
  EXPECT_EQ(config.ModeOf(4), (MetricsMode{Kind::kTruncate, 4}));
  EXPECT_EQ(config.ModeOf(5).kind, Kind::kCounts);
}

TEST(MetricsConfig, ColumnsBeyondTheLimitGetNone) {
  const MetricsConfig config({{"write.metadata.metrics.max-inferred-column-defaults", "3"}}, SmallSchema());
  // A struct's own columns come before those below it.
  EXPECT_EQ(config.ModeOf(1).kind, Kind::kTruncate);
  EXPECT_EQ(config.ModeOf(3).kind, Kind::kTruncate);
  EXPECT_EQ(config.ModeOf(4).kind, Kind::kTruncate);
  EXPECT_EQ(config.ModeOf(5).kind, Kind::kNone);
}

TEST(MetricsConfig, AModeThatCannotBeReadGivesWayToTheDefault) {
  for (const char* bad : {"truncate(0)", "truncate(-1)", "truncate(x)", "truncate()", "most", ""}) {
    const MetricsConfig config({{"write.metadata.metrics.default", bad}, {"write.metadata.metrics.column.a", bad}},
                               SmallSchema());
    EXPECT_EQ(config.ModeOf(1), (MetricsMode{Kind::kTruncate, 16})) << bad;
  }
}

}  // namespace
}  // namespace frazil::parquet
