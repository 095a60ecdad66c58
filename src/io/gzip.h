// Gzip (RFC 1952). Table metadata and HTTP replies may be compressed with it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/limits.h"
#include "common/result.h"

struct z_stream_s;

namespace frazil::io {

bool IsGzip(std::string_view bytes);
std::string Gzip(std::string_view text);
// kCorrupt if `bytes` is not a whole gzip stream, or if the decompressed text exceeds `most`. Decompression stops at
// the limit.
Result<std::string> Gunzip(std::string_view bytes, const Limit& most);

// Decompresses a gzip stream that arrives in pieces. Not thread-safe.
class Gunzipper {
 public:
  explicit Gunzipper(const Limit& most);  // limits the sum of everything appended
  // Decompresses the next `bytes` of the stream, and appends the result to `to`.
  Status Add(std::string_view bytes, std::string* to);
  bool ended() const { return ended_; }

 private:
  struct End {
    void operator()(z_stream_s* stream) const;
  };
  const Limit most_;
  std::unique_ptr<z_stream_s, End> stream_;
  bool ended_ = false;
};

}  // namespace frazil::io
