// An io::OutputFile as Arrow's OutputStream.
#pragma once

#include <arrow/io/interfaces.h>
#include <arrow/result.h>

#include <memory>
#include <optional>

#include "common/result.h"
#include "io/file_io.h"

namespace frazil::parquet {

// Close does not complete the file; only CloseFile does. So a Parquet writer that closes its stream in its destructor
// leaves no file behind.
class OutputStream : public arrow::io::OutputStream {
 public:
  explicit OutputStream(std::unique_ptr<io::OutputFile> file) : file_(std::move(file)) {}

  arrow::Status Write(const void* data, int64_t bytes) override;
  arrow::Result<int64_t> Tell() const override { return file_->position(); }
  arrow::Status Close() override { return arrow::Status::OK(); }
  bool closed() const override { return abandoned_; }

  Status CloseFile() { return file_->Close(); }
  // Makes every later write fail, so that nothing more reaches the file.
  void Abandon() { abandoned_ = true; }
  int64_t position() const { return file_->position(); }
  int64_t buffered() const { return file_->buffered(); }
  // The error of the first failed write. It has an ErrorKind, which Arrow's status cannot hold.
  const std::optional<Error>& error() const { return error_; }

 private:
  std::unique_ptr<io::OutputFile> file_;
  std::optional<Error> error_;
  bool abandoned_ = false;
};

}  // namespace frazil::parquet
