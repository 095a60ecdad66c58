#include "source/kafka/native/decompress.h"

#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>

#include "source/kafka/native/wire.h"

namespace frazil::source::kafka {
namespace {

constexpr size_t kFirstGuess = 4;  // times the packed size, where the packed bytes do not tell
constexpr size_t kLeastStep = 16 << 10;

[[nodiscard]] tl::unexpected<Error> Broken(std::string_view why) { return Fail(ErrorKind::kCorrupt, "{}", why); }

[[nodiscard]] tl::unexpected<Error> TooLarge() {
  return Fail(ErrorKind::kCorrupt, "it unpacks to more than {} MiB", kMaxUnpackedBytes >> 20);
}

// Feeds `step(to, room)`, which returns how much it wrote, until `done()`.
template <class Step, class Done>
Status Unpack(size_t guess, size_t before, Bytes& out, Step step, Done done) {
  size_t room = std::clamp(guess, kLeastStep, kMaxUnpackedBytes);
  while (!done()) {
    if (out.size() - before >= kMaxUnpackedBytes) return TooLarge();
    char* const to = out.Reserve(room);
    FRAZIL_ASSIGN_OR_RETURN(const size_t wrote, step(to, room));
    out.Grow(wrote);
    room = std::max(kLeastStep, (out.size() - before) / 2);
  }
  return {};
}

Status Gunzip(std::string_view packed, Bytes& out) {
  z_stream stream{};
  constexpr int kGzipOrZlib = 32;
  if (inflateInit2(&stream, MAX_WBITS + kGzipOrZlib) != Z_OK) return Broken("zlib cannot begin");
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> end(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  int state = Z_OK;
  return Unpack(
      packed.size() * kFirstGuess, out.size(), out,
      [&](char* to, size_t room) -> Result<size_t> {
        stream.next_out = reinterpret_cast<Bytef*>(to);
        stream.avail_out = static_cast<uInt>(room);
        state = inflate(&stream, Z_NO_FLUSH);
        if (state != Z_OK && state != Z_STREAM_END) return Broken(stream.msg != nullptr ? stream.msg : "cut short");
        return room - stream.avail_out;
      },
      [&] { return state == Z_STREAM_END; });
}

Status UnsnappyBlock(std::string_view packed, Bytes& out) {
  size_t size = 0;
  if (!snappy::GetUncompressedLength(packed.data(), packed.size(), &size)) return Broken("no snappy length");
  if (size > kMaxUnpackedBytes) return TooLarge();
  // No codec packs better than 64 to 3: a length beyond is a lie, found before memory is taken for it.
  if (size / 32 > packed.size()) return Broken("the snappy length cannot be");
  if (!snappy::RawUncompress(packed.data(), packed.size(), out.Reserve(size))) return Broken("not snappy");
  out.Grow(size);
  return {};
}

// The Java client frames its blocks as snappy-java does: a magic of 8 bytes, two versions, then sizes and blocks.
Status Unsnappy(std::string_view packed, Bytes& out) {
  constexpr std::string_view kMagic("\x82SNAPPY\0", 8);
  constexpr size_t kHeader = 16;
  if (!packed.starts_with(kMagic)) return UnsnappyBlock(packed, out);
  if (packed.size() < kHeader) return Broken("cut short");
  const size_t before = out.size();
  WireReader reader(packed.substr(kHeader));
  while (reader.left() > 0) {
    const int32_t size = reader.Int32();
    const std::string_view block = size < 0 ? std::string_view() : reader.Bytes(static_cast<size_t>(size));
    if (!reader.ok() || block.empty()) return Broken("a block is cut short");
    FRAZIL_RETURN_IF_ERROR(UnsnappyBlock(block, out));
    if (out.size() - before > kMaxUnpackedBytes) return TooLarge();
  }
  return {};
}

struct FreeContext {
  void operator()(LZ4F_dctx* context) const { LZ4F_freeDecompressionContext(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

Status Unlz4(std::string_view packed, Bytes& out) {
  thread_local const std::unique_ptr<LZ4F_dctx, FreeContext> context = [] {
    LZ4F_dctx* made = nullptr;
    LZ4F_createDecompressionContext(&made, LZ4F_VERSION);
    return std::unique_ptr<LZ4F_dctx, FreeContext>(made);
  }();
  if (context == nullptr) return Broken("lz4 cannot begin");
  LZ4F_resetDecompressionContext(context.get());
  bool ended = false;
  return Unpack(
      packed.size() * kFirstGuess, out.size(), out,
      [&](char* to, size_t room) -> Result<size_t> {
        size_t read = packed.size();
        const size_t hint = LZ4F_decompress(context.get(), to, &room, packed.data(), &read, nullptr);
        if (LZ4F_isError(hint) != 0) return Broken(LZ4F_getErrorName(hint));
        packed.remove_prefix(read);
        ended = hint == 0;
        if (!ended && read == 0 && room == 0) return Broken("cut short");
        return room;
      },
      [&] { return ended; });
}

Status Unzstd(std::string_view packed, Bytes& out) {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  if (context == nullptr) return Broken("zstd cannot begin");
  ZSTD_DCtx_reset(context.get(), ZSTD_reset_session_only);
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  bool ended = false;
  return Unpack(
      packed.size() * kFirstGuess, out.size(), out,
      [&](char* to, size_t room) -> Result<size_t> {
        ZSTD_outBuffer buffer{to, room, 0};
        const size_t read_before = in.pos;
        const size_t hint = ZSTD_decompressStream(context.get(), &buffer, &in);
        if (ZSTD_isError(hint) != 0) return Broken(ZSTD_getErrorName(hint));
        ended = hint == 0 && in.pos == in.size;
        if (!ended && buffer.pos == 0 && in.pos == read_before) return Broken("cut short");
        return buffer.pos;
      },
      [&] { return ended; });
}

Status Unpacked(Codec codec, std::string_view packed, Bytes& out) {
  switch (codec) {
    case Codec::kGzip:
      return Gunzip(packed, out);
    case Codec::kSnappy:
      return Unsnappy(packed, out);
    case Codec::kLz4:
      return Unlz4(packed, out);
    case Codec::kZstd:
      return Unzstd(packed, out);
    case Codec::kNone:
      break;
  }
  std::copy(packed.begin(), packed.end(), out.Reserve(packed.size()));
  out.Grow(packed.size());
  return {};
}

}  // namespace

std::string_view ToString(Codec codec) {
  constexpr std::array<std::string_view, kCodecs> kNames = {"none", "gzip", "snappy", "lz4", "zstd"};
  return kNames[static_cast<uint8_t>(codec)];
}

Status Decompress(Codec codec, std::string_view packed, Bytes& out) {
  auto done = Unpacked(codec, packed, out);
  if (!done) return Wrap(done.error(), fmt::format("it cannot be unpacked by {}", ToString(codec)));
  return done;
}

}  // namespace frazil::source::kafka
