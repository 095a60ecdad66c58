// Deletion vectors, as they are and framed: their checksum would keep every change from the bitmaps.
#include <zlib.h>

#include <string_view>

#include "fuzz.h"
#include "iceberg/deletion_vector.h"

namespace frazil::fuzz {
namespace {

constexpr int64_t kMost = 1 << 20;

void Read(std::string_view blob) {
  int64_t count = 0;
  static_cast<void>(iceberg::ReadDeletionVector(blob, [&](int64_t position) -> Status {
    Check(position >= 0, "positions are not negative");
    return ++count < kMost ? Status() : Fail(ErrorKind::kUnsupported, "enough");
  }));
}

std::string Framed(std::string_view bitmaps) {
  const auto big = [](size_t value) {
    return std::string{static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
                       static_cast<char>(value)};
  };
  const std::string body = "\xD1\xD3\x39\x64" + std::string(bitmaps);
  return big(body.size()) + body + big(crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size()));
}

}  // namespace

// Bitmaps without their frame: an array of two, a run, a bitmap of none.
std::vector<std::string> Seeds() {
  using namespace std::string_literals;
  const std::string one = "\1\0\0\0\0\0\0\0"s;
  const std::string array = one + "\0\0\0\0\x3a\x30\0\0\1\0\0\0\0\0\1\0\x10\0\0\0\3\0\7\0"s;
  const std::string run = one + "\0\0\0\0\x3b\x30\0\0\1\0\0\2\0\1\0\5\0\2\0"s;
  const std::string bits = one + "\0\0\0\0\x3a\x30\0\0\1\0\0\0\0\0\0\x20\x10\0\0\0"s + std::string(8192, '\x0f');
  return {array, run, bits, Framed(array)};
}

}  // namespace frazil::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  frazil::fuzz::Read(bytes);
  frazil::fuzz::Read(frazil::fuzz::Framed(bytes));
  return 0;
}
