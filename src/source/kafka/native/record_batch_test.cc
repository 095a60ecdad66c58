#include "source/kafka/native/record_batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/kafka/native/batch_test_support.h"

namespace frazil::source::kafka {
namespace {

using record::RecordBatch;
using ::testing::ElementsAre;
using testing::Fetched;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Marker;
using testing::ParseAndUnpack;
using testing::SentBatch;
using testing::SentRecord;
using testing::WriteBatch;

SentBatch Values(int64_t base, std::initializer_list<std::string> values) {
  SentBatch batch;
  batch.base_offset = base;
  for (const auto& value : values) batch.records.push_back({std::nullopt, value, {}, -1, 0});
  return batch;
}

std::vector<RecordBatch> Parsed(FetchedBatches fetched, ParseOptions options = {}) {
  std::vector<RecordBatch> out;
  const auto done = ParseAndUnpack(std::move(fetched), options, out);
  EXPECT_TRUE(done) << done.error().message;
  return out;
}

std::vector<std::string> ValuesOf(const std::vector<RecordBatch>& batches) {
  std::vector<std::string> values;
  for (const auto& batch : batches) {
    for (const auto& record : batch.records) values.push_back(fmt::format("{}={}", record.offset, record.value));
  }
  return values;
}

TEST(RecordBatch, ReadsEveryCodec) {
  for (uint8_t codec = 0; codec < kCodecs; ++codec) {
    SentBatch sent = Values(5, {"a", "b", std::string(100'000, 'c')});
    sent.codec = static_cast<Codec>(codec);
    const auto batches = Parsed(Fetched(WriteBatch(sent), 5));
    ASSERT_EQ(batches.size(), 1u) << ToString(sent.codec);
    EXPECT_EQ(batches[0].first, 5);
    EXPECT_EQ(batches[0].next, 8);
    EXPECT_EQ(batches[0].leader_epoch, 7);
    EXPECT_EQ(batches[0].gaps(), 0);
    EXPECT_EQ(batches[0].records[2].value, std::string(100'000, 'c')) << ToString(sent.codec);
    EXPECT_EQ(batches[0].records[1].offset, 6);
  }
}

TEST(RecordBatch, KeepsNullsEmptiesHeadersAndTimestamps) {
  SentBatch sent;
  sent.records = {{"k", "v", {{"a", "1"}, {"a", std::nullopt}, {"b", ""}}, -1, 3},
                  {std::nullopt, "", {}, -1, -4},
                  {"", std::nullopt, {{"c", "3"}}, -1, 300}};
  ParseOptions options;
  options.want_headers = true;
  const auto batch = std::move(Parsed(Fetched(WriteBatch(sent)), options).front());
  ASSERT_EQ(batch.records.size(), 3u);
  EXPECT_EQ(batch.records[0].key, "k");
  EXPECT_EQ(batch.records[0].timestamp_ms, 1'700'000'000'003);
  EXPECT_EQ(batch.records[1].timestamp_ms, 1'699'999'999'996);
  EXPECT_EQ(batch.records[1].key.data(), nullptr);
  EXPECT_NE(batch.records[1].value.data(), nullptr);
  EXPECT_EQ(batch.records[2].value.data(), nullptr);
  EXPECT_NE(batch.records[2].key.data(), nullptr);
  ASSERT_EQ(batch.headers.size(), 4u);
  EXPECT_EQ(batch.records[0].header_count, 3u);
  EXPECT_EQ(batch.headers[1].value.data(), nullptr);
  EXPECT_EQ(batch.headers[batch.records[2].first_header].key, "c");
  EXPECT_THAT(Parsed(Fetched(WriteBatch(sent))).front().headers, IsEmpty());

  sent.log_append_time = true;
  EXPECT_EQ(Parsed(Fetched(WriteBatch(sent))).front().records[0].timestamp_ms, 1'700'000'001'000);
}

TEST(RecordBatch, BeginsInTheMiddleAndEndsBeforeWhatIsCutShort) {
  const std::string bytes = WriteBatch(Values(10, {"a", "b", "c"})) + WriteBatch(Values(13, {"d"}));
  const std::string more = bytes + WriteBatch(Values(14, {"e", "f"}));
  for (size_t size = bytes.size(); size < more.size(); ++size) {
    const auto batches = Parsed(Fetched(more.substr(0, size), 11));
    EXPECT_THAT(ValuesOf(batches), ElementsAre("11=b", "12=c", "13=d"));
    EXPECT_EQ(batches.front().first, 11);
    EXPECT_EQ(batches.back().next, 14);
    EXPECT_EQ(EndOfBatches(more.substr(0, size), 11)->next, 14);
  }
  EXPECT_EQ(EndOfBatches(more, 11)->next, 16);
  EXPECT_EQ(EndOfBatches("", 11)->next, 11);
}

TEST(RecordBatch, CountsWhatCompactionTookAsGaps) {
  SentBatch sent = Values(100, {"a", "b"});
  sent.records[0].offset_delta = 3;
  sent.records[1].offset_delta = 7;
  sent.last_offset_delta = 9;
  SentBatch nothing;  // a batch of which nothing is left
  nothing.base_offset = 120;
  nothing.last_offset_delta = 4;
  const auto batches = Parsed(Fetched(WriteBatch(sent) + WriteBatch(nothing), 90));
  EXPECT_THAT(ValuesOf(batches), ElementsAre("103=a", "107=b"));
  EXPECT_EQ(batches.front().first, 90);
  EXPECT_EQ(batches.back().next, 125);
}

TEST(RecordBatch, LeavesOutAbortedTransactionsAndMarkers) {
  const auto of = [](int64_t base, int64_t producer, std::initializer_list<std::string> values) {
    SentBatch batch = Values(base, values);
    batch.transactional = true;
    batch.producer_id = producer;
    return WriteBatch(batch);
  };
  // Producer 1 aborts, then commits, then aborts; 2 commits in between; one sends without a transaction.
  const std::string bytes = of(0, 1, {"x0", "x1"}) + of(2, 2, {"a2"}) + WriteBatch(Marker(3, 1, false)) +
                            of(4, 1, {"b4"}) + WriteBatch(Marker(5, 1, true)) + WriteBatch(Marker(6, 2, true)) +
                            of(7, 1, {"x7"}) + WriteBatch(Values(8, {"c8"})) + WriteBatch(Marker(9, 1, false)) +
                            of(10, 1, {"d10"});
  auto fetched = Fetched(bytes);
  fetched.aborted = {{1, 7}, {1, 0}};
  const auto batches = Parsed(fetched);
  EXPECT_THAT(ValuesOf(batches), ElementsAre("2=a2", "4=b4", "8=c8", "10=d10"));
  EXPECT_EQ(batches.back().next, 11);

  ParseOptions uncommitted;
  uncommitted.read_committed = false;
  EXPECT_EQ(ValuesOf(Parsed(Fetched(bytes), uncommitted)).size(), 7u);

  // Only markers and aborted records: the position moves all the same.
  auto none = Fetched(of(0, 1, {"x0"}) + WriteBatch(Marker(1, 1, false)));
  none.aborted = {{1, 0}};
  const auto gap = Parsed(none);
  ASSERT_EQ(gap.size(), 1u);
  EXPECT_THAT(gap[0].records, IsEmpty());
  EXPECT_EQ(gap[0].gaps(), 2);
}

TEST(RecordBatch, CutsOnlyBetweenTheBrokersBatches) {
  std::string bytes;
  for (int i = 0; i < 10; ++i) bytes += WriteBatch(Values(i * 3, {"a", "b", "c"}));
  ParseOptions options;
  options.records = 5;
  const auto batches = Parsed(Fetched(bytes), options);
  ASSERT_EQ(batches.size(), 5u);
  for (size_t i = 0; i < batches.size(); ++i) {
    EXPECT_EQ(batches[i].first, static_cast<int64_t>(i) * 6);
    EXPECT_EQ(batches[i].next, static_cast<int64_t>(i) * 6 + 6);
  }
  // Batches of one answer own it together: one may outlive the others.
  auto last = Parsed(Fetched(bytes), options);
  last.erase(last.begin(), last.end() - 1);
  EXPECT_EQ(last[0].records[0].value, "a");
}

std::string Refusal(std::string bytes, FetchedBatches (*fetch)(const std::string&, int64_t) = Fetched) {
  std::vector<RecordBatch> out;
  const auto done = ParseAndUnpack(fetch(bytes, 0), {}, out);
  return done ? "taken" : fmt::format("{}: {}", ToString(done.error().kind), done.error().message);
}

TEST(RecordBatch, RefusesWhatIsDamaged) {
  const std::string good = WriteBatch(Values(4, {"abc", "def"}));
  ASSERT_EQ(Refusal(good), "taken");
  std::string flipped = good;
  flipped.back() = static_cast<char>(flipped.back() ^ 1);
  EXPECT_THAT(Refusal(flipped),
              HasSubstr("corrupt: Kafka topic t partition 0: the record batch at offset 4: its checksum is wrong"));
  EXPECT_THAT(Refusal(WriteBatch(Values(9, {"a"})) + good), HasSubstr("begins before the one before it ends"));

  SentBatch backwards = Values(0, {"a", "b"});
  backwards.records[0].offset_delta = 1;
  backwards.records[1].offset_delta = 0;
  EXPECT_THAT(Refusal(WriteBatch(backwards)), HasSubstr("breaks the format"));
  SentBatch beyond = Values(0, {"a", "b"});
  beyond.last_offset_delta = 0;
  EXPECT_THAT(Refusal(WriteBatch(beyond)), HasSubstr("breaks the format"));

  std::string old = good;
  old[16] = 1;
  EXPECT_THAT(Refusal(old), HasSubstr("'fetch: librdkafka'"));
  old[16] = 9;
  EXPECT_THAT(Refusal(old), HasSubstr("unknown format 9"));
}

TEST(RecordBatch, SurvivesAnyByteBeingWrong) {
  SentBatch sent = Values(0, {"abc", "def"});
  sent.records[0].headers = {{"h", "v"}};
  const std::string good = WriteBatch(sent);
  ParseOptions options;
  options.check_crcs = false;
  options.want_headers = true;
  for (size_t at = 0; at < good.size(); ++at) {
    for (int value = 0; value < 256; value += 5) {
      std::string bad = good;
      bad[at] = static_cast<char>(value);
      std::vector<RecordBatch> out;
      (void)ParseAndUnpack(Fetched(bad), options, out);
    }
  }
}

TEST(RecordBatch, GivesWhatCameBeforeTheDamage) {
  const std::string good = WriteBatch(Values(0, {"a", "b"}));
  std::string damaged = WriteBatch(Values(2, {"c"}));
  damaged.back() = 'x';
  ParseOptions options;
  options.records = 2;
  std::vector<RecordBatch> out;
  ASSERT_TRUE(ParseBatches(Fetched(good + damaged), options, out));  // it is found by whoever unpacks
  ASSERT_EQ(out.size(), 2u);
  ASSERT_TRUE(out[0].Unpack());
  EXPECT_THAT(ValuesOf(out), ElementsAre("0=a", "1=b"));
  EXPECT_EQ(out[1].Unpack().error().kind, ErrorKind::kCorrupt);
  EXPECT_THAT(out[1].records, IsEmpty());

  damaged[16] = 9;
  out.clear();
  EXPECT_FALSE(ParseBatches(Fetched(good + damaged), {}, out));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].next, 2);
}

TEST(RecordBatch, ChecksWhatItLeavesOut) {
  SentBatch aborted = Values(0, {"x"});
  aborted.transactional = true;
  aborted.producer_id = 1;
  for (std::string bytes : {WriteBatch(aborted), WriteBatch(Marker(0, 1, false))}) {
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    auto fetched = Fetched(bytes);
    fetched.aborted = {{1, 0}};
    std::vector<RecordBatch> out;
    EXPECT_FALSE(ParseBatches(fetched, {}, out));
  }
}

TEST(RecordBatch, UnpacksToPiecesWhateverTheBrokersBatchesAre) {
  for (const Codec codec : {Codec::kNone, Codec::kLz4}) {
    std::string bytes;
    for (int i = 0; i < 10; ++i) {
      SentBatch sent = Values(i * 4, {"a", "b", "c"});
      sent.codec = codec;
      sent.last_offset_delta = 3;  // compaction took the last one
      bytes += WriteBatch(sent);
    }
    ParseOptions options;
    options.records = 30;
    std::vector<RecordBatch> whole;
    ASSERT_TRUE(ParseAndUnpack(Fetched(bytes), options, whole));
    for (const size_t records : {1, 2, 7}) {
      for (const size_t piece_bytes : {1, 40, 1000}) {
        std::vector<std::string_view> batches;
        for (size_t at = 0; at < bytes.size(); at += bytes.size() / 10) {
          batches.push_back(std::string_view(bytes).substr(at, bytes.size() / 10));
        }
        auto fetched = Fetched(bytes);
        auto unpacker = std::make_shared<Unpacker>(
            PackedBatches{2, batches, fetched.owner, fetched.growth, 30, records, piece_bytes, 1 << 20, false, true});
        RecordBatch rest;
        rest.source = {"t", 0};
        rest.first = 2;
        rest.next = 40;
        rest.unpack = [unpacker](RecordBatch& into, size_t* left) { return unpacker->Next(into, left); };
        unpacker.reset();
        std::vector<RecordBatch> pieces;
        for (int64_t next = 2; rest.first != rest.next; next = pieces.back().next) {
          auto piece = rest.UnpackPiece();
          ASSERT_TRUE(piece) << piece.error().message;
          EXPECT_EQ(piece->first, next);
          EXPECT_LE(piece->records.size(), records);
          EXPECT_GE(piece->gaps(), 0);
          pieces.push_back(*std::move(piece));
        }
        EXPECT_EQ(pieces.back().next, 40);
        auto expected = ValuesOf(whole);
        expected.erase(expected.begin(), expected.begin() + 2);
        EXPECT_EQ(ValuesOf(pieces), expected);
        if (piece_bytes == 1) {
          EXPECT_EQ(pieces.size(), expected.size());
        }
      }
    }
  }
}

TEST(RecordBatch, LeavesWhatIsBehindAPiece) {
  SentBatch first = Values(0, {"a", "b", "c", "d", "e"});
  first.codec = Codec::kLz4;
  ParseOptions options;
  options.records = 2;
  std::vector<RecordBatch> out;
  ASSERT_TRUE(ParseBatches(Fetched(WriteBatch(first)), options, out));
  ASSERT_EQ(out.size(), 1u);
  const auto piece = out[0].UnpackPiece();
  ASSERT_TRUE(piece);
  EXPECT_EQ(piece->records.size(), 4u);
  EXPECT_EQ(piece->next, 4);
  EXPECT_EQ(out[0].first, 4);
  EXPECT_GT(out[0].byte_count, 0u);
  const auto last = out[0].UnpackPiece();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->records[0].value, "e");
  EXPECT_EQ(last->next, 5);
  EXPECT_EQ(out[0].first, out[0].next);
}

TEST(RecordBatch, TellsHowManyRecordsThereWillBe) {
  std::vector<RecordBatch> out;
  ASSERT_TRUE(ParseBatches(Fetched(WriteBatch(Values(0, {"a", "b"})) + WriteBatch(Values(2, {"c"}))), {}, out));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].count(), 3u);
  EXPECT_THAT(out[0].records, IsEmpty());
  ASSERT_TRUE(out[0].Unpack());
  EXPECT_EQ(out[0].count(), 3u);
  EXPECT_EQ(out[0].records.size(), 3u);
  ASSERT_TRUE(out[0].Unpack());  // nothing is left to do
  EXPECT_EQ(out[0].records.size(), 3u);
}

// The pieces that a batch is unpacked to.
std::vector<RecordBatch> PiecesOf(const std::string& bytes, const ParseOptions& options, int64_t from = 0) {
  std::vector<RecordBatch> batches, pieces;
  const Status parsed = ParseBatches(Fetched(bytes, from), options, batches);
  if (!parsed) throw std::runtime_error(parsed.error().message);
  for (RecordBatch& batch : batches) {
    for (int64_t next = batch.first; batch.first != batch.next;) {
      auto piece = batch.UnpackPiece();
      if (!piece) throw std::runtime_error(piece.error().message);
      EXPECT_EQ(piece->first, next);
      next = piece->next;
      pieces.push_back(*std::move(piece));
    }
  }
  return pieces;
}

// Text that packs about fourfold.
std::string Text(size_t size, uint64_t seed) {
  std::string text;
  for (uint64_t state = seed + 1; text.size() < size; state = state * 6364136223846793005U + 1442695040888963407U) {
    text += fmt::format("{:x} ", state >> 40U & 0xfffU);
    if (state % 5 == 0) text.append(20, 'z');
  }
  text.resize(size);
  return text;
}

constexpr Codec kAllCodecs[] = {Codec::kNone, Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd};

TEST(RecordBatch, HoldsNoMoreOfAPackedBatchThanAPiece) {
  for (const Codec codec : kAllCodecs) {
    SentBatch sent;
    sent.codec = codec;
    std::vector<std::string> expected;
    for (uint64_t i = 0; i < 500; ++i) {
      const std::string text = Text(i % 97 * 50, i);
      expected.push_back(fmt::format("{}={}", i, text));
      sent.records.push_back({std::to_string(i), text, {}, -1, 0});
    }
    const std::string bytes = WriteBatch(sent);
    for (const size_t most : {1, 5000, 64 << 10, 8 << 20}) {
      ParseOptions options;
      options.bytes = most;
      const auto pieces = PiecesOf(bytes, options, /*from=*/3);
      EXPECT_EQ(ValuesOf(pieces), std::vector<std::string>(expected.begin() + 3, expected.end()))
          << ToString(codec) << ", " << most;
      EXPECT_EQ(pieces.back().next, 500);
      for (const RecordBatch& piece : pieces) {
        EXPECT_LE(piece.byte_count - piece.records.size() * sizeof(record::RecordView), 2 * most + 5000) << piece.first;
      }
    }
  }
}

TEST(RecordBatch, LeavesOutRecordsThatAreTooLong) {
  for (const Codec codec : kAllCodecs) {
    SentBatch sent;
    sent.codec = codec;
    const std::string long_text = Text(300'000, 1);
    sent.records = {{"a", "short", {}, -1, 1},         {"long", long_text, {{"header", "1"}}, -1, 2},
                    {"b", "short too", {}, -1, 3},     {long_text, "its key is long", {}, -1, 4},
                    {"c", Text(99'000, 2), {}, -1, 5}, {std::nullopt, long_text, {}, -1, 6}};
    ParseOptions options;
    options.max_record_bytes = 100'000;
    options.want_headers = true;
    for (const size_t most : {1, 1000, 50'000, 8 << 20}) {
      options.bytes = most;
      std::vector<record::RecordView> records;
      std::vector<record::LeftOut> left_out;
      const auto pieces = PiecesOf(WriteBatch(sent), options);
      for (const RecordBatch& piece : pieces) {
        records.insert(records.end(), piece.records.begin(), piece.records.end());
        left_out.insert(left_out.end(), piece.left_out.begin(), piece.left_out.end());
        EXPECT_LT(piece.byte_count, 2 * most + 200'000);
      }
      ASSERT_EQ(records.size(), 6u);
      ASSERT_EQ(left_out.size(), 3u);
      EXPECT_EQ(left_out[0].offset, 1);
      EXPECT_GT(left_out[0].bytes, 300'000u);
      EXPECT_EQ(left_out[0].most, 100'000u);
      EXPECT_EQ(left_out[1].offset, 3);
      EXPECT_EQ(left_out[2].offset, 5);
      for (const size_t i : {1, 3, 5}) EXPECT_EQ(records[i].value.data(), nullptr);
      EXPECT_EQ(records[1].key, "long");
      EXPECT_EQ(records[1].header_count, 0u);
      EXPECT_EQ(records[1].timestamp_ms, 1'700'000'000'002);
      EXPECT_EQ(records[3].key.data(), nullptr);
      EXPECT_EQ(records[0].value, "short");
      EXPECT_EQ(records[2].value, "short too");
      EXPECT_EQ(records[4].value.size(), 99'000u);
      EXPECT_EQ(pieces.back().next, 6);
    }
  }
}

TEST(RecordBatch, LeavesOutLongRecordsOfAllThatIsUnpackedAtOnce) {
  for (const Codec codec : kAllCodecs) {
    SentBatch sent = Values(0, {"a", Text(300'000, 1), "b", Text(300'000, 2)});
    sent.codec = codec;
    ParseOptions options;
    options.max_record_bytes = 100'000;
    std::vector<RecordBatch> out;
    ASSERT_TRUE(ParseAndUnpack(Fetched(WriteBatch(sent) + WriteBatch(Values(4, {"c"}))), options, out));
    ASSERT_EQ(out.size(), 1u);
    EXPECT_THAT(ValuesOf(out), ElementsAre("0=a", "1=", "2=b", "3=", "4=c")) << ToString(codec);
    EXPECT_EQ(out[0].left_out.size(), 2u);
    EXPECT_EQ(out[0].gaps(), 0);
  }
}

TEST(RecordBatch, RefusesALongRecordThatEndsTooEarly) {
  for (const Codec codec : kAllCodecs) {
    SentBatch sent = Values(0, {std::string(300'000, 'x'), "behind"});
    sent.codec = codec;
    std::string bytes = WriteBatch(sent);
    // The first record says that it is longer than all of the batch.
    std::string records;
    testing::PutVarlong(records, 1 << 30);
    records += std::string(200'000, '\0');
    const std::string packed = testing::Pack(codec, records);
    std::string batch = bytes.substr(0, BatchHeader::kSize) + packed;
    const auto put = [&](size_t at, uint32_t value) {
      for (int i = 0; i < 4; ++i) batch[at + static_cast<size_t>(i)] = static_cast<char>(value >> (24 - 8 * i));
    };
    put(8, static_cast<uint32_t>(batch.size() - 12));
    put(17, Crc32c(std::string_view(batch).substr(21)));
    for (const size_t most : {size_t{1} << 31U, size_t{1000}}) {
      ParseOptions options;
      options.max_record_bytes = most;
      options.bytes = 1 << 20;
      std::vector<RecordBatch> batches;
      ASSERT_TRUE(ParseBatches(Fetched(batch), options, batches));
      Status done;
      for (int i = 0; i < 10 && done && batches[0].first != batches[0].next; ++i) {
        if (const auto piece = batches[0].UnpackPiece(); !piece) done = tl::unexpected<Error>(piece.error());
      }
      ASSERT_FALSE(done) << ToString(codec) << most;
      EXPECT_EQ(done.error().kind, ErrorKind::kCorrupt) << done.error().message;
    }
  }
}

TEST(RecordBatch, OfABatchThatIsCutItsOnlyRecordIsLeftOut) {
  for (const Codec codec : kAllCodecs) {
    SentBatch sent;
    sent.base_offset = 40;
    sent.codec = codec;
    sent.last_offset_delta = 9;  // compaction took the others
    sent.records = {{"key", Text(2'000'000, 3), {}, 4, 17}};
    auto fetched = Fetched(WriteBatch(sent).substr(0, 64 << 10), 42);
    fetched.is_cut = true;
    EXPECT_EQ(EndOfBatches(fetched.bytes, 42, true)->next, 50);
    EXPECT_EQ(EndOfBatches(fetched.bytes, 42)->next, 42);
    std::vector<RecordBatch> out;
    ASSERT_TRUE(ParseBatches(fetched, {}, out));
    ASSERT_EQ(out.size(), 1u);
    const auto piece = out[0].UnpackPiece();
    ASSERT_TRUE(piece);
    EXPECT_EQ(piece->first, 42);
    EXPECT_EQ(piece->next, 50);
    ASSERT_EQ(piece->left_out.size(), 1u) << ToString(codec);
    EXPECT_EQ(piece->left_out[0].offset, 44);
    EXPECT_EQ(piece->records[0].offset, 44);
    EXPECT_EQ(piece->records[0].timestamp_ms, 1'700'000'000'017);
  }
}

TEST(RecordBatch, ABatchOfSeveralThatIsCutIsRefusedByName) {
  SentBatch sent = Values(40, {std::string(100'000, 'x'), "y"});
  auto fetched = Fetched(WriteBatch(sent).substr(0, 64 << 10), 40);
  fetched.is_cut = true;
  std::vector<RecordBatch> out;
  const Status done = ParseBatches(fetched, {}, out);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::kUnsupported);
  EXPECT_THAT(done.error().message, HasSubstr("the record batch at offset 40 holds 2 records in 100"));
  EXPECT_THAT(out, IsEmpty());
  // Of a transaction that was aborted nobody wants them.
  sent.transactional = true;
  sent.producer_id = 1;
  fetched = Fetched(WriteBatch(sent).substr(0, 64 << 10), 40);
  fetched.is_cut = true;
  fetched.aborted = {{1, 40}};
  ASSERT_TRUE(ParseBatches(fetched, {}, out));
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].gaps(), 2);
}

}  // namespace
}  // namespace frazil::source::kafka
