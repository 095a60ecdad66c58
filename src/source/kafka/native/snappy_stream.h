// A block of Snappy (github.com/google/snappy, format_description.txt) unpacked piece by piece: the library wants room
// for all of it at once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"
#include "source/kafka/native/bytes.h"

namespace frazil::source::kafka {

// Slower than the library: for blocks that are too large for it.
class SnappyStream {
 public:
  // Packers cut what they pack into fragments of so many bytes, and look back no farther.
  static constexpr size_t kWindow = 64 << 10;

  // `block` begins with its length, which is sound, and must outlive it.
  explicit SnappyStream(std::string_view block);

  // Appends to `out` until that has `most` bytes, or up to 64 more, or ended(). kCorrupt; kUnsupported where it looks
  // back farther than kWindow.
  Status Fill(Bytes& out, size_t most);
  bool ended() const { return left_ == 0; }

 private:
  Status Element(Bytes& out, size_t most);
  Status CopyBack(Bytes& out, size_t offset, size_t size);
  void Append(Bytes& out, std::string_view bytes);

  const char* at_;
  const char* end_;
  uint64_t left_;         // bytes that the block says are still to come
  uint64_t literal_ = 0;  // bytes of a literal that are still to come
  std::string window_;    // the last kWindow bytes unpacked, or somewhat more
};

}  // namespace frazil::source::kafka
