#include "decode/byte_buffer.h"

#include <algorithm>
#include <new>
#include <utility>

namespace frazil::decode {

void ByteBuffer::Grow(int64_t count) {
  const int64_t wanted = std::max<int64_t>({size_ + count, capacity_ * 2, 256});
  if (!memory_) {
    auto made = arrow::AllocateResizableBuffer(wanted);
    if (!made.ok()) throw std::bad_alloc();
    memory_ = *std::move(made);
  } else if (!memory_->Resize(wanted, /*shrink_to_fit=*/false).ok()) {
    throw std::bad_alloc();
  }
  data_ = memory_->mutable_data();
  capacity_ = memory_->size();
}

std::shared_ptr<arrow::Buffer> ByteBuffer::Finish() {
  Reserve(0);
  if (!memory_) Grow(0);
  // Shrinking copies the bytes, so it is only done if more than half of the buffer is unused.
  if (!memory_->Resize(size_, /*shrink_to_fit=*/size_ < capacity_ / 2).ok()) throw std::bad_alloc();
  std::shared_ptr<arrow::Buffer> done = std::move(memory_);
  data_ = nullptr;
  size_ = 0;
  capacity_ = 0;
  return done;
}

}  // namespace frazil::decode
