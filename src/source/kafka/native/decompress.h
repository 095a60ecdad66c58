// The codecs of Kafka's record batches (KIP-110, KIP-57).
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

// What one producer packed, unpacked as it is wanted: however much it is, no more of it is held than that. Belongs to
// one thread at a time.
class Decompressor {
 public:
  // `packed` must outlive it. `most_window`: bytes of what was unpacked that it may keep to look back into.
  // kUnavailable without memory.
  static Result<std::unique_ptr<Decompressor>> Open(Codec codec, std::string_view packed, size_t most_window);
  virtual ~Decompressor() = default;

  // Appends what comes next to `out`, until that has `most` bytes, or 64 more, or ended(). kCorrupt; kUnsupported where
  // the packer looks back farther than is kept; kUnavailable without memory. Of no use after an error.
  Status Fill(Bytes& out, size_t most);
  // Nothing more comes.
  virtual bool ended() const = 0;

 private:
  virtual Status FillSome(Bytes& out, size_t most) = 0;
  virtual Codec codec() const = 0;
};

}  // namespace frazil::source::kafka
