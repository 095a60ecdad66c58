// The compression codecs of Kafka's record batches (KIP-110, KIP-57).
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "common/result.h"
#include "source/kafka/native/bytes.h"

namespace frazil::source::kafka {

enum class Codec : uint8_t { kNone = 0, kGzip = 1, kSnappy = 2, kLz4 = 3, kZstd = 4 };
constexpr uint8_t kCodecs = 5;
std::string_view ToString(Codec codec);

// Decompresses the records of one batch step by step. It never holds more of the decompressed bytes than the caller
// asks for. One thread uses it at a time.
class Decompressor {
 public:
  // `packed` must outlive the decompressor. `most_window` is the number of decompressed bytes that it may keep for back
  // references. kUnavailable if memory runs out.
  static Result<std::unique_ptr<Decompressor>> Open(Codec codec, std::string_view packed, size_t most_window);
  virtual ~Decompressor() = default;

  // Appends decompressed bytes to `out` until `out` has `most` bytes (up to 64 more are possible) or ended() is true.
  // Errors: kCorrupt; kUnsupported if the data refers back farther than `most_window`; kUnavailable if memory runs out.
  // After an error it must not be used any more.
  Status Fill(Bytes& out, size_t most);
  // True when all bytes have been decompressed.
  virtual bool ended() const = 0;

 private:
  virtual Status FillSome(Bytes& out, size_t most) = 0;
  virtual Codec codec() const = 0;
};

}  // namespace frazil::source::kafka
