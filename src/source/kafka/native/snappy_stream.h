// Decompresses a Snappy block (github.com/google/snappy, format_description.txt) piece by piece. The Snappy library
// needs room for the whole block at once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"
#include "source/kafka/native/bytes.h"

namespace frazil::source::kafka {

// Slower than the library, so only for blocks that are too large to be held whole. Not thread-safe.
class SnappyStream {
 public:
  // Compressors split their input into fragments of this size, and refer back no farther.
  static constexpr size_t kWindow = 64 << 10;

  // `block` begins with its decompressed length, which the caller has checked. It must outlive this object.
  explicit SnappyStream(std::string_view block);

  // Appends decompressed bytes until `out` has `most` bytes (up to 64 more are possible) or ended() is true. kCorrupt;
  // kUnsupported if the block refers back farther than kWindow.
  Status Fill(Bytes& out, size_t most);
  bool ended() const { return left_ == 0; }

 private:
  Status Element(Bytes& out, size_t most);
  Status CopyBack(Bytes& out, size_t offset, size_t size);
  void Append(Bytes& out, std::string_view bytes);

  const char* at_;
  const char* end_;
  uint64_t left_;         // decompressed bytes still to come
  uint64_t literal_ = 0;  // bytes of the current literal still to come
  std::string window_;    // at least the last kWindow decompressed bytes
};

}  // namespace frazil::source::kafka
