// Parquet's file writer with its open row group in sight.
#pragma once

#include <parquet/file_writer.h>

#include <cstdint>
#include <memory>

namespace frazil::parquet {

// parquet::arrow::FileWriter hides the row group it fills, and with it how large that has grown. This stands between
// it and the real ParquetFileWriter, passes everything on and remembers the row group. Throws ParquetException.
class RowGroupTracker : public ::parquet::ParquetFileWriter::Contents {
 public:
  RowGroupTracker(std::unique_ptr<::parquet::ParquetFileWriter> writer,
                  std::shared_ptr<::parquet::schema::GroupNode> schema);

  // Memory the open row group holds: pages, encoded but kept back until it ends, and what is not encoded yet.
  // 0 if none is open.
  int64_t OpenBytes() const;
  bool has_open_row_group() const { return open_ != nullptr; }
  // Writes the open row group out. The next one must be begun by FileWriter::NewBufferedRowGroup.
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
