#include "io/gzip.h"

#include <zlib.h>

#include <array>
#include <memory>
#include <new>
#include <stdexcept>

namespace frazil::io {
namespace {
constexpr int kGzipOnly = 16 + MAX_WBITS;  // zlib's window bits: the largest window, gzip framing

tl::unexpected<Error> Damaged() { return Fail(ErrorKind::kCorrupt, "the gzip stream is damaged"); }

}  // namespace

bool IsGzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

std::string Gzip(std::string_view text) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipOnly, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  const std::unique_ptr<z_stream, decltype(&deflateEnd)> end(&stream, deflateEnd);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  // The buffer has deflateBound bytes, so one call finishes the stream. An unfinished stream must never be written.
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::logic_error("zlib could not pack all of a text");
  out.resize(stream.total_out);
  return out;
}

Result<std::string> Gunzip(std::string_view bytes, const Limit& most) {
  Gunzipper gunzipper(most);
  std::string out;
  FRAZIL_RETURN_IF_ERROR(gunzipper.Add(bytes, &out));
  if (!gunzipper.ended()) return Damaged();
  return out;
}

void Gunzipper::End::operator()(z_stream_s* stream) const {
  inflateEnd(stream);
  delete stream;
}

Gunzipper::Gunzipper(const Limit& most) : most_(most), stream_(new z_stream_s{}) {
  if (inflateInit2(stream_.get(), kGzipOnly) != Z_OK) throw std::bad_alloc();
}

Status Gunzipper::Add(std::string_view bytes, std::string* to) {
  stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream_->avail_in = static_cast<uInt>(bytes.size());
  std::array<char, 1 << 16> buffer{};
  // After a full buffer, the loop goes on even without input: zlib still holds output.
  do {
    if (ended_) return {};
    stream_->next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream_->avail_out = buffer.size();
    const int code = inflate(stream_.get(), Z_NO_FLUSH);
    if (code == Z_MEM_ERROR) throw std::bad_alloc();
    if (static_cast<int64_t>(stream_->total_out) > most_.amount()) {
      return Fail(ErrorKind::kCorrupt, "it unpacks to more than {} allows. Raise that if it is right", most_);
    }
    to->append(buffer.data(), buffer.size() - stream_->avail_out);
    ended_ = code == Z_STREAM_END;
    const bool wants_more = code == Z_BUF_ERROR && stream_->avail_in == 0;
    if (code != Z_OK && !ended_ && !wants_more) return Damaged();
  } while (stream_->avail_in > 0 || stream_->avail_out == 0);
  return {};
}

}  // namespace frazil::io
