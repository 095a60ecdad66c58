#include "parquet/row_group_tracker.h"

#include <utility>

namespace frazil::parquet {

namespace pq = ::parquet;

RowGroupTracker::RowGroupTracker(std::unique_ptr<pq::ParquetFileWriter> writer,
                                 std::shared_ptr<pq::schema::GroupNode> schema)
    : Contents(std::move(schema), nullptr), writer_(std::move(writer)) {}

int64_t RowGroupTracker::OpenBytes() const {
  if (open_ == nullptr) return 0;
  const pq::RowGroupWriter::BufferedStats waiting = open_->estimated_buffered_stats();
  return open_->total_compressed_bytes_written() + open_->total_compressed_bytes() + waiting.def_level_bytes +
         waiting.rep_level_bytes + waiting.value_bytes + waiting.dict_bytes;
}

void RowGroupTracker::CloseRowGroup() {
  if (open_ == nullptr) return;
  open_->Close();
  open_ = nullptr;
}

void RowGroupTracker::Close() {
  open_ = nullptr;
  writer_->Close();
  file_metadata_ = writer_->metadata();
}

pq::RowGroupWriter* RowGroupTracker::AppendRowGroup() { return open_ = writer_->AppendRowGroup(); }

pq::RowGroupWriter* RowGroupTracker::AppendBufferedRowGroup() { return open_ = writer_->AppendBufferedRowGroup(); }

}  // namespace frazil::parquet
