#include "iceberg/deletion_vector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <vector>

namespace frazil::iceberg {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <class T>
std::string Little(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}
std::string Big(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

std::string Blob(const std::string& bitmaps) {
  const std::string body = "\xD1\xD3\x39\x64" + bitmaps;
  const uLong crc = crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size());
  return Big(static_cast<uint32_t>(body.size())) + body + Big(static_cast<uint32_t>(crc));
}

// One bitmap of one container.
std::string ArrayOf(uint32_t key, uint16_t container, const std::vector<uint16_t>& values) {
  std::string out = Little<uint32_t>(key) + Little<uint32_t>(12346) + Little<uint32_t>(1) + Little(container) +
                    Little(static_cast<uint16_t>(values.size() - 1)) + Little<uint32_t>(16);
  for (const uint16_t value : values) out += Little(value);
  return out;
}
std::string RunOf(uint16_t first, uint16_t more, uint16_t count) {
  return Little<uint32_t>(0) + Little<uint32_t>(12347) + '\1' + Little<uint16_t>(0) +
         Little(static_cast<uint16_t>(count - 1)) + Little<uint16_t>(1) + Little(first) + Little(more);
}

std::vector<int64_t> Read(const std::string& blob) {
  std::vector<int64_t> found;
  const Status read = ReadDeletionVector(blob, [&](int64_t position) -> Status {
    found.push_back(position);
    return {};
  });
  EXPECT_TRUE(read.has_value()) << read.error().message;
  return found;
}
void ExpectCorrupt(const std::string& blob, const std::string& what) {
  const Status read = ReadDeletionVector(blob, [](int64_t) { return Status(); });
  ASSERT_FALSE(read.has_value()) << what;
  EXPECT_EQ(read.error().kind, ErrorKind::kCorrupt);
  EXPECT_THAT(read.error().message, HasSubstr(what));
}

const std::string kOne = Little<uint64_t>(1);

TEST(DeletionVector, AnArrayABitmapAndRuns) {
  EXPECT_THAT(Read(Blob(kOne + ArrayOf(1, 2, {3, 9}))),
              ElementsAre((1LL << 32) + (2 << 16) + 3, (1LL << 32) + (2 << 16) + 9));
  EXPECT_THAT(Read(Blob(kOne + RunOf(5, 2, 3))), ElementsAre(5, 6, 7));
  EXPECT_THAT(Read(Blob(Little<uint64_t>(0))), ElementsAre());
  std::string bits(8192, '\0');
  for (int i = 0; i < 5000 / 8; ++i) bits[static_cast<size_t>(i)] = '\xff';
  const auto found = Read(Blob(kOne + Little<uint32_t>(0) + Little<uint32_t>(12346) + Little<uint32_t>(1) +
                               Little<uint16_t>(0) + Little<uint16_t>(4999) + Little<uint32_t>(16) + bits));
  ASSERT_EQ(found.size(), 5000U);
  EXPECT_EQ(found.back(), 4999);
}

TEST(DeletionVector, WhatBreaksItsFormat) {
  const std::string sound = Blob(kOne + ArrayOf(0, 0, {1, 2}));
  for (size_t length = 0; length < sound.size(); ++length) {
    EXPECT_FALSE(ReadDeletionVector(sound.substr(0, length), [](int64_t) { return Status(); }).has_value()) << length;
  }
  std::string flipped = sound;
  flipped[sound.size() / 2] ^= 1;
  ExpectCorrupt(flipped, "checksum");
  ExpectCorrupt(Blob(kOne + ArrayOf(0, 0, {1}) + "x"), "bytes behind its end");
  ExpectCorrupt(Blob(Little<uint64_t>(2) + ArrayOf(0, 0, {1})), "ends too early");
  ExpectCorrupt(Blob(kOne + ArrayOf(0x80000000, 0, {1})), "above 63 bits");
  ExpectCorrupt(Blob(kOne + Little<uint32_t>(0) + Little<uint32_t>(7) + Little<uint32_t>(0)), "cookie");
  ExpectCorrupt(Blob(kOne + RunOf(65535, 1, 2)), "run that is too long");
  ExpectCorrupt(Blob(kOne + RunOf(5, 2, 4)), "holds 3 positions and says 4");
}

TEST(DeletionVector, WhoTakesMayEndIt) {
  int taken = 0;
  const Status read = ReadDeletionVector(Blob(kOne + RunOf(0, 65534, 65535)), [&](int64_t) -> Status {
    ++taken;
    return Fail(ErrorKind::kCorrupt, "enough");
  });
  EXPECT_FALSE(read.has_value());
  EXPECT_EQ(taken, 1);
}

}  // namespace
}  // namespace frazil::iceberg
