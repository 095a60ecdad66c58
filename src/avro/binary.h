// Avro's binary encoding (Avro specification 1.12, "Binary Encoding"), value by value, without a container: container
// blocks and Kafka payloads alike.
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

// Reads values from bytes that nobody vouches for. The first error sticks: later reads give zeros and empty views,
// every loop over ReadBlock ends, and status() tells what broke the rules and at which byte. So callers check
// once a record, not once a value.
class BinaryReader {
 public:
  // `empty_values`: what an earlier reader of the same source left unpaid, see below.
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
  std::string_view ReadBytes();  // bytes and string alike; points into the input
  std::string_view ReadFixed(size_t size);
  size_t ReadIndex(size_t count, std::string_view what);  // of a union's branch or an enum's symbol

  // Begins a block of an array or map; after its items comes EndBlock. A count of 0 is the end of all blocks. Counts
  // that the remaining bytes cannot hold are refused, so a caller may reserve space for them.
  struct Block {
    int64_t count = 0;
    std::optional<size_t> end;  // its position, where the block tells its size
  };
  Block ReadBlock(uint64_t min_item_size);
  void EndBlock(const Block& block);
  // Counts values that take no bytes, which nothing else would bound: each byte read pays for one, and
  // kMaxEmptyValues are free. False (and an error) beyond.
  bool ChargeEmpty(int64_t count);
  int64_t unpaid_empty_values() const { return std::max<int64_t>(0, empty_values_ - static_cast<int64_t>(position())); }

  // Moves past a value without keeping it.
  void Skip(const Node& node);

  // Guards recursion of the caller's own: false (and an error) below kMaxDepth.
  bool Enter();
  void Leave() { --depth_; }

  // Reports an error of the caller's own at the current position. The first one counts.
  void Fail(std::string_view what);
  bool ok() const { return error_.empty(); }
  Status status() const;

  size_t position() const { return static_cast<size_t>(pos_ - begin_); }
  size_t remaining() const { return static_cast<size_t>(end_ - pos_); }

  static constexpr int kMaxDepth = 128;
  static constexpr int64_t kMaxEmptyValues = 65536;

 private:
  int64_t ReadLongSlow();
  void SkipBlocks(const Node& node);  // of an array or map

  const char* begin_;
  const char* pos_;
  const char* end_;  // moved to pos_ by an error
  int depth_ = 0;
  int64_t empty_values_;
  size_t error_position_ = 0;
  std::string error_;
};

// Appends encoded values to a string.
class BinaryWriter {
 public:
  void WriteBoolean(bool value) { bytes_.push_back(value ? 1 : 0); }
  void WriteLong(int64_t value);  // int and long alike, union branches and enum symbols too
  void WriteFloat(float value);
  void WriteDouble(double value);
  void WriteBytes(std::string_view value);  // bytes and string alike
  void WriteFixed(std::string_view value) { bytes_.append(value); }
  // An array or map of `count` items: WriteBlock, the items, EndBlocks. Nothing but EndBlocks when it is empty.
  void WriteBlock(size_t count) { WriteLong(static_cast<int64_t>(count)); }
  void EndBlocks() { bytes_.push_back(0); }

  const std::string& bytes() const { return bytes_; }
  void Clear() { bytes_.clear(); }
  std::string Take() { return std::exchange(bytes_, {}); }

 private:
  std::string bytes_;
};

}  // namespace frazil::avro
