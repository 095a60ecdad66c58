// Gzip (RFC 1952), as table metadata and what comes by HTTP may be packed.
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
// kCorrupt where `bytes` is no gzip stream, or unpacks to more than `most` allows, of which no more is unpacked.
Result<std::string> Gunzip(std::string_view bytes, const Limit& most);

// The same for a stream that comes in pieces.
class Gunzipper {
 public:
  explicit Gunzipper(const Limit& most);  // of all that is appended
  // Appends to `to` what `bytes` bring.
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
