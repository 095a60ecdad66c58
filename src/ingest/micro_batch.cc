#include "ingest/micro_batch.h"

#include <arrow/api.h>
#include <arrow/util/byte_size.h>

#include <algorithm>

#include "common/log.h"
#include "common/system/thread.h"
#include "ingest/lanes.h"
#include "table/offset_state.h"

namespace frazil::ingest {
namespace {

// A smaller row group is not worth writing.
constexpr int64_t kLeastRelief = 1 << 20;

}  // namespace

MicroBatch::MicroBatch(DataFileContext context, Lanes& lanes) : context_(std::move(context)), lanes_(lanes) {}

MicroBatch::~MicroBatch() {
  partitions_.clear();  // drops open files
  error_partitions_.clear();
  if (handed_over_) return;
  // Otherwise a pipeline that fails in the same way for days would leave files behind at each start.
  for (const auto& [io, path] : written_) {
    if (const Status gone = io->Delete(path); !gone) log::debug("left behind {}: {}", path, gone.error().message);
  }
}

void MicroBatch::Disown() {
  std::lock_guard lock(mutex_);
  handed_over_ = false;
}

void MicroBatch::Expect() {
  std::lock_guard lock(mutex_);
  ++expected_;
}

// Notifies under the lock: a thread that waits for the last one may destroy this object as soon as it has the lock.
void MicroBatch::Settle() {
  std::lock_guard lock(mutex_);
  --expected_;
  settled_.notify_all();
}

void MicroBatch::Abort(Error error) {
  {
    std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
  }
  Settle();
}

void MicroBatch::AppendGap(record::OffsetRange range) {
  std::lock_guard lock(mutex_);
  counts_ += range.counts;
  ranges_[range.source].push_back(std::move(range));
}

void MicroBatch::Append(record::OffsetRange range, std::vector<PartitionFanout::Part> rows,
                        const table::DecidedBy& decided) {
  const auto& [schema, spec, refused] = decided;
  int64_t total_rows = 0;
  int64_t total_bytes = 0;
  for (const auto& part : rows) {
    total_rows += part.rows->num_rows();
    // slices share buffers, so this is no sum
    total_bytes = std::max(total_bytes, arrow::util::TotalBufferSize(*part.rows));
  }
  const auto memory = std::make_shared<MemoryShare>(context_.budget, total_bytes);
  record::RowOrigin origin{range.source, range.first, range.next, 0};
  std::vector<std::shared_ptr<TablePartition>> ripe;
  {
    std::lock_guard lock(mutex_);
    counts_ += range.counts;
    ranges_[range.source].push_back(std::move(range));
    if (std::find(decided_.begin(), decided_.end(), decided) == decided_.end()) decided_.push_back(decided);
    for (auto& part : rows) {
      if (part.rows->num_rows() == 0) continue;
      auto& partition = partitions_[iceberg::PartitionKey(spec->spec_id, part.partition)];
      if (partition == nullptr) {
        partition = std::make_shared<TablePartition>(context_, spec, std::move(part.partition));
      }
      const int64_t bytes = total_bytes * part.rows->num_rows() / total_rows;
      origin.rows = part.rows->num_rows();
      if (partition->Add(std::move(part.rows), schema, bytes, memory, origin) >= context_.row_group) {
        ripe.push_back(partition);
      }
    }
    expected_ += static_cast<int>(ripe.size());
  }
  for (const auto& partition : ripe) Encode(*partition, files_, /*last=*/false);
  Settle();
}

void MicroBatch::AppendErrors(const DataFileContext& context, const record::RowOrigin& origin,
                              std::shared_ptr<arrow::RecordBatch> rows, const iceberg::SchemaPtr& schema,
                              std::string first) {
  const int64_t bytes = arrow::util::TotalBufferSize(*rows);
  auto memory = std::make_shared<MemoryShare>(context.budget, bytes);
  std::shared_ptr<TablePartition> ripe;
  ErrorsInHand* errors = nullptr;
  {
    std::lock_guard lock(mutex_);
    if (first_error_.empty()) first_error_ = std::move(first);
    errors = &errors_[origin.source.topic];
    auto [hull, is_new] = errors->origins.try_emplace(origin.source, origin);
    if (!is_new) {
      hull->second.first = std::min(hull->second.first, origin.first);
      hull->second.next = std::max(hull->second.next, origin.next);
      hull->second.rows += origin.rows;
    }
    auto& partition = error_partitions_[origin.source.topic];
    if (partition == nullptr) {
      partition = std::make_shared<TablePartition>(context, std::make_shared<iceberg::PartitionSpec>(),
                                                   std::vector<iceberg::Literal>());
    }
    if (partition->Add(std::move(rows), schema, bytes, std::move(memory), origin) >= context.row_group) {
      ripe = partition;
      ++expected_;
    }
  }
  if (ripe != nullptr) Encode(*ripe, errors->files, /*last=*/false);
}

void MicroBatch::Encode(TablePartition& partition, std::vector<iceberg::DataFile>& into, bool last) {
  std::vector<iceberg::DataFile> files;
  const auto encode = [&] { return last ? partition.Finish(files) : partition.Encode(files); };
  const Status done = OrThrown("writing a data file", encode);
  {
    std::lock_guard lock(mutex_);
    for (const iceberg::DataFile& file : files) written_.emplace_back(partition.io(), file.file_path);
    std::move(files.begin(), files.end(), std::back_inserter(into));
  }
  if (!done) return Abort(done.error());
  Settle();
}

bool MicroBatch::Relieve(bool all) {
  std::lock_guard lock(mutex_);
  if (relieving_ > 0) return true;
  using Held = std::pair<int64_t, std::shared_ptr<TablePartition>>;
  std::vector<Held> held;
  int64_t left = 0;
  for (const auto& [key, partition] : partitions_) {
    held.emplace_back(partition->bytes(), partition);
    left += held.back().first;
  }
  std::sort(held.begin(), held.end(), [](const Held& a, const Held& b) { return a.first > b.first; });
  const int64_t enough = all ? 0 : left / 4;
  const int64_t least = all ? 1 : kLeastRelief;
  const auto relieve = [&](auto work) {
    ++relieving_;
    ++expected_;
    lanes_.Submit([self = shared_from_this(), work = std::move(work)](int) {
      work(*self);
      std::lock_guard relieved(self->mutex_);
      --self->relieving_;
    });
  };
  std::vector<std::shared_ptr<TablePartition>> small;
  for (const auto& [bytes, partition] : held) {
    if (bytes >= least && left > enough) {
      left -= bytes;
      relieve([partition = partition](MicroBatch& self) { self.Encode(*partition, self.files_, /*last=*/false); });
    } else if (partition->shares()) {
      small.push_back(partition);
    }
  }
  // Copying small partitions frees memory only if large ones, which share it, are encoded too.
  if (relieving_ > 0 && !small.empty()) {
    relieve([small = std::move(small)](MicroBatch& self) {
      for (const auto& partition : small) {
        const Status done = OrThrown("copying rows", [&] { return partition->Detach(); });
        if (!done) return self.Abort(done.error());
      }
      self.Settle();
    });
  }
  return relieving_ > 0;
}

Result<HandContents> MicroBatch::Finish() {
  std::unique_lock lock(mutex_);
  settled_.wait(lock, [&] { return expected_ == 0; });
  if (error_) return tl::unexpected<Error>(*error_);
  expected_ = static_cast<int>(partitions_.size() + error_partitions_.size());
  const auto finish = [&](const std::shared_ptr<TablePartition>& partition, std::vector<iceberg::DataFile>& into) {
    lanes_.Submit(
        [self = shared_from_this(), partition, &into](int) { self->Encode(*partition, into, /*last=*/true); });
  };
  for (const auto& [key, partition] : partitions_) finish(partition, files_);
  for (const auto& [topic, partition] : error_partitions_) finish(partition, errors_.at(topic).files);
  settled_.wait(lock, [&] { return expected_ == 0; });
  if (error_) return tl::unexpected<Error>(*error_);

  HandContents contents;
  contents.counts = counts_;
  contents.files = std::move(files_);
  contents.decided = std::move(decided_);
  contents.errors = std::move(errors_);
  contents.first_error = std::move(first_error_);
  for (auto& [source, ranges] : ranges_) {
    std::sort(ranges.begin(), ranges.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    record::OffsetRange joined = ranges.front();
    for (size_t i = 1; i < ranges.size(); ++i) {
      if (ranges[i].first != joined.next) {
        return Fail(ErrorKind::kInternal, "offsets of partition {} of topic '{}' do not join: {} is followed by {}",
                    source.partition, source.topic, joined.next - 1, ranges[i].first);
      }
      joined.next = ranges[i].next;
      joined.leader_epoch = std::max(joined.leader_epoch, ranges[i].leader_epoch);
      joined.counts += ranges[i].counts;
    }
    contents.ranges.push_back(std::move(joined));
  }
  handed_over_ = true;
  return contents;
}

std::optional<Error> MicroBatch::error() const {
  std::lock_guard lock(mutex_);
  return error_;
}

record::OffsetCounts MicroBatch::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

bool MicroBatch::has_files() const {
  std::lock_guard lock(mutex_);
  return !files_.empty();
}

}  // namespace frazil::ingest
