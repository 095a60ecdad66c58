#include "parquet/dictionary_choice.h"

#include <arrow/api.h>
#include <parquet/schema.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <string_view>

namespace frazil::parquet {
namespace {

// Estimates how many distinct values were added by linear counting: of a set of bits each value sets one by its hash,
// and the bits still unset tell how many values there were.
class DistinctCount {
 public:
  DistinctCount() : words_(kBits / 64) {}

  void Add(uint64_t hash) {
    ++added_;
    words_[(hash >> 6) % words_.size()] |= uint64_t{1} << (hash & 63);
  }
  double added() const { return static_cast<double>(added_); }
  double distinct() const {
    int set = 0;
    for (const uint64_t word : words_) set += std::popcount(word);
    constexpr auto kAll = static_cast<double>(kBits);
    return -kAll * std::log((kAll - set) / kAll);
  }

 private:
  static constexpr size_t kBits = 4 * kRowsThatTell;  // a few times the values: the estimate is good to a percent
  std::vector<uint64_t> words_;
  int64_t added_ = 0;
};

// The finalizer of MurmurHash3: every bit of the value reaches every bit of the hash.
uint64_t Mix(uint64_t value) {
  value = (value ^ (value >> 33)) * 0xff51afd7ed558ccdULL;
  value = (value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  return value ^ (value >> 33);
}

void AddValues(const arrow::Array& values, DistinctCount& count) {
  const bool text = arrow::is_base_binary_like(values.type_id());
  const auto* const texts = text ? static_cast<const arrow::BinaryArray*>(&values) : nullptr;
  const size_t width = text ? 0 : static_cast<size_t>(values.type()->byte_width());
  const uint8_t* const fixed = text ? nullptr : values.data()->buffers[1]->data() + values.offset() * width;
  const int64_t length = std::min(values.length(), kRowsThatTell);
  for (int64_t i = 0; i < length; ++i) {
    if (values.IsNull(i)) continue;
    if (!text && width <= sizeof(uint64_t)) {
      uint64_t value = 0;
      std::memcpy(&value, fixed + i * width, width);
      count.Add(Mix(value));
    } else {
      const std::string_view bytes =
          text ? texts->GetView(i) : std::string_view(reinterpret_cast<const char*>(fixed + i * width), width);
      count.Add(std::hash<std::string_view>()(bytes));
    }
  }
}

// The arrays of the columns below `array`, in the order of the schema's leaves.
void CollectLeaves(const std::shared_ptr<arrow::Array>& array, std::vector<std::shared_ptr<arrow::Array>>& leaves) {
  switch (array->type_id()) {
    case arrow::Type::STRUCT: {
      const auto& rows = static_cast<const arrow::StructArray&>(*array);
      for (int i = 0; i < rows.num_fields(); ++i) CollectLeaves(rows.field(i), leaves);
      return;
    }
    case arrow::Type::LIST:
    case arrow::Type::MAP: {
      const auto& lists = static_cast<const arrow::ListArray&>(*array);
      const int64_t begin = lists.value_offset(0);
      const auto values = lists.values()->Slice(begin, lists.value_offset(lists.length()) - begin);
      return CollectLeaves(values, leaves);
    }
    default:
      leaves.push_back(array);
  }
}

}  // namespace

std::vector<std::string> ColumnsThatHardlyRepeat(const ::parquet::SchemaDescriptor& schema,
                                                 const std::vector<std::shared_ptr<arrow::RecordBatch>>& rows) {
  constexpr double kMostDistinct = 0.8;
  std::vector<std::vector<std::shared_ptr<arrow::Array>>> leaves(rows.size());  // by batch
  for (size_t i = 0; i < rows.size(); ++i) {
    for (const auto& column : rows[i]->columns()) CollectLeaves(column, leaves[i]);
  }
  std::vector<std::string> paths;
  for (int leaf = 0; leaf < schema.num_columns(); ++leaf) {
    if (schema.Column(leaf)->physical_type() == ::parquet::Type::BOOLEAN) continue;  // never has one
    DistinctCount count;
    for (const auto& batch : leaves) AddValues(*batch[static_cast<size_t>(leaf)], count);
    if (count.added() > 0 && count.distinct() > kMostDistinct * count.added()) {
      paths.push_back(schema.Column(leaf)->path()->ToDotString());
    }
  }
  return paths;
}

}  // namespace frazil::parquet
