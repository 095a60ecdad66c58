// A column of rows that are being decoded, in Arrow's memory layout. Arrow's own builders cannot remove the part of a
// row that a bad record leaves behind.
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
#include "decode/renames.h"
#include "iceberg/type.h"

namespace frazil::decode {

// Columns form a tree. The children of a struct are its fields, the child of a list is its element, and the children of
// a map are its key and value. Rows are appended to the leaves one by one; after a bad record, Truncate makes all
// leaves equally long again. Not thread-safe.
class Column {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // `epoch_unit` is used for the root. Children have their parent's unit.
  Column(const iceberg::Field& field, Column* parent, EpochUnit epoch_unit = EpochUnit::kMillis);
  Column(const Column&) = delete;
  Column& operator=(const Column&) = delete;

  int32_t id() const { return id_; }  // field id; 0 for the root and for columns that the table does not have yet
  const std::string& name() const { return name_; }
  const iceberg::Type& type() const { return *type_; }
  iceberg::TypeKind kind() const { return kind_; }
  bool required() const { return required_; }
  Column* parent() const { return parent_; }
  int depth() const { return depth_; }  // the root is 1
  std::string FullName() const;         // "a.b", "a.element"; empty for the root
  iceberg::Field ToField() const;       // the column with all children added so far, without ids

  int64_t length() const { return length_; }
  int64_t null_count() const { return null_count_; }
  size_t child_count() const { return children_.size(); }
  Column& child(size_t i) { return *children_[i]; }
  const Column& child(size_t i) const { return *children_[i]; }

  // The index of a struct's field with exactly this name; kNone if there is none.
  uint32_t Find(std::string_view name) const;
  // A guess for the next field: the field that followed `previous` in the last record; kNone if unknown. `previous` is
  // 1 + the index of the previous field, or 0 for the first field.
  uint32_t follower(uint32_t previous) const { return followers_[previous]; }
  void set_follower(uint32_t previous, uint32_t index) { followers_[previous] = index; }
  // The name as it stands in a JSON object: "NAME":. Empty if the name has a quote, a backslash or a control character,
  // because it could then be written in several ways. 8 bytes after it are readable.
  std::string_view key() const { return {key_.data(), key_size_}; }

  // The field is none of records' from now on: Find does not find it, FindHidden does.
  void Hide(std::string_view name) { index_.erase(name); }
  uint32_t FindHidden(std::string_view name) const;  // slowly

  // Other names that records may give to its fields, those that come later too; null: none. Must outlive it.
  void SetRenames(const Renames* renames);
  // What a record's field of this name is called here.
  std::string_view NameOf(std::string_view field) const {
    return renames_ == nullptr ? field : renames_->NameNow(field);
  }

  const Renames* renames() const { return renames_; }

  // How records may change the column (schema_evolution: full). Columns that come later are as free as their parents'
  // `evolves` says.
  struct Freedom {
    bool evolves = false;
    bool widens = true;           // not where it is declared
    bool relaxes = true;          // not where it is declared to be required
    std::string_view hides = {};  // what names of fields end with that are none of records'; empty: nothing
  };
  void SetFreedom(const Freedom& freedom);
  bool widens() const { return freedom_.evolves && freedom_.widens; }    // to a type that takes all that this one does
  bool relaxes() const { return freedom_.evolves && freedom_.relaxes; }  // to an optional column
  // Between two rows, which stay: another number type that holds all values so far, or optional.
  void Become(iceberg::TypePtr type, bool required);

  // Adds a field at the end of a struct; it is null in all rows so far. RemoveLastChildren removes the last `count`
  // fields.
  Column& AddChild(const iceberg::Field& field);
  void RemoveLastChildren(size_t count);

  // Makes room for `rows` more values here and in nested structs. For strings and binaries the room is a part of the
  // records' `bytes`: as large a part as they took the last time.
  void ReserveRows(int64_t rows, int64_t bytes);

  template <class T>
  void AppendFixed(T value) {
    values_.Push(value);
    AppendValid();
  }
  // For a timestamp: appends the time that `number` means in epoch_unit(). False, without appending, if it does not
  // fit.
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
  void AppendBytes(std::string_view bytes);  // for string, binary, uuid, fixed
  // To write a string in place: get room for `most` bytes, write, and say how many bytes were written.
  uint8_t* BeginString(int64_t most) {
    values_.Reserve(most);
    return values_.end();
  }
  void EndString(int64_t count) {
    values_.Advance(count);
    offsets_.Push(static_cast<int32_t>(values_.size()));
    AppendValid();
  }
  // for a list or map: ends a row, which has everything that its children got since the last row
  void AppendRepeated();
  void AppendStruct() { AppendValid(); }
  void AppendNull();  // also used for a required column below a null parent
  // Ends a struct's row: appends null to fields that got no value, which their length shows. Returns the first required
  // field among them, or null.
  const Column* FillMissing();
  std::string_view StringAt(int64_t row) const;
  // for a list or map: the first child row of `row`
  int64_t RepeatedStart(int64_t row) const { return offsets_.As<int32_t>()[row]; }

  // Removes all rows after the first `rows`, here and below.
  void Truncate(int64_t rows);
  // Returns the rows as an array of `type`. The column is empty afterwards.
  std::shared_ptr<arrow::ArrayData> Finish(const std::shared_ptr<arrow::DataType>& type);
  // True if the rows of the last Finish had a date or timestamp outside of the years 1 to 9999, which Python's datetime
  // cannot represent.
  bool odd_years() const { return odd_years_; }

 private:
  void AppendValid() {
    if (null_count_ > 0) validity_.Push(uint8_t{1});
    ++length_;
  }
  void AddToIndex(uint32_t index);
  void Inherit();  // renames and freedom

  int32_t id_;
  std::string name_;
  iceberg::TypePtr type_;
  iceberg::TypeKind kind_;
  bool required_;
  std::string key_;  // key(), and spare bytes
  size_t key_size_ = 0;
  EpochUnit epoch_unit_;
  int64_t epoch_factor_ = 1;   // for timestamps: converts epoch_unit_ to the column's unit,
  int64_t epoch_divisor_ = 1;  // or divides, if this is not 1
  bool odd_years_ = false;
  int depth_;
  int width_;                   // bytes of a fixed-width value; a boolean takes one byte until Finish
  double share_ = 0;            // for strings and binaries: their share of the bytes of the last records
  int64_t reserved_bytes_ = 0;  // `bytes` of the last ReserveRows
  int64_t length_ = 0;
  int64_t null_count_ = 0;
  ByteBuffer values_;
  ByteBuffer offsets_;   // for strings, binaries, lists and maps: length_ + 1 int32 values
  ByteBuffer validity_;  // one byte per row, once there is a null
  Column* parent_;
  std::vector<std::unique_ptr<Column>> children_;
  std::vector<uint32_t> followers_;
  std::unordered_map<std::string_view, uint32_t> index_;  // names of children, also those of before
  const Renames* renames_ = nullptr;
  Freedom freedom_;
};

}  // namespace frazil::decode
