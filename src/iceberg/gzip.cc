#include "iceberg/gzip.h"

#include <zlib.h>

#include <array>

namespace frazil::iceberg {
namespace {
constexpr int kGzipOnly = 16 + MAX_WBITS;  // zlib's window bits: the largest window, gzip framing
}  // namespace

bool IsGzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

std::string Gzip(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipOnly, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);  // the bound makes one call enough
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Result<std::string> Gunzip(std::string_view bytes) {
  constexpr size_t kMaxSize = size_t{1} << 30;
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
