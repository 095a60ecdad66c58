// What a broker answers: to Fetch, with the record batches inside, to Metadata, ApiVersions and SASL. The batches that
// come out join, account for every offset, and their views lie in readable memory.
#include <cstring>

#include "fuzz.h"
#include "source/kafka/native/batch_test_support.h"
#include "source/kafka/native/protocol.h"

namespace {

using frazil::fuzz::Check;
using namespace frazil::source::kafka;

// Sums bytes, so that the sanitizers see every one of them read.
unsigned Touch(std::string_view view) {
  unsigned sum = 0;
  for (const char c : view) sum += static_cast<unsigned char>(c);
  return sum;
}

// A record as it came out, whole or in pieces.
struct Seen {
  int64_t offset;
  std::string key, value;
  bool left_out;
  bool operator==(const Seen&) const = default;
};

void Look(const frazil::record::RecordBatch& batch, std::vector<Seen>& seen) {
  for (const auto& record : batch.records) {
    const bool left_out = batch.FindLeftOut(record.offset) != nullptr;
    Check(!left_out || record.value.data() == nullptr, "of a record that is left out there is no value");
    seen.push_back({record.offset, std::string(record.key), std::string(record.value), left_out});
  }
}

// In pieces of any size the same comes out as at once, and what is held is bounded.
void ParseInPieces(const FetchedBatches& fetched, const ParseOptions& whole, size_t most) {
  ParseOptions options = whole;
  options.bytes = most;
  options.max_record_bytes = 200;
  std::vector<frazil::record::RecordBatch> batches;
  (void)ParseBatches(fetched, options, batches);
  for (auto& batch : batches) {
    std::vector<Seen> seen;
    int64_t next = batch.first;
    const int64_t end = batch.next;
    bool whole_batch = true;
    while (batch.first != batch.next && whole_batch) {
      const auto piece = batch.UnpackPiece();
      whole_batch = piece.has_value();
      if (!piece) break;
      Check(piece->first == next && piece->next > next && piece->next <= end, "pieces join");
      Check(piece->gaps() >= 0, "every offset of a piece is a record or a gap");
      next = piece->next;
      Look(*piece, seen);
    }
    for (const Seen& one : seen) {
      Check(one.left_out || one.key.size() + one.value.size() <= 200, "a record that is too long is left out");
    }
    if (whole_batch) Check(next == end, "the pieces are all of it");
  }
}

void ParseAll(std::string_view bytes, int64_t from, const std::vector<AbortedTransaction>& aborted, bool check_crcs,
              bool is_cut = false) {
  ParseOptions options;
  options.check_crcs = check_crcs;
  options.want_headers = true;
  options.records = 3;
  auto fetched = frazil::source::kafka::testing::Fetched(std::string(bytes), from);
  fetched.aborted = aborted;
  fetched.is_cut = is_cut;
  for (const size_t most : {1, 100, 100'000}) ParseInPieces(fetched, options, most);
  const auto end = EndOfBatches(fetched.bytes, from, is_cut);
  std::vector<frazil::record::RecordBatch> batches;
  const auto done = ParseBatches(fetched, options, batches);
  fetched = {};
  int64_t next = from;
  volatile unsigned sum = 0;
  for (auto& batch : batches) {
    Check(batch.first == next && batch.next > batch.first, "batches join");
    next = batch.next;
    if (!batch.Unpack()) continue;
    Check(batch.gaps() >= 0, "every offset is a record or a gap");
    int64_t last = batch.first - 1;
    for (const auto& record : batch.records) {
      Check(record.offset > last && record.offset < batch.next, "offsets rise within their batch");
      last = record.offset;
      sum = sum + Touch(record.key) + Touch(record.value);
      for (uint32_t i = 0; i < record.header_count; ++i) {
        const auto& header = batch.headers.at(record.first_header + i);
        sum = sum + Touch(header.key) + Touch(header.value);
      }
    }
  }
  Check(!done || (end && end->next == next), "the parser ends where the headers say");
}

constexpr int16_t kVersion = 13;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 8) {
    case 0:
    case 1:
      ParseAll(bytes, data[0] / 8, {{1, 0}, {2, 3}}, (data[0] & 8) != 0);
      break;
    case 2: {
      const bool is_cut = (data[0] & 16) != 0;
      const auto answer = ReadFetchResponse(data[0] / 8 % 2 == 0 ? kVersion : kVersion - 1, bytes, is_cut);
      if (!answer) break;
      for (const auto& partition : answer->partitions) {
        ParseAll(partition.batches, 0, partition.aborted, false, partition.is_cut);
      }
      break;
    }
    case 3:
      (void)ReadMetadata(data[0] / 8 % 2 == 0 ? 9 : 12, bytes);
      break;
    case 4: {
      const auto versions = ReadApiVersions(bytes);
      if (versions) (void)versions->Common(Api::kFetch);
      break;
    }
    case 5:
      (void)ReadSaslHandshake(bytes);
      (void)ReadSaslAuthenticate(bytes);
      break;
    default: {
      // A whole batch around mutated records, so that they get past the checksum.
      frazil::source::kafka::testing::SentBatch sent;
      const std::string front = frazil::source::kafka::testing::WriteBatch(sent).substr(0, BatchHeader::kSize);
      std::string batch = front + std::string(bytes);
      const auto put = [&](size_t at, uint32_t value) {
        for (int i = 0; i < 4; ++i) batch[at + static_cast<size_t>(i)] = static_cast<char>(value >> (24 - 8 * i));
      };
      put(8, static_cast<uint32_t>(batch.size() - 12));
      batch[22] = static_cast<char>(data[0] / 8 % kCodecs);
      put(23, 100);  // last offset delta
      put(57, static_cast<uint32_t>(data[0] / 8));
      put(17, Crc32c(std::string_view(batch).substr(21)));
      ParseAll(batch, 0, {}, true);
      break;
    }
  }
  return 0;
}

namespace frazil::fuzz {

std::vector<std::string> Seeds() {
  using namespace frazil::source::kafka::testing;
  std::vector<std::string> seeds;
  std::string all;
  for (uint8_t codec = 0; codec < kCodecs; ++codec) {
    SentBatch sent;
    sent.base_offset = codec * 10;
    sent.codec = static_cast<Codec>(codec);
    sent.records = {{"key", "value", {{"a", "1"}, {"b", std::nullopt}}, -1, 3},
                    {std::nullopt, std::string(300, 'x'), {}, 4, 1000},
                    {"", std::nullopt, {}, -1, -5}};
    const std::string batch = WriteBatch(sent);
    all += batch;
    seeds.push_back("\x08" + batch);
    seeds.push_back(std::string(1, static_cast<char>(6 + 8 * codec)) + batch.substr(BatchHeader::kSize));
  }
  SentBatch transaction;
  transaction.base_offset = 60;
  transaction.transactional = true;
  transaction.producer_id = 1;
  transaction.records = {{"k", "v", {}, -1, 0}};
  all += WriteBatch(transaction) + WriteBatch(Marker(61, 1, false)) + WriteBatch(Marker(62, 2, true));
  seeds.push_back(std::string(1, '\0') + all);

  WireWriter fetch;
  fetch.NoTags();
  fetch.Int32(0);
  fetch.Int16(0);
  fetch.Int32(0);
  fetch.CompactCount(1);
  fetch.Uuid({});
  fetch.CompactCount(1);
  fetch.Int32(0);
  fetch.Int16(0);
  for (int i = 0; i < 3; ++i) fetch.Int64(100);
  fetch.CompactCount(1);
  fetch.Int64(1);
  fetch.Int64(60);
  fetch.NoTags();
  fetch.Int32(-1);
  fetch.Compact(all);
  fetch.UnsignedVarint(1);
  fetch.UnsignedVarint(0);
  fetch.UnsignedVarint(13);
  fetch.Int32(8);
  fetch.Int64(55);
  fetch.NoTags();
  fetch.NoTags();
  fetch.NoTags();
  seeds.push_back("\2" + fetch.bytes());
  seeds.push_back("\x12" + fetch.bytes().substr(0, fetch.bytes().size() - 60));

  WireWriter metadata;
  metadata.NoTags();
  metadata.Int32(0);
  metadata.CompactCount(1);
  metadata.Int32(1);
  metadata.Compact("host");
  metadata.Int32(9092);
  metadata.UnsignedVarint(0);
  metadata.NoTags();
  metadata.Compact("cluster");
  metadata.Int32(1);
  metadata.CompactCount(1);
  metadata.Int16(0);
  metadata.Compact("topic");
  metadata.Uuid({});
  metadata.Bool(false);
  metadata.CompactCount(1);
  metadata.Int16(0);
  for (int i = 0; i < 3; ++i) metadata.Int32(1);
  for (int i = 0; i < 3; ++i) {
    metadata.CompactCount(1);
    metadata.Int32(1);
  }
  metadata.NoTags();
  metadata.Int32(0);
  metadata.NoTags();
  metadata.NoTags();
  seeds.push_back(std::string(1, 3 + 8) + metadata.bytes());

  WireWriter versions;
  versions.Int16(0);
  versions.CompactCount(1);
  versions.Int16(1);
  versions.Int16(4);
  versions.Int16(17);
  versions.NoTags();
  versions.Int32(0);
  versions.NoTags();
  seeds.push_back("\4" + versions.bytes());

  WireWriter sasl;
  sasl.Int16(33);
  sasl.Int32(1);
  sasl.String("PLAIN");
  seeds.push_back("\5" + sasl.bytes());
  return seeds;
}

}  // namespace frazil::fuzz
