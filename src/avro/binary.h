// Avro's binary encoding, value by value (Avro specification 1.12, "Binary Encoding"). It is used for the blocks of
// container files and for Kafka payloads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "avro/schema.h"
#include "common/result.h"

namespace frazil::avro {

// Reads values from untrusted bytes. The first error sticks: after it, reads return zeros and empty views, every loop
// over ReadBlock ends, and status() says what is wrong and at which byte. So a caller needs to check only once per
// record. Not thread-safe.
class BinaryReader {
 public:
  // `empty_values`: unpaid_empty_values() of the previous reader of the same input; see ChargeEmpty.
  explicit BinaryReader(std::string_view bytes, int64_t empty_values = 0)
      : begin_(bytes.data()), pos_(begin_), end_(begin_ + bytes.size()), empty_values_(empty_values) {}

  bool ReadBoolean();
  int32_t ReadInt();
  int64_t ReadLong() {
    if (pos_ != end_ && static_cast<unsigned char>(*pos_) < 0x80) {
      const auto byte = static_cast<unsigned char>(*pos_++);
      return static_cast<int64_t>(byte >> 1) ^ -static_cast<int64_t>(byte & 1);
    }
    return ReadLongSlow();
  }
  float ReadFloat();
  double ReadDouble();
  std::string_view ReadBytes();  // for bytes and string; points into the input
  std::string_view ReadFixed(size_t size);
  size_t ReadIndex(size_t count, std::string_view what);  // the index of a union's branch or an enum's symbol

  // Begins the next block of an array or map. Read `count` items, then call EndBlock. A count of 0 means that there are
  // no more blocks. A count that cannot fit into the remaining bytes is an error, so a caller may reserve space for it.
  struct Block {
    int64_t count = 0;
    std::optional<size_t> end;  // the position after the block, if the block states its size
  };
  Block ReadBlock(uint64_t min_item_size);
  void EndBlock(const Block& block);
  // Call it before reading `count` values that take no bytes (null, an empty record): the size of the input does not
  // limit their number. kMaxEmptyValues are free, and each byte read allows one more. Beyond that it returns false and
  // sets an error.
  bool ChargeEmpty(int64_t count);
  int64_t unpaid_empty_values() const { return std::max<int64_t>(0, empty_values_ - static_cast<int64_t>(position())); }

  // Reads past one value of type `node`.
  void Skip(const Node& node);

  // Limits recursion in the caller. Returns false, and sets an error, when the depth exceeds kMaxDepth.
  bool Enter();
  void Leave() { --depth_; }

  // Reports an error that the caller found, at the current position. Only the first error counts.
  void Fail(std::string_view what);
  bool ok() const { return error_.empty(); }
  Status status() const;

  size_t position() const { return static_cast<size_t>(pos_ - begin_); }
  size_t remaining() const { return static_cast<size_t>(end_ - pos_); }

  static constexpr int kMaxDepth = 128;
  static constexpr int64_t kMaxEmptyValues = 65536;

 private:
  int64_t ReadLongSlow();
  void SkipBlocks(const Node& node);  // all blocks of an array or map

  const char* begin_;
  const char* pos_;
  const char* end_;  // an error moves it to pos_
  int depth_ = 0;
  int64_t empty_values_;
  size_t error_position_ = 0;
  std::string error_;
};

// Appends encoded values to a string.
class BinaryWriter {
 public:
  void WriteBoolean(bool value) { bytes_.push_back(value ? 1 : 0); }
  void WriteLong(int64_t value);  // for int and long, and for indexes of union branches and enum symbols
  void WriteFloat(float value);
  void WriteDouble(double value);
  void WriteBytes(std::string_view value);  // for bytes and string
  void WriteFixed(std::string_view value) { bytes_.append(value); }
  // To write an array or map of `count` items, call WriteBlock, write the items, and call EndBlocks. For an empty one,
  // call EndBlocks only.
  void WriteBlock(size_t count) { WriteLong(static_cast<int64_t>(count)); }
  void EndBlocks() { bytes_.push_back(0); }

  const std::string& bytes() const { return bytes_; }
  void Clear() { bytes_.clear(); }
  std::string Take() { return std::exchange(bytes_, {}); }

 private:
  std::string bytes_;
};

}  // namespace frazil::avro
