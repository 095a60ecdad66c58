#include "parquet/output_stream.h"

#include <arrow/status.h>

#include <string_view>

namespace frazil::parquet {

arrow::Status OutputStream::Write(const void* data, int64_t bytes) {
  if (abandoned_) return arrow::Status::Cancelled("the file was given up");
  if (error_) return arrow::Status::IOError(error_->message);
  if (Status status = file_->Write({static_cast<const char*>(data), static_cast<size_t>(bytes)}); !status) {
    error_ = std::move(status).error();
    return arrow::Status::IOError(error_->message);
  }
  return arrow::Status::OK();
}

}  // namespace frazil::parquet
