// Kafka's primitive types (kafka.apache.org/protocol, "Protocol Primitive Types"): big-endian integers, and the compact
// types of the flexible versions.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace frazil::source::kafka {

using TopicId = std::array<char, 16>;

template <class Int>
Int LoadBigEndian(const char* at) {
  std::make_unsigned_t<Int> value;
  std::memcpy(&value, at, sizeof value);
  if constexpr (std::endian::native == std::endian::little) {
    if constexpr (sizeof value == 2) value = __builtin_bswap16(value);
    if constexpr (sizeof value == 4) value = __builtin_bswap32(value);
    if constexpr (sizeof value == 8) value = __builtin_bswap64(value);
  }
  return static_cast<Int>(value);
}

// Appends primitive types to a string.
class WireWriter {
 public:
  template <class Int>
  void Integer(Int value) {
    for (int shift = 8 * (static_cast<int>(sizeof value) - 1); shift >= 0; shift -= 8) {
      bytes_.push_back(static_cast<char>(static_cast<std::make_unsigned_t<Int>>(value) >> shift));
    }
  }
  void Int8(int8_t value) { Integer(value); }
  void Int16(int16_t value) { Integer(value); }
  void Int32(int32_t value) { Integer(value); }
  void Int64(int64_t value) { Integer(value); }
  void Bool(bool value) { Int8(value ? 1 : 0); }
  void UnsignedVarint(uint32_t value) {
    for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<char>(value | 0x80));
    bytes_.push_back(static_cast<char>(value));
  }
  void Uuid(const TopicId& id) { bytes_.append(id.data(), id.size()); }
  void String(std::string_view text) {
    Int16(static_cast<int16_t>(text.size()));
    bytes_ += text;
  }
  // Writes COMPACT_STRING or COMPACT_BYTES.
  void Compact(std::string_view text) {
    UnsignedVarint(static_cast<uint32_t>(text.size()) + 1);
    bytes_ += text;
  }
  void CompactCount(size_t count) { UnsignedVarint(static_cast<uint32_t>(count) + 1); }
  void NoTags() { bytes_.push_back('\0'); }

  const std::string& bytes() const { return bytes_; }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads primitive types from untrusted bytes. Past the end, or at malformed bytes, it returns zeros, and ok() is false
// from then on. Not thread-safe.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const { return ok_; }
  size_t left() const { return static_cast<size_t>(end_ - at_); }

  template <class Int>
  Int Integer() {
    if (left() < sizeof(Int)) return Broken<Int>();
    const Int value = LoadBigEndian<Int>(at_);
    at_ += sizeof(Int);
    return value;
  }
  int8_t Int8() { return left() < 1 ? Broken<int8_t>() : static_cast<int8_t>(*at_++); }
  int16_t Int16() { return Integer<int16_t>(); }
  int32_t Int32() { return Integer<int32_t>(); }
  int64_t Int64() { return Integer<int64_t>(); }
  uint32_t UnsignedVarint() {
    uint32_t value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
      if (at_ == end_) break;
      const auto byte = static_cast<uint8_t>(*at_++);
      value |= static_cast<uint32_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return Broken<uint32_t>();
  }
  TopicId Uuid() {
    TopicId id{};
    const std::string_view bytes = Bytes(id.size());
    if (ok_) std::memcpy(id.data(), bytes.data(), id.size());
    return id;
  }
  std::string_view Bytes(size_t size) {
    if (size > left()) return Broken<std::string_view>();
    const std::string_view out(at_, size);
    at_ += size;
    return out;
  }
  std::string_view String() { return Bytes(static_cast<size_t>(std::max<int16_t>(0, Int16()))); }
  // Null becomes an empty view.
  std::string_view Compact() {
    const uint32_t size = UnsignedVarint();
    return size == 0 ? std::string_view() : Bytes(size - 1);
  }
  // Like Compact. If the value goes on after the end of the input, returns the part that is there and sets `is_cut`.
  std::string_view CompactFront(bool& is_cut) {
    const uint32_t size = UnsignedVarint();
    is_cut = size > 0 && size - 1 > left();
    return size == 0 ? std::string_view() : Bytes(std::min<size_t>(size - 1, left()));
  }
  // A null array counts as empty. Each element takes at least one byte, so a count above left() is malformed.
  size_t CompactCount() { return Count(UnsignedVarint(), 1); }
  size_t Count() { return Count(static_cast<uint32_t>(std::max<int32_t>(0, Int32())), 0); }
  // Calls visit(tag, reader of its value) for each tagged field.
  template <class Visit>
  void Tags(Visit visit) {
    for (uint32_t left_to_read = UnsignedVarint(); left_to_read > 0 && ok_; --left_to_read) {
      const uint32_t tag = UnsignedVarint();
      WireReader value(Bytes(UnsignedVarint()));
      if (ok_) visit(tag, value);
    }
  }
  void SkipTags() {
    Tags([](uint32_t, WireReader&) {});
  }

 private:
  template <class T>
  T Broken() {
    ok_ = false;
    at_ = end_;
    return T{};
  }
  size_t Count(uint32_t raw, uint32_t bias) {
    const size_t count = raw < bias ? 0 : raw - bias;
    return count > left() ? Broken<size_t>() : count;
  }

  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace frazil::source::kafka
