#include "source/kafka/native/decompress.h"

#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "common/system/out_of_memory.h"
#include "source/kafka/native/snappy_stream.h"
#include "source/kafka/native/wire.h"

namespace frazil::source::kafka {
namespace {

constexpr size_t kFirstGuess = 4;  // times the compressed size, if that does not tell the real one
constexpr size_t kLeastStep = 16 << 10;

[[nodiscard]] tl::unexpected<Error> Broken(std::string_view why) { return Fail(ErrorKind::kCorrupt, "{}", why); }

// Calls step(to, room), which returns how many bytes it wrote, until `out` has `most` bytes or done() is true.
template <class Step, class Done>
Status Unpack(size_t guess, Bytes& out, size_t most, Step step, Done done) {
  size_t room = std::max(guess, kLeastStep);
  while (!done() && out.size() < most) {
    room = std::min(room, most - out.size());
    char* const to = out.Reserve(room);
    FRAZIL_ASSIGN_OR_RETURN(const size_t wrote, step(to, room));
    out.Grow(wrote);
    room = std::max(kLeastStep, out.size() / 2);
  }
  return {};
}

class NotPacked final : public Decompressor {
 public:
  explicit NotPacked(std::string_view packed) : left_(packed) {}
  bool ended() const override { return left_.empty(); }

 private:
  Codec codec() const override { return Codec::kNone; }
  Status FillSome(Bytes& out, size_t most) override {
    const size_t size = std::min(left_.size(), most - std::min(most, out.size()));
    std::copy_n(left_.data(), size, out.Reserve(size));
    out.Grow(size);
    left_.remove_prefix(size);
    return {};
  }

  std::string_view left_;
};

class Gunzip final : public Decompressor {
 public:
  explicit Gunzip(std::string_view packed) {
    constexpr int kGzipOrZlib = 32;
    if (const int code = inflateInit2(&stream_, MAX_WBITS + kGzipOrZlib); code != Z_OK) throw std::bad_alloc();
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream_.avail_in = static_cast<uInt>(packed.size());
    guess_ = packed.size() * kFirstGuess;
  }
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;
  ~Gunzip() override { inflateEnd(&stream_); }
  bool ended() const override { return state_ == Z_STREAM_END; }

 private:
  Codec codec() const override { return Codec::kGzip; }
  Status FillSome(Bytes& out, size_t most) override {
    return Unpack(
        guess_, out, most,
        [&](char* to, size_t room) -> Result<size_t> {
          stream_.next_out = reinterpret_cast<Bytef*>(to);
          stream_.avail_out = static_cast<uInt>(room);
          state_ = inflate(&stream_, Z_NO_FLUSH);
          if (state_ == Z_MEM_ERROR) throw std::bad_alloc();
          if (state_ != Z_OK && state_ != Z_STREAM_END)
            return Broken(stream_.msg != nullptr ? stream_.msg : "cut short");
          return room - stream_.avail_out;
        },
        [&] { return ended(); });
  }

  z_stream stream_{};
  size_t guess_;
  int state_ = Z_OK;
};

// The Java client uses the framing of snappy-java: a magic number of 8 bytes, two version numbers, then sizes and
// blocks. Other clients send a single block without framing.
class Unsnappy final : public Decompressor {
 public:
  explicit Unsnappy(std::string_view packed) : left_(packed) {
    constexpr std::string_view kMagic("\x82SNAPPY\0", 8);
    framed_ = packed.starts_with(kMagic);
  }
  bool ended() const override { return left_.empty() && !large_; }

 private:
  static constexpr size_t kHeader = 16;

  Codec codec() const override { return Codec::kSnappy; }
  Status FillSome(Bytes& out, size_t most) override {
    if (framed_ && !header_read_) {
      if (left_.size() < kHeader) return Broken("cut short");
      left_.remove_prefix(kHeader);
      header_read_ = true;
    }
    while (!ended() && out.size() < most) {
      if (!large_) FRAZIL_RETURN_IF_ERROR(Begin(out, most));
      if (!large_) continue;
      FRAZIL_RETURN_IF_ERROR(large_->Fill(out, most));
      if (large_->ended()) large_.reset();
    }
    return {};
  }

