// An io::InputFile as Arrow's RandomAccessFile.
#pragma once

#include <arrow/io/interfaces.h>
#include <arrow/result.h>

#include <memory>
#include <optional>

#include "common/result.h"
#include "io/file_io.h"

namespace frazil::parquet {

// Not thread-safe.
class InputStream : public arrow::io::RandomAccessFile {
 public:
  InputStream(std::unique_ptr<io::InputFile> file, int64_t size) : file_(std::move(file)), size_(size) {}

  using arrow::io::RandomAccessFile::ReadAt;
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t bytes, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t bytes) override;
  arrow::Result<int64_t> Read(int64_t bytes, void* out) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t bytes) override;
  arrow::Status Seek(int64_t position) override;
  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Result<int64_t> GetSize() override { return size_; }
  arrow::Status Close() override;
  bool closed() const override { return file_ == nullptr; }

  // The error of the first failed read. It has an ErrorKind, which Arrow's status cannot hold.
  const std::optional<Error>& error() const { return error_; }

 private:
  std::unique_ptr<io::InputFile> file_;
  const int64_t size_;
  int64_t position_ = 0;
  std::optional<Error> error_;
};

}  // namespace frazil::parquet
