// Where memory is short no record is judged by that.
#include <arrow/record_batch.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/system/short_memory_test_support.h"
#include "decode/json_format.h"
#include "decode/json_test_support.h"

namespace frazil::decode {
namespace {

TEST(ShortMemoryTest, AValidRecordIsARowOrAnErrorOfOursButNeverBad) {
  if (!kAddressLimitHolds) GTEST_SKIP() << "the sanitizers take all addresses";
  constexpr size_t kRecord = 4 << 20;
  // Escapes and a new column: the long way, and the one that looks at the shape.
  const auto batch = JsonBatch({R"({"id":1})", R"({"id":2,"text":"\n)" + std::string(kRecord, 'x') + R"("})"});
  int failed = 0, grown = 0;
  for (size_t more = 1 << 20; more < 16 * kRecord; more += 1 << 20) {
    for (const bool has_column : {true, false}) {
      auto fields = std::vector{Optional("id", iceberg::Type::Primitive(iceberg::TypeKind::kLong))};
      if (has_column) fields.push_back(Optional("text", iceberg::Type::Primitive(iceberg::TypeKind::kString)));
      auto decoder = *MakeJsonDecoder(MakeSchema(fields), {});
      auto decoded = [&] {
        const AddressLimit limit(more);
        return decoder->Decode(batch);
      }();
      if (!decoded) {
        EXPECT_EQ(decoded.error().kind, ErrorKind::kUnavailable) << decoded.error().message;
        EXPECT_THAT(decoded.error().message, testing::HasSubstr("memory ran out while decoding"));
        ++failed;
        decoded = decoder->Decode(batch);  // the same decoder, once there is memory again
      }
      ASSERT_TRUE(decoded) << decoded.error().message;
      EXPECT_THAT(decoded->bad, testing::IsEmpty());
      grown += static_cast<int>(decoded->growth.additions.size());
      if (has_column) {
        EXPECT_EQ(decoded->rows->num_rows(), 2);
      }
    }
  }
  EXPECT_GT(failed, 3);
  EXPECT_GT(grown, 3);
}

TEST(ShortMemoryTest, ASampleIsNotTakenForOneWithoutColumns) {
  if (!kAddressLimitHolds) GTEST_SKIP() << "the sanitizers take all addresses";
  std::vector<record::RecordBatch> sample;
  sample.push_back(JsonBatch({R"({"text":")" + std::string(16 << 20, 'x') + R"("})"}));
  const auto fields = [&] {
    const AddressLimit limit(1 << 20);
    return InferJsonSchema(sample, {}, {});
  }();
  ASSERT_FALSE(fields);
  EXPECT_EQ(fields.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(InferJsonSchema(sample, {}, {})->size(), 1);
}

}  // namespace
}  // namespace frazil::decode