  // Decompresses the next block. If it has more bytes than are wanted, large_ will decompress it step by step.
  Status Begin(Bytes& out, size_t most) {
    FRAZIL_ASSIGN_OR_RETURN(const std::string_view block, NextBlock());
    size_t size = 0;
    if (!snappy::GetUncompressedLength(block.data(), block.size(), &size)) return Broken("no snappy length");
    // Snappy cannot compress better than 64 to 3. A larger claimed length is false, and no memory is taken for it.
    if (size / 32 > block.size()) return Broken("the snappy length cannot be");
    if (size > most - out.size()) {
      large_ = std::make_unique<SnappyStream>(block);
      return {};
    }
    if (!snappy::RawUncompress(block.data(), block.size(), out.Reserve(size))) return Broken("not snappy");
    out.Grow(size);
    return {};
  }

  Result<std::string_view> NextBlock() {
    if (!framed_) return std::exchange(left_, {});
    WireReader reader(left_);
    const int32_t size = reader.Int32();
    const std::string_view block = size < 0 ? std::string_view() : reader.Bytes(static_cast<size_t>(size));
    if (!reader.ok() || block.empty()) return Broken("a block is cut short");
    left_.remove_prefix(left_.size() - reader.left());
    return block;
  }

  std::string_view left_;
  bool framed_ = false;
  bool header_read_ = false;
  std::unique_ptr<SnappyStream> large_;
};

struct FreeContext {
  void operator()(LZ4F_dctx* context) const { LZ4F_freeDecompressionContext(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};
template <class T>
using ContextOf = std::unique_ptr<T, FreeContext>;

// Making a context costs more than decompressing a small batch. So each thread keeps an idle one.
template <class T>
ContextOf<T>& IdleContext() {
  thread_local ContextOf<T> idle;
  return idle;
}

class Unlz4 final : public Decompressor {
 public:
  explicit Unlz4(std::string_view packed)
      : context_(std::move(IdleContext<LZ4F_dctx>())), left_(packed), guess_(packed.size() * kFirstGuess) {
    if (context_ == nullptr) {
      LZ4F_dctx* made = nullptr;
      if (LZ4F_isError(LZ4F_createDecompressionContext(&made, LZ4F_VERSION)) != 0) throw std::bad_alloc();
      context_.reset(made);
    }
    LZ4F_resetDecompressionContext(context_.get());
  }
  Unlz4(const Unlz4&) = delete;
  Unlz4& operator=(const Unlz4&) = delete;
  ~Unlz4() override { IdleContext<LZ4F_dctx>() = std::move(context_); }
  bool ended() const override { return ended_; }

 private:
  Codec codec() const override { return Codec::kLz4; }
  Status FillSome(Bytes& out, size_t most) override {
    return Unpack(
        guess_, out, most,
        [&](char* to, size_t room) -> Result<size_t> {
          size_t read = left_.size();
          const size_t hint = LZ4F_decompress(context_.get(), to, &room, left_.data(), &read, nullptr);
          if (LZ4F_isError(hint) != 0) {
            const std::string_view name = LZ4F_getErrorName(hint);
            if (name == "ERROR_allocation_failed") throw std::bad_alloc();  // its number is not in the interface
            return Broken(name);
          }
          left_.remove_prefix(read);
          ended_ = hint == 0;
          if (!ended_ && read == 0 && room == 0) return Broken("cut short");
          return room;
        },
        [&] { return ended_; });
  }

  ContextOf<LZ4F_dctx> context_;
  std::string_view left_;
  size_t guess_;
  bool ended_ = false;
};

class Unzstd final : public Decompressor {
 public:
  Unzstd(std::string_view packed, size_t most_window)
      : context_(std::move(IdleContext<ZSTD_DCtx>())),
        in_{packed.data(), packed.size(), 0},
        guess_(packed.size() * kFirstGuess),
        most_window_(most_window) {
    if (context_ == nullptr) context_.reset(ZSTD_createDCtx());
    if (context_ == nullptr) throw std::bad_alloc();
    ZSTD_DCtx_reset(context_.get(), ZSTD_reset_session_only);
  }
  Unzstd(const Unzstd&) = delete;
  Unzstd& operator=(const Unzstd&) = delete;
  ~Unzstd() override {
    constexpr size_t kWorthKeeping = 4 << 20;
    if (ZSTD_sizeof_DCtx(context_.get()) <= kWorthKeeping) IdleContext<ZSTD_DCtx>() = std::move(context_);
  }
  bool ended() const override { return ended_; }

 private:
  Codec codec() const override { return Codec::kZstd; }
  Status FillSome(Bytes& out, size_t most) override {
    return Unpack(
        guess_, out, most,
        [&](char* to, size_t room) -> Result<size_t> {
          ZSTD_outBuffer buffer{to, room, 0};
          const size_t read_before = in_.pos;
          const size_t hint = ZSTD_decompressStream(context_.get(), &buffer, &in_);
          if (ZSTD_isError(hint) != 0) return Failed(hint);
          ended_ = hint == 0 && in_.pos == in_.size;
          if (!ended_ && buffer.pos == 0 && in_.pos == read_before) return Broken("cut short");
          unpacked_ += buffer.pos;
          // A window takes memory only as it fills, whatever size is announced.
          if (const size_t window = ZSTD_sizeof_DCtx(context_.get());
              !ended_ && std::min(window, unpacked_) > most_window_) {
            return WindowTooLarge(
                fmt::format("its window takes {} bytes, more than the {} that", window, most_window_));
          }
          return buffer.pos;
        },
        [&] { return ended_; });
  }

  static tl::unexpected<Error> WindowTooLarge(std::string_view what) {
    return Fail(ErrorKind::kUnsupported,
                "{} max_record_bytes leaves for it: raise memory_limit_mb, and max_record_bytes if it is set, or have "
                "the producer pack at a lower level",
                what);
  }
  static tl::unexpected<Error> Failed(size_t code) {
    switch (ZSTD_getErrorCode(code)) {
      case ZSTD_error_memory_allocation:
        throw std::bad_alloc();
      case ZSTD_error_frameParameter_windowTooLarge:
        return Fail(ErrorKind::kUnsupported,
                    "its window is larger than 128 MiB: have the producer pack at a lower level");
      default:
        return Broken(ZSTD_getErrorName(code));
    }
  }

  ContextOf<ZSTD_DCtx> context_;
  ZSTD_inBuffer in_;
  size_t guess_;
  size_t most_window_;
  size_t unpacked_ = 0;
  bool ended_ = false;
};

std::unique_ptr<Decompressor> Make(Codec codec, std::string_view packed, size_t most_window) {
  switch (codec) {
    case Codec::kGzip:
      return std::make_unique<Gunzip>(packed);
    case Codec::kSnappy:
      return std::make_unique<Unsnappy>(packed);
    case Codec::kLz4:
      return std::make_unique<Unlz4>(packed);
    case Codec::kZstd:
      return std::make_unique<Unzstd>(packed, most_window);
    case Codec::kNone:
      break;
  }
  return std::make_unique<NotPacked>(packed);
}

std::string Doing(Codec codec) { return fmt::format("unpacking a record batch by {}", ToString(codec)); }

}  // namespace

std::string_view ToString(Codec codec) {
  constexpr std::array<std::string_view, kCodecs> kNames = {"none", "gzip", "snappy", "lz4", "zstd"};
  return kNames[static_cast<uint8_t>(codec)];
}

Result<std::unique_ptr<Decompressor>> Decompressor::Open(Codec codec, std::string_view packed, size_t most_window) {
  try {
    return Make(codec, packed, most_window);
  } catch (const std::bad_alloc&) {
    return OutOfMemory(Doing(codec));
  }
}

Status Decompressor::Fill(Bytes& out, size_t most) {
  try {
    Status done = FillSome(out, most);
    if (!done) return Wrap(done.error(), fmt::format("it cannot be unpacked by {}", ToString(codec())));
    return done;
  } catch (const std::bad_alloc&) {
    return OutOfMemory(Doing(codec()));
  }
}

}  // namespace frazil::source::kafka
