#include "source/kafka/sampler.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "source/kafka/stretch_reader.h"

namespace frazil::source::kafka {
namespace {

using record::HeaderView;
using record::RecordBatch;
using record::RecordView;

constexpr size_t kTogether = 64;  // partitions whose records are fetched at a time, to bound what comes ahead
// Bounds for the bytes of one partition's sample. All samples together take about ReadOptions::queue_bytes.
constexpr int64_t kLeastBytes = 16 << 10;
constexpr int64_t kMostBytes = 1 << 20;

// Options for small reads: librdkafka or the native path should not fetch far ahead.
Options ForSample(const Options& options) {
  Options sample = options;
  sample.queue_bytes = 1 << 20;
  sample.properties.try_emplace("client.id", "frazil-sample");
  sample.properties.try_emplace("queued.min.messages", "1000");
  if (!options.properties.contains("max.partition.fetch.bytes")) {
    sample.properties.try_emplace("fetch.message.max.bytes", "65536");
  }
  return sample;
}

// The sample of one partition. It holds copies, so that the fetched blocks can be freed.
class Stretch {
 public:
  Stretch(const TopicPartition& source, int64_t from, int max_records, int64_t bytes)
      : wanted_(max_records), bytes_(bytes) {
    batch_.source = source;
    batch_.first = batch_.next = from;
  }

  bool whole() const { return wanted_ <= 0 || bytes_ <= 0; }

  void Add(const RecordBatch& piece) {
    size_t count = 0, size = 0;
    for (; count < piece.records.size() && !whole(); ++count, --wanted_) {
      size += SizeOf(piece, piece.records[count]);
      bytes_ -= static_cast<int64_t>(piece.records[count].value.size());
    }
    const auto chunk = std::make_shared_for_overwrite<char[]>(size + record::kSpareBytes);
    std::fill_n(chunk.get() + size, record::kSpareBytes, '\0');
    to_ = chunk.get();
    for (size_t i = 0; i < count; ++i) Copy(piece, piece.records[i]);
    chunks_->push_back(chunk);
    batch_.byte_count += size + count * sizeof(RecordView);
    batch_.next = count < piece.records.size() ? batch_.records.back().offset + 1 : piece.next;
    if (count > 0 && whole()) batch_.next = batch_.records.back().offset + 1;
    batch_.leader_epoch = piece.leader_epoch;
  }

  RecordBatch Take() {
    batch_.bytes = std::move(chunks_);
    return std::move(batch_);
  }

 private:
  static size_t SizeOf(const RecordBatch& piece, const RecordView& record) {
    size_t size = record.key.size() + record.value.size();
    for (uint32_t i = 0; i < record.header_count; ++i) {
      const HeaderView& header = piece.headers[record.first_header + i];
      size += header.key.size() + header.value.size();
    }
    return size;
  }

  // Null stays null, and empty stays empty.
  std::string_view Copy(std::string_view bytes) {
    if (bytes.data() == nullptr) return {};
    const std::string_view copy(to_, bytes.size());
    to_ = std::copy(bytes.begin(), bytes.end(), to_);
    return copy;
  }

  void Copy(const RecordBatch& piece, const RecordView& record) {
    RecordView& copy = batch_.records.emplace_back(record);
    copy.key = Copy(record.key);
    copy.value = Copy(record.value);
    copy.first_header = static_cast<uint32_t>(batch_.headers.size());
    for (uint32_t i = 0; i < record.header_count; ++i) {
      const HeaderView& header = piece.headers[record.first_header + i];
      const std::string_view key = Copy(header.key);
      batch_.headers.push_back({key, Copy(header.value)});
    }
    if (const auto* left_out = piece.FindLeftOut(record.offset)) batch_.left_out.push_back(*left_out);
  }

  RecordBatch batch_;
  std::shared_ptr<std::vector<std::shared_ptr<char[]>>> chunks_ =
      std::make_shared<std::vector<std::shared_ptr<char[]>>>();
  char* to_ = nullptr;
  int wanted_;     // how many records are still wanted
  int64_t bytes_;  // how many bytes of values are still wanted
};

}  // namespace

Result<std::vector<RecordBatch>> ReadSample(const Options& options, const Positions& from, const Positions& ends,
                                            int max_records) {
  const Options sampling = ForSample(options);
  const int64_t each = options.queue_bytes / std::max<int64_t>(1, static_cast<int64_t>(from.size()));
  const int64_t bytes = std::clamp(each, kLeastBytes, kMostBytes);
  std::vector<RecordBatch> sample;
  for (auto next = from.begin(); next != from.end();) {
    std::map<TopicPartition, Stretch> stretches;
    Positions starts, until;
    for (; next != from.end() && stretches.size() < kTogether; ++next) {
      const auto& [source, position] = *next;
      const Stretch& stretch = stretches.try_emplace(source, source, position, max_records, bytes).first->second;
      if (stretch.whole()) continue;
      starts[source] = position;
      // A position beyond the end is read anyway, so that the broker reports the error.
      const int64_t end = ends.at(source);
      until[source] = position > end ? position + 1 : end;
    }
    FRAZIL_RETURN_IF_ERROR(ReadPieces(sampling, starts, until, [&](const RecordBatch& piece) -> Result<bool> {
      Stretch& stretch = stretches.at(piece.source);
      stretch.Add(piece);
      return !stretch.whole();
    }));
    for (auto& [source, stretch] : stretches) sample.push_back(stretch.Take());
  }
  return sample;
}

}  // namespace frazil::source::kafka
