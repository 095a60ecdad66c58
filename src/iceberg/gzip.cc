#include "iceberg/gzip.h"

#include <zlib.h>

#include <array>

namespace frazil::iceberg {

bool IsGzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

Result<std::string> Gunzip(std::string_view bytes) {
  constexpr size_t kMaxSize = size_t{1} << 30;
  constexpr int kGzipOnly = 16 + MAX_WBITS;
  z_stream stream{};
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) return Fail(ErrorKind::kInternal, "zlib could not be set up");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  std::array<char, 1 << 16> buffer{};
  int code = Z_OK;
  while (code == Z_OK && out.size() <= kMaxSize) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = buffer.size();
    code = inflate(&stream, Z_NO_FLUSH);
    out.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (code != Z_STREAM_END) return Fail(ErrorKind::kCorrupt, "the gzip stream is damaged or too long");
  return out;
}

}  // namespace frazil::iceberg
