#include "iceberg/deletion_vector.h"

#include <zlib.h>

#include <bit>
#include <cstring>
#include <limits>
#include <vector>

namespace frazil::iceberg {
namespace {

constexpr std::string_view kMagic = "\xD1\xD3\x39\x64";
constexpr size_t kFrame = 4;  // the length before magic and bitmaps; so long is
                              // the checksum behind them
// Constants of Roaring bitmaps.
constexpr uint32_t kCookie = 12346;
constexpr uint32_t kCookieWithRuns = 12347;
constexpr uint32_t kMostContainers = 1 << 16;
constexpr uint32_t kOffsetsFrom = 4;      // containers, where there are runs
constexpr uint32_t kLargestArray = 4096;  // values; above, a container is a bitmap
constexpr size_t kBitmapWords = (1 << 16) / 64;

uint32_t Crc32(std::string_view bytes) {
  return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

uint32_t BigEndian(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < sizeof(value); ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

// Reads little-endian numbers one after another. Beyond the end it returns 0, and ok() is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <class T>
  T Read() {
    T value{};
    const std::string_view taken = Take(sizeof(T));
    if (ok_) std::memcpy(&value, taken.data(), sizeof(T));
    return value;
  }
  std::string_view Take(size_t count) {
    ok_ &= count <= bytes_.size();
    if (!ok_) return {};
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

class VectorReader {
 public:
  VectorReader(std::string_view bitmaps, const TakePosition& take) : reader_(bitmaps), take_(take) {}

  Status Run() {
    const auto count = reader_.Read<uint64_t>();
    for (uint64_t i = 0; i < count && reader_.ok(); ++i) {
      const auto key = reader_.Read<uint32_t>();
      if (key > static_cast<uint32_t>(std::numeric_limits<int32_t>::max())) {
        return Fail(ErrorKind::kCorrupt, "a deletion vector with positions above 63 bits");
      }
      FRAZIL_RETURN_IF_ERROR(ReadBitmap(int64_t{key} << 32));
    }
    if (!reader_.ok()) return Fail(ErrorKind::kCorrupt, "a deletion vector that ends too early");
    if (!reader_.at_end()) return Fail(ErrorKind::kCorrupt, "a deletion vector with bytes behind its end");
    return {};
  }

 private:
  struct Container {
    int64_t base;
    uint32_t values;
    bool runs;
  };

  Status ReadBitmap(int64_t base) {
    const auto cookie = reader_.Read<uint32_t>();
    const bool with_runs = (cookie & 0xFFFF) == kCookieWithRuns;
    if (!with_runs && cookie != kCookie && reader_.ok()) {
      return Fail(ErrorKind::kCorrupt, "a deletion vector whose bitmap has cookie {}", cookie);
    }
    const uint32_t count = with_runs ? (cookie >> 16) + 1 : reader_.Read<uint32_t>();
    if (count > kMostContainers) return Fail(ErrorKind::kCorrupt, "a deletion vector with {} containers", count);
    const std::string_view run_flags = with_runs ? reader_.Take((count + 7) / 8) : std::string_view();
    std::vector<Container> containers;
    for (uint32_t i = 0; i < count && reader_.ok(); ++i) {
      const auto key = reader_.Read<uint16_t>();
      const uint32_t values = uint32_t{reader_.Read<uint16_t>()} + 1;
      const bool runs = with_runs && (run_flags[i / 8] >> (i % 8) & 1) != 0;
      containers.push_back({base + (int64_t{key} << 16), values, runs});
      if (i > 0 && containers[i - 1].base >= containers[i].base) {
        return Fail(ErrorKind::kCorrupt, "a deletion vector whose containers are out of order");
      }
    }
    if (!with_runs || count >= kOffsetsFrom) reader_.Take(size_t{count} * sizeof(uint32_t));
    for (const Container& container : containers) FRAZIL_RETURN_IF_ERROR(ReadContainer(container));
    return {};
  }

  Status ReadContainer(const Container& container) {
    uint32_t found = 0;
    const auto take = [&](int64_t value) {
      ++found;
      return take_(container.base + value);
    };
    if (container.runs) {
      const auto runs = reader_.Read<uint16_t>();
      for (uint32_t i = 0; i < runs && reader_.ok(); ++i) {
        const auto first = reader_.Read<uint16_t>();
        const auto more = reader_.Read<uint16_t>();
        if (int64_t{first} + more >= 1 << 16)
          return Fail(ErrorKind::kCorrupt, "a deletion vector's run that is too long");
        for (int64_t value = first; value <= int64_t{first} + more; ++value) {
          FRAZIL_RETURN_IF_ERROR(take(value));
        }
      }
    } else if (container.values <= kLargestArray) {
      for (uint32_t i = 0; i < container.values && reader_.ok(); ++i) {
        const auto value = reader_.Read<uint16_t>();
        if (reader_.ok()) FRAZIL_RETURN_IF_ERROR(take(value));
      }
    } else {
      for (size_t i = 0; i < kBitmapWords && reader_.ok(); ++i) {
        for (auto word = reader_.Read<uint64_t>(); word != 0; word &= word - 1) {
          FRAZIL_RETURN_IF_ERROR(take(static_cast<int64_t>(i * 64) + std::countr_zero(word)));
        }
      }
    }
    if (!reader_.ok()) return Fail(ErrorKind::kCorrupt, "a deletion vector that ends too early");
    if (found == container.values) return {};
    return Fail(ErrorKind::kCorrupt, "a deletion vector's container holds {} positions and says {}", found,
                container.values);
  }

  Reader reader_;
  const TakePosition& take_;
};

}  // namespace

Status ReadDeletionVector(std::string_view blob, const TakePosition& take) {
  static_assert(std::endian::native == std::endian::little);
  if (blob.size() < 2 * kFrame + kMagic.size())
    return Fail(ErrorKind::kCorrupt, "a deletion vector of {} bytes", blob.size());
  const std::string_view body = blob.substr(kFrame, blob.size() - 2 * kFrame);
  if (BigEndian(blob) != body.size()) {
    return Fail(ErrorKind::kCorrupt, "a deletion vector of {} bytes that says {}", body.size(), BigEndian(blob));
  }
  if (!body.starts_with(kMagic)) return Fail(ErrorKind::kCorrupt, "no deletion vector: its first bytes are others");
  if (BigEndian(blob.substr(blob.size() - kFrame)) != Crc32(body)) {
    return Fail(ErrorKind::kCorrupt, "a deletion vector whose checksum is not that of its bytes");
  }
  return VectorReader(body.substr(kMagic.size()), take).Run();
}

}  // namespace frazil::iceberg
