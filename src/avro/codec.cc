#include "avro/codec.h"

#include <snappy.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "common/system/out_of_memory.h"

namespace frazil::avro {

namespace {

constexpr int kRawDeflate = -MAX_WBITS;  // no zlib header, as Avro wants it
constexpr int kZlibMemoryLevel = 8;
constexpr size_t kFirstBuffer = 4096;
constexpr std::string_view kUnpacking = "unpacking an Avro block";
constexpr size_t kSnappyChecksum = 4;
// The densest Snappy element copies 64 bytes and takes 3.
constexpr size_t kMaxSnappyRatio = 22;

tl::unexpected<Error> TooLarge(Codec codec, size_t max_bytes) {
  return Fail(ErrorKind::kCorrupt, "{} data decompresses to more than {} bytes", ToString(codec), max_bytes);
}

// Makes room after the first `used` bytes. Returns false at the limit.
bool Grow(std::string* out, size_t used, size_t max_bytes) {
  if (used < out->size()) return true;
  if (used >= max_bytes) return false;
  out->resize(std::min(max_bytes, std::max(kFirstBuffer, used * 2)));
  return true;
}

Result<std::string> Deflate(std::string_view bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kRawDeflate, kZlibMemoryLevel, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return OutOfMemory("packing an Avro block");
  }
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (code != Z_STREAM_END) return Fail(ErrorKind::kInternal, "zlib could not compress {} bytes", bytes.size());
  return out;
}

// Bytes after the end of the stream are ignored: Avro's Python library left part of a checksum there.
Result<std::string> Inflate(std::string_view bytes, size_t max_bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, kRawDeflate) != Z_OK) return OutOfMemory(kUnpacking);
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  size_t used = 0;
  // Room for one byte beyond the limit tells an exact fit from too much.
  while (Grow(&out, used, max_bytes + 1)) {
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
    stream.avail_out = static_cast<uInt>(out.size() - used);
    const int code = inflate(&stream, Z_NO_FLUSH);
    used = out.size() - stream.avail_out;
    if (used > max_bytes) break;
    if (code == Z_STREAM_END) {
      out.resize(used);
      return out;
    }
    if (code == Z_MEM_ERROR) return OutOfMemory(kUnpacking);
    if (code != Z_OK || (stream.avail_in == 0 && stream.avail_out > 0)) {
      return Fail(ErrorKind::kCorrupt, "deflate data is damaged: {}",
                  stream.msg != nullptr ? stream.msg : "it ends too early");
    }
  }
  return TooLarge(Codec::kDeflate, max_bytes);
}

uint32_t Crc32(std::string_view bytes) {
  return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

// Snappy's block format, then the big-endian CRC-32 of the uncompressed bytes.
std::string SnappyCompress(std::string_view bytes) {
  std::string out;
  snappy::Compress(bytes.data(), bytes.size(), &out);
  const uint32_t crc = Crc32(bytes);
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(crc >> shift));
  return out;
}

Result<std::string> SnappyDecompress(std::string_view bytes, size_t max_bytes) {
  if (bytes.size() < kSnappyChecksum) return Fail(ErrorKind::kCorrupt, "snappy data lacks its checksum");
  const std::string_view checksum = bytes.substr(bytes.size() - kSnappyChecksum);
  bytes.remove_suffix(kSnappyChecksum);
  size_t size = 0;
  if (!snappy::GetUncompressedLength(bytes.data(), bytes.size(), &size) || size > bytes.size() * kMaxSnappyRatio) {
    return Fail(ErrorKind::kCorrupt, "snappy data announces an impossible length");
  }
  if (size > max_bytes) return TooLarge(Codec::kSnappy, max_bytes);
  std::string out(size, '\0');
  if (!snappy::RawUncompress(bytes.data(), bytes.size(), out.data())) {
    return Fail(ErrorKind::kCorrupt, "snappy data is damaged");
  }
  uint32_t expected = 0;
  for (const char byte : checksum) expected = expected << 8 | static_cast<unsigned char>(byte);
  if (Crc32(out) != expected) return Fail(ErrorKind::kCorrupt, "snappy data does not match its CRC-32");
  return out;
}

Result<std::string> ZstdCompress(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), ZSTD_CLEVEL_DEFAULT);
  if (ZSTD_isError(size) != 0) return Fail(ErrorKind::kInternal, "zstd: {}", ZSTD_getErrorName(size));
  out.resize(size);
  return out;
}

Result<std::string> ZstdDecompress(std::string_view bytes, size_t max_bytes) {
  const std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
  if (stream == nullptr) return OutOfMemory(kUnpacking);
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::string out;
  size_t used = 0;
  while (Grow(&out, used, max_bytes + 1)) {
    ZSTD_outBuffer to{out.data(), out.size(), used};
    const size_t code = ZSTD_decompressStream(stream.get(), &to, &in);
    used = to.pos;
    if (used > max_bytes) break;
    if (ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation) return OutOfMemory(kUnpacking);
    if (ZSTD_isError(code) != 0)
      return Fail(ErrorKind::kCorrupt, "zstandard data is damaged: {}", ZSTD_getErrorName(code));
    if (code == 0 && in.pos == in.size) {
      out.resize(used);
      return out;
    }
    if (in.pos == in.size && to.pos < to.size) return Fail(ErrorKind::kCorrupt, "zstandard data ends too early");
  }
  return TooLarge(Codec::kZstandard, max_bytes);
}

}  // namespace

std::string_view ToString(Codec codec) {
  switch (codec) {
    case Codec::kNull:
      return "null";
    case Codec::kDeflate:
      return "deflate";
    case Codec::kSnappy:
      return "snappy";
    case Codec::kZstandard:
      return "zstandard";
  }
  return "unknown";
}

Result<Codec> ParseCodec(std::string_view name) {
  for (const Codec codec : {Codec::kNull, Codec::kDeflate, Codec::kSnappy, Codec::kZstandard}) {
    if (ToString(codec) == name) return codec;
  }
  return Fail(ErrorKind::kUnsupported, "the Avro codec \"{}\" is not built in; null, deflate, snappy and zstandard are",
              name);
}

Result<std::string> Compress(Codec codec, std::string_view bytes) {
  switch (codec) {
    case Codec::kDeflate:
      return Deflate(bytes);
    case Codec::kSnappy:
      return SnappyCompress(bytes);
    case Codec::kZstandard:
      return ZstdCompress(bytes);
    case Codec::kNull:
      break;
  }
  return std::string(bytes);
}

Result<std::string> Decompress(Codec codec, std::string_view bytes, size_t max_bytes) {
  // zlib counts in 32 bits. No block of an honest file comes near that.
  if (bytes.size() > std::numeric_limits<uint32_t>::max()) return TooLarge(codec, max_bytes);
  switch (codec) {
    case Codec::kDeflate:
      return Inflate(bytes, max_bytes);
    case Codec::kSnappy:
      return SnappyDecompress(bytes, max_bytes);
    case Codec::kZstandard:
      return ZstdDecompress(bytes, max_bytes);
    case Codec::kNull:
      break;
  }
  if (bytes.size() > max_bytes) return TooLarge(codec, max_bytes);
  return std::string(bytes);
}

}  // namespace frazil::avro
