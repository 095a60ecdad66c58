// The growing memory of one column. It comes from Arrow's pool, so that an Arrow array can own it without a copy.
#pragma once

#include <arrow/buffer.h>

#include <cstdint>
#include <cstring>
#include <memory>

namespace frazil::decode {

// The memory is not initialized. Throws std::bad_alloc if the pool is exhausted. Not thread-safe.
class ByteBuffer {
 public:
  int64_t size() const { return size_; }
  const uint8_t* data() const { return data_; }
  uint8_t* data() { return data_; }

  template <class T>
  const T* As() const {
    return reinterpret_cast<const T*>(data_);
  }

  template <class T>
  void Push(T value) {
    Reserve(sizeof(T));
    std::memcpy(data_ + size_, &value, sizeof(T));
    size_ += sizeof(T);
  }
  void Push(const void* bytes, int64_t count) {
    Reserve(count);
    if (count > 0) std::memcpy(data_ + size_, bytes, static_cast<size_t>(count));
    size_ += count;
  }
  void PushRepeated(uint8_t byte, int64_t count) {
    Reserve(count);
    if (count > 0) std::memset(data_ + size_, byte, static_cast<size_t>(count));
    size_ += count;
  }

  // Makes room for `count` more bytes. Write them at end(), then call Advance.
  void Reserve(int64_t count) {
    if (capacity_ - size_ < count) [[unlikely]]
      Grow(count);
  }
  uint8_t* end() { return data_ + size_; }
  void Advance(int64_t count) { size_ += count; }
  void Truncate(int64_t size) { size_ = size; }

  // Returns the bytes as an Arrow buffer. This buffer is empty afterwards.
  std::shared_ptr<arrow::Buffer> Finish();

 private:
  void Grow(int64_t count);

  std::unique_ptr<arrow::ResizableBuffer> memory_;
  uint8_t* data_ = nullptr;
  int64_t size_ = 0;
  int64_t capacity_ = 0;
};

}  // namespace frazil::decode
