#include "parquet/dictionary_choice.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/schema.h>

#include "iceberg/schema.h"
#include "parquet/parquet_schema.h"
#include "parquet/schema_bridge.h"

namespace frazil::parquet {
namespace {

using iceberg::Field;
using iceberg::Type;
using iceberg::TypeKind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Field Column(int32_t id, std::string name, std::shared_ptr<const Type> type) {
  return {id, std::move(name), std::move(type), false, "", {}, {}};
}

// Row i: id i, kind "k" and one of ten, place {lat i / 2, ok}, tags [i, 7], seldom null but for each 100th row, i then.
class DictionaryChoiceTest : public testing::Test {
 protected:
  std::shared_ptr<arrow::RecordBatch> Rows(int first, int count) const {
    const auto arrow_schema = *ToArrowSchema(schema_);
    auto builder = *arrow::RecordBatchBuilder::Make(arrow_schema, arrow::default_memory_pool());
    auto* id = builder->GetFieldAs<arrow::Int64Builder>(0);
    auto* kind = builder->GetFieldAs<arrow::StringBuilder>(1);
    auto* place = builder->GetFieldAs<arrow::StructBuilder>(2);
    auto* lat = static_cast<arrow::DoubleBuilder*>(place->field_builder(0));
    auto* ok = static_cast<arrow::BooleanBuilder*>(place->field_builder(1));
    auto* tags = builder->GetFieldAs<arrow::ListBuilder>(3);
    auto* tag = static_cast<arrow::Int32Builder*>(tags->value_builder());
    auto* seldom = builder->GetFieldAs<arrow::StringBuilder>(4);
    for (int i = first; i < first + count; ++i) {
      EXPECT_TRUE(id->Append(i).ok() && kind->Append("k" + std::to_string(i % 10)).ok());
      EXPECT_TRUE(place->Append().ok() && lat->Append(i / 2.0).ok() && ok->Append(i % 2 == 0).ok());
      EXPECT_TRUE(tags->Append().ok() && tag->Append(i).ok() && tag->Append(7).ok());
      EXPECT_TRUE((i % 100 == 0 ? seldom->Append("only " + std::to_string(i)) : seldom->AppendNull()).ok());
    }
    return *builder->Flush();
  }
  std::vector<std::string> Choose(const std::vector<std::shared_ptr<arrow::RecordBatch>>& rows) const {
    ::parquet::SchemaDescriptor descriptor;
    descriptor.Init(*ToParquetSchema(schema_));
    return ColumnsThatHardlyRepeat(descriptor, rows);
  }

  const iceberg::Schema schema_{
      0,
      {Column(1, "id", Type::Primitive(TypeKind::kLong)), Column(2, "kind", Type::Primitive(TypeKind::kString)),
       Column(3, "place",
              Type::Struct({Column(5, "lat", Type::Primitive(TypeKind::kDouble)),
                            Column(6, "ok", Type::Primitive(TypeKind::kBoolean))})),
       Column(4, "tags", Type::List(7, Type::Primitive(TypeKind::kInt), false)),
       Column(8, "seldom", Type::Primitive(TypeKind::kString))}};
};

TEST_F(DictionaryChoiceTest, NamesColumnsOfValuesThatHardlyRepeat) {
  EXPECT_THAT(Choose({Rows(0, 30000), Rows(30000, 30000)}), ElementsAre("id", "place.lat", "seldom"));
}

TEST_F(DictionaryChoiceTest, SeesRepetitionBetweenBatchesAndOnlyTheRowsOfASlice) {
  EXPECT_THAT(Choose({Rows(0, 1000), Rows(0, 1000)}), IsEmpty());
  EXPECT_THAT(Choose({Rows(0, 2000)->Slice(1000), Rows(0, 2000)->Slice(0, 1000)}),
              ElementsAre("id", "place.lat", "seldom"));
}

TEST_F(DictionaryChoiceTest, HasNothingToSayOfNoRows) {
  EXPECT_THAT(Choose({}), IsEmpty());
  EXPECT_THAT(Choose({Rows(0, 0)}), IsEmpty());
}

}  // namespace
}  // namespace frazil::parquet
