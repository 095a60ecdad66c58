#include "parquet/input_stream.h"

#include <arrow/buffer.h>
#include <arrow/status.h>

#include <algorithm>
#include <span>

namespace frazil::parquet {

arrow::Result<int64_t> InputStream::ReadAt(int64_t position, int64_t bytes, void* out) {
  if (closed()) return arrow::Status::Invalid("read of a closed file");
  if (position < 0 || bytes < 0) return arrow::Status::Invalid("read of a negative place");
  bytes = std::clamp<int64_t>(size_ - position, 0, bytes);
  if (Status read = file_->ReadAt(position, {static_cast<char*>(out), static_cast<size_t>(bytes)}); !read) {
    if (!error_) error_ = read.error();
    return arrow::Status::IOError(read.error().message);
  }
  return bytes;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> InputStream::ReadAt(int64_t position, int64_t bytes) {
  ARROW_ASSIGN_OR_RAISE(auto buffer, arrow::AllocateResizableBuffer(std::clamp<int64_t>(size_ - position, 0, bytes)));
  ARROW_ASSIGN_OR_RAISE(const int64_t read, ReadAt(position, buffer->size(), buffer->mutable_data()));
  ARROW_RETURN_NOT_OK(buffer->Resize(read));
  return std::shared_ptr<arrow::Buffer>(std::move(buffer));
}

arrow::Result<int64_t> InputStream::Read(int64_t bytes, void* out) {
  ARROW_ASSIGN_OR_RAISE(const int64_t read, ReadAt(position_, bytes, out));
  position_ += read;
  return read;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> InputStream::Read(int64_t bytes) {
  ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(position_, bytes));
  position_ += buffer->size();
  return buffer;
}

arrow::Status InputStream::Seek(int64_t position) {
  if (position < 0) return arrow::Status::Invalid("seek to a negative place");
  position_ = position;
  return arrow::Status::OK();
}

arrow::Status InputStream::Close() {
  file_.reset();
  return arrow::Status::OK();
}

}  // namespace frazil::parquet
