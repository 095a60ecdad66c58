#include "source/kafka/native/decompress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <snappy.h>
#include <zstd.h>

#include <algorithm>
#include <string>

#include "common/system/short_memory_test_support.h"
#include "source/kafka/native/batch_test_support.h"
#include "source/kafka/native/snappy_stream.h"

namespace frazil::source::kafka {
namespace {

using ::testing::HasSubstr;

std::string Noise(size_t size) {
  std::string text;
  for (uint64_t state = 1; text.size() < size; state = state * 6364136223846793005U + 1442695040888963407U) {
    if (state % 3 == 0 && text.size() > 70'000) {
      text += text.substr(text.size() - 60'000 + state % 999, 5 + state % 90);  // far back
    } else {
      text += static_cast<char>(state >> 56U);
    }
  }
  text.resize(size);
  return text;
}

// What `packed` unpacks to, `step` bytes at a time into buffers of their own.
Result<std::string> UnpackBy(Codec codec, const std::string& packed, size_t step, size_t most_window = 8 << 20) {
  FRAZIL_ASSIGN_OR_RETURN(const auto unpacked, Decompressor::Open(codec, packed, most_window));
  std::string all;
  while (!unpacked->ended()) {
    Bytes some;
    FRAZIL_RETURN_IF_ERROR(unpacked->Fill(some, step));
    EXPECT_LE(some.size(), step + 64);
    all += some.view();
  }
  return all;
}

// As the Java client does.
std::string Framed(const std::string& bytes, size_t block) {
  WireWriter out;
  std::string framed("\x82SNAPPY\0\0\0\0\1\0\0\0\1", 16);
  for (size_t at = 0; at < bytes.size(); at += block) {
    std::string packed;
    snappy::Compress(bytes.data() + at, std::min(block, bytes.size() - at), &packed);
    WireWriter size;
    size.Int32(static_cast<int32_t>(packed.size()));
    framed += size.bytes() + packed;
  }
  return framed;
}

TEST(Decompress, EveryCodecUnpacksInStepsOfAnySize) {
  const std::string text = Noise(1'000'000);
  for (uint8_t i = 0; i < kCodecs; ++i) {
    const auto codec = static_cast<Codec>(i);
    const std::string packed = testing::Pack(codec, text);
    for (const size_t step : {777, 65'536, 300'000, 5'000'000}) {
      const auto unpacked = UnpackBy(codec, packed, step);
      ASSERT_TRUE(unpacked) << unpacked.error().message;
      EXPECT_TRUE(*unpacked == text) << ToString(codec) << ", " << step;
    }
  }
  for (const size_t block : {1000, 32 << 10, 500'000}) {
    for (const size_t step : {777, 65'536, 5'000'000}) {
      const std::string framed = Framed(text, block);
      EXPECT_TRUE(UnpackBy(Codec::kSnappy, framed, step).value() == text) << block << ", " << step;
      EXPECT_FALSE(UnpackBy(Codec::kSnappy, framed.substr(0, framed.size() - 1), step)) << block << ", " << step;
    }
  }
}

TEST(Decompress, TwoOfAThreadDoNotDisturbEachOther) {
  const std::string first = Noise(200'000), second(300'000, 'x');
  for (uint8_t i = 1; i < kCodecs; ++i) {
    const auto codec = static_cast<Codec>(i);
    const std::string packed_first = testing::Pack(codec, first), packed_second = testing::Pack(codec, second);
    auto one = *Decompressor::Open(codec, packed_first, 8 << 20),
         other = *Decompressor::Open(codec, packed_second, 8 << 20);
    Bytes of_one, of_other;
    for (size_t most = 1000; !one->ended() || !other->ended(); most += 1000) {
      ASSERT_TRUE(one->Fill(of_one, most));
      ASSERT_TRUE(other->Fill(of_other, most));
    }
    EXPECT_TRUE(of_one.view() == first);
    EXPECT_TRUE(of_other.view() == second);
  }
}

TEST(Decompress, DamageIsFoundWhateverTheStep) {
  const std::string text = Noise(200'000);
  for (uint8_t i = 1; i < kCodecs; ++i) {
    const auto codec = static_cast<Codec>(i);
    const std::string packed = testing::Pack(codec, text);
    for (const size_t step : {1000, 1'000'000}) {
      const auto cut = UnpackBy(codec, packed.substr(0, packed.size() / 2), step);
      ASSERT_FALSE(cut) << ToString(codec);
      EXPECT_EQ(cut.error().kind, ErrorKind::kCorrupt);
      EXPECT_THAT(cut.error().message, HasSubstr("cannot be unpacked by"));
    }
  }
}

TEST(Decompress, AWindowThatWouldTakeAllMemoryIsRefusedByName) {
  const std::string text = Noise(12 << 20);
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, 27);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 0);
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress2(context.get(), packed.data(), packed.size(), text.data(), text.size()));
  const auto refused = UnpackBy(Codec::kZstd, packed, 1 << 20, 8 << 20);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnsupported);
  EXPECT_THAT(refused.error().message, HasSubstr("max_record_bytes"));
  EXPECT_TRUE(UnpackBy(Codec::kZstd, packed, 1 << 20, 256 << 20).value() == text);
}

TEST(Decompress, ALackOfMemoryIsNoDamage) {
  if (!kAddressLimitHolds) GTEST_SKIP() << "the sanitizers take all addresses";
  const std::string text(64 << 20, 'x');
  for (uint8_t i = 0; i < kCodecs; ++i) {
    const auto codec = static_cast<Codec>(i);
    const std::string packed = testing::Pack(codec, text);
    const auto unpack = [&](size_t more) -> Status {
      const AddressLimit limit(more);
      FRAZIL_ASSIGN_OR_RETURN(const auto unpacked, Decompressor::Open(codec, packed, 8 << 20));
      Bytes all;
      return unpacked->Fill(all, text.size());
    };
    for (const size_t more : {size_t{1} << 16U, size_t{8} << 20U, size_t{40} << 20U}) {
      const Status done = unpack(more);
      ASSERT_FALSE(done) << ToString(codec) << ", " << more;
      EXPECT_EQ(done.error().kind, ErrorKind::kUnavailable) << done.error().message;
      EXPECT_THAT(done.error().message, HasSubstr("memory ran out while unpacking"));
    }
    EXPECT_TRUE(unpack(size_t{1} << 30U)) << ToString(codec);
  }
}

TEST(SnappyStreamTest, RefusesWhatIsNotSnappy) {
  const auto unpack = [](const std::string& block) {
    SnappyStream stream(block);
    Bytes out;
    return stream.Fill(out, 1 << 20);
  };
  using std::string_literals::operator""s;
  EXPECT_TRUE(
      unpack("\x03\x08"
             "abc"s));
  for (const auto& block : {"\x04\x08"
                            "abc"s,  // ends too early
                            "\x02\x08"
                            "abc"s,  // a literal longer than the block
                            "\x05\x08"
                            "abc\x01\x00"s,  // an offset of 0
                            "\x07\x08"
                            "abc\x01\x04"s,  // an offset beyond the begin
                            "\x03\x08"
                            "abcd"s,  // more than the block says
                            "\x03\xfc\xff"s}) {
    const Status done = unpack(block);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::kCorrupt);
  }
}

}  // namespace
}  // namespace frazil::source::kafka
