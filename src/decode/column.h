// A column of rows being decoded: Arrow's layout under our own hands, because Arrow's builders cannot take back the
// half of a row that a bad record leaves behind.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/time/civil_time.h"
#include "decode/byte_buffer.h"
#include "decode/epoch_unit.h"
#include "iceberg/type.h"

namespace frazil::decode {

// A tree: a struct's children are its fields, a list's is its element, a map's are its key and its value. Not
// thread-safe. Rows are appended to all leaves one by one, and Truncate makes them even again.
class Column {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // `epoch_unit` is that of the root; all below it have the same.
  Column(const iceberg::Field& field, Column* parent, EpochUnit epoch_unit = EpochUnit::kMillis);
  Column(const Column&) = delete;
  Column& operator=(const Column&) = delete;

  int32_t id() const { return id_; }  // field id; 0 for the root and for what no table has yet
  const std::string& name() const { return name_; }
  const iceberg::Type& type() const { return *type_; }
  iceberg::TypeKind kind() const { return kind_; }
  bool required() const { return required_; }
  Column* parent() const { return parent_; }
  int depth() const { return depth_; }  // the root is 1
  std::string FullName() const;         // "a.b", "a.element"; empty for the root
  iceberg::Field ToField() const;       // as it is now, children added since included; without ids

  int64_t length() const { return length_; }
  int64_t null_count() const { return null_count_; }
  size_t child_count() const { return children_.size(); }
  Column& child(size_t i) { return *children_[i]; }
  const Column& child(size_t i) const { return *children_[i]; }

  // A struct's field, by its exact name: kNone if there is none.
  uint32_t Find(std::string_view name) const;
  // The field that followed `previous` (1 + its index; 0: the first) the last time; a guess, kNone if never seen.
  uint32_t follower(uint32_t previous) const { return followers_[previous]; }
  void set_follower(uint32_t previous, uint32_t index) { followers_[previous] = index; }
  // The name as a key of a JSON object, "NAME":, if these bytes cannot be anything else, else empty: then there is a
  // quote, a backslash or a control character in it. 8 bytes behind it may be read.
  std::string_view key() const { return {key_.data(), key_size_}; }

  // A new last field of a struct, null in all rows so far; RemoveLastChildren takes so many away again.
  Column& AddChild(const iceberg::Field& field);
  void RemoveLastChildren(size_t count);

  // Room for `rows` more values here and in the structs below: of fixed width, and of strings and binaries as much of
  // the records' `bytes` as they took the last time.
  void ReserveRows(int64_t rows, int64_t bytes);

  template <class T>
  void AppendFixed(T value) {
    values_.Push(value);
    AppendValid();
  }
  // Of a timestamp: what an integer stands for. False, and nothing is appended, if that does not fit.
  bool AppendEpoch(int64_t number) {
    int64_t value = 0;
    if (epoch_divisor_ > 1) [[unlikely]] {
      value = FloorDiv(number, epoch_divisor_);
    } else if (__builtin_mul_overflow(number, epoch_factor_, &value)) {
      return false;
    }
    AppendFixed(value);
    return true;
  }
  EpochUnit epoch_unit() const { return epoch_unit_; }
  void AppendBytes(std::string_view bytes);  // string, binary, uuid, fixed
  // A string written in place: room for `most` bytes, then how many were written.
  uint8_t* BeginString(int64_t most) {
    values_.Reserve(most);
    return values_.end();
  }
  void EndString(int64_t count) {
    values_.Advance(count);
    offsets_.Push(static_cast<int32_t>(values_.size()));
    AppendValid();
  }
  void AppendRepeated();  // list or map: everything its children got since the last row
  void AppendStruct() { AppendValid(); }
  void AppendNull();  // also what a required column holds below a null parent
  // Of a struct whose row is being filled: appends null to the fields that have not got theirs, which shows in their
  // length. Returns the first required one among them, if any.
  const Column* FillMissing();
  std::string_view StringAt(int64_t row) const;
  int64_t RepeatedStart(int64_t row) const { return offsets_.As<int32_t>()[row]; }  // first child row of list or map

  // Back to `rows` rows, also below.
  void Truncate(int64_t rows);
  // The rows as an array of `type`; the column is empty afterwards.
  std::shared_ptr<arrow::ArrayData> Finish(const std::shared_ptr<arrow::DataType>& type);
  // Whether among the rows of the last Finish there was a date or timestamp outside the years 1 to 9999, which is all
  // that Python's datetime knows.
  bool odd_years() const { return odd_years_; }

 private:
  void AppendValid() {
    if (null_count_ > 0) validity_.Push(uint8_t{1});
    ++length_;
  }
  void AddToIndex(uint32_t index);

  int32_t id_;
  std::string name_;
  iceberg::TypePtr type_;
  iceberg::TypeKind kind_;
  bool required_;
  std::string key_;  // with spare bytes
  size_t key_size_ = 0;
  EpochUnit epoch_unit_;
  int64_t epoch_factor_ = 1;   // of timestamps, from epoch_unit_ to their own;
  int64_t epoch_divisor_ = 1;  // or the other way, if this is not 1
  bool odd_years_ = false;
  int depth_;
  int width_;                   // bytes of a value of fixed width; booleans take one until Finish
  double share_ = 0;            // of strings and binaries in the bytes of the last records
  int64_t reserved_bytes_ = 0;  // the records' bytes that the last ReserveRows told
  int64_t length_ = 0;
  int64_t null_count_ = 0;
  ByteBuffer values_;
  ByteBuffer offsets_;   // int32, of strings, binaries, lists and maps: length_ + 1 of them
  ByteBuffer validity_;  // a byte a row, once there is a null
  Column* parent_;
  std::vector<std::unique_ptr<Column>> children_;
  std::vector<uint32_t> followers_;
  std::unordered_map<std::string_view, uint32_t> index_;
};

}  // namespace frazil::decode
