// A Parquet file writer that shows its open row group.
#pragma once

#include <parquet/file_writer.h>

#include <cstdint>
#include <memory>

namespace frazil::parquet {

// parquet::arrow::FileWriter hides the row group that it fills, and so its size. This class stands between it and the
// real ParquetFileWriter, forwards every call, and remembers the row group. Throws ParquetException. Not thread-safe.
class RowGroupTracker : public ::parquet::ParquetFileWriter::Contents {
 public:
  RowGroupTracker(std::unique_ptr<::parquet::ParquetFileWriter> writer,
                  std::shared_ptr<::parquet::schema::GroupNode> schema);

  // The bytes in memory for the open row group: encoded pages, which are kept until the row group ends, and values not
  // yet encoded. 0 if no row group is open.
  int64_t OpenBytes() const;
  bool has_open_row_group() const { return open_ != nullptr; }
  // Writes the open row group. Begin the next one with FileWriter::NewBufferedRowGroup.
  void CloseRowGroup();

  void Close() override;
  ::parquet::RowGroupWriter* AppendRowGroup() override;
  ::parquet::RowGroupWriter* AppendBufferedRowGroup() override;
  int64_t num_rows() const override { return writer_->num_rows(); }
  int num_columns() const override { return writer_->num_columns(); }
  int num_row_groups() const override { return writer_->num_row_groups(); }
  const std::shared_ptr<::parquet::WriterProperties>& properties() const override { return writer_->properties(); }
  void AddKeyValueMetadata(const std::shared_ptr<const ::parquet::KeyValueMetadata>& metadata) override {
    writer_->AddKeyValueMetadata(metadata);
  }

 private:
  std::unique_ptr<::parquet::ParquetFileWriter> writer_;
  ::parquet::RowGroupWriter* open_ = nullptr;  // writer_ owns it
};

}  // namespace frazil::parquet
