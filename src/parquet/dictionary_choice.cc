#include "parquet/dictionary_choice.h"

#include <arrow/api.h>
#include <parquet/schema.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <string_view>
#include <utility>

namespace frazil::parquet {
namespace {

// Estimates the number of distinct values by linear counting: each value sets one bit, chosen by its hash, and the
// number of unset bits gives the estimate.
class DistinctCount {
 public:
  DistinctCount() : words_(kBits / 64) {}

  void Add(uint64_t hash) {
    uint64_t& word = words_[(hash >> 6) % words_.size()];
    const uint64_t before = word;
    word |= uint64_t{1} << (hash & 63);
    set_ += word != before ? 1 : 0;
    ++added_;
  }
  int64_t added() const { return added_; }
  bool Repeats() const {
    constexpr double kMostDistinct = 0.8;
    constexpr auto kAll = static_cast<double>(kBits);
    const double distinct = -kAll * std::log((kAll - static_cast<double>(set_)) / kAll);
    return distinct <= kMostDistinct * static_cast<double>(added_);  // so does nothing at all
  }

 private:
  static constexpr size_t kBits = 4 * kRowsThatTell;  // a few times the values: the estimate is good to a percent
  std::vector<uint64_t> words_;
  int64_t set_ = 0;
  int64_t added_ = 0;
};

// The finalizer of MurmurHash3: every bit of the value affects every bit of the hash.
uint64_t Mix(uint64_t value) {
  value = (value ^ (value >> 33)) * 0xff51afd7ed558ccdULL;
  value = (value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  return value ^ (value >> 33);
}

void AddValues(const arrow::Array& values, int64_t begin, int64_t end, DistinctCount& count) {
  const bool text = arrow::is_base_binary_like(values.type_id());
  const auto* const texts = text ? static_cast<const arrow::BinaryArray*>(&values) : nullptr;
  const size_t width = text ? 0 : static_cast<size_t>(values.type()->byte_width());
  const uint8_t* const fixed = text ? nullptr : values.data()->buffers[1]->data() + values.offset() * width;
  const bool nulls = values.null_count() > 0;
  for (int64_t i = begin; i < end; ++i) {
    if (nulls && values.IsNull(i)) continue;
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

// If the first few values repeat, so do all: then the rest is not examined.
bool HardlyRepeats(const std::vector<std::shared_ptr<arrow::Array>>& batches) {
  constexpr int64_t kFew = 4096;
  DistinctCount count;
  for (const auto& values : batches) {
    const int64_t length = std::min(values->length(), kRowsThatTell);
    for (int64_t begin = 0; begin < length; begin += kFew) {
      AddValues(*values, begin, std::min(length, begin + kFew), count);
      if (count.added() >= kFew && count.Repeats()) return false;
    }
  }
  return !count.Repeats();
}

// Appends the leaf arrays below `array`, in the order of the schema's leaves.
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
  std::vector<std::vector<std::shared_ptr<arrow::Array>>> batches(static_cast<size_t>(schema.num_columns()));
  for (const auto& batch : rows) {
    std::vector<std::shared_ptr<arrow::Array>> leaves;
    for (const auto& column : batch->columns()) CollectLeaves(column, leaves);
    for (size_t leaf = 0; leaf < batches.size(); ++leaf) batches[leaf].push_back(std::move(leaves[leaf]));
  }
  std::vector<std::string> paths;
  for (int leaf = 0; leaf < schema.num_columns(); ++leaf) {
    if (schema.Column(leaf)->physical_type() == ::parquet::Type::BOOLEAN) continue;  // never has one
    if (HardlyRepeats(batches[static_cast<size_t>(leaf)])) paths.push_back(schema.Column(leaf)->path()->ToDotString());
  }
  return paths;
}

}  // namespace frazil::parquet
