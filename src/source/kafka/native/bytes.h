// A growing block of bytes. It is not filled with zeros first, as std::string is. record::kSpareBytes readable bytes
// follow its content. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>

#include "record/record_batch.h"

namespace frazil::source::kafka {

class Bytes {
 public:
  Bytes() = default;
  Bytes(Bytes&&) = default;
  Bytes& operator=(Bytes&&) = default;

  char* data() { return data_.get(); }
  const char* data() const { return data_.get(); }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  std::string_view view() const { return {data_.get(), size_}; }

  // Makes room for `more` bytes after the content, and returns where they begin. Earlier pointers into the block become
  // invalid. Throws std::bad_alloc.
  char* Reserve(size_t more) {
    if (size_ + more > capacity_) {
      const size_t wanted = std::max(size_ + more, capacity_ * 2);
      auto* grown = static_cast<char*>(std::realloc(data_.get(), wanted + record::kSpareBytes));
      if (grown == nullptr) throw std::bad_alloc();
      (void)data_.release();
      data_.reset(grown);
      capacity_ = wanted;
    }
    return data_.get() + size_;
  }
  // Says that the caller has filled `count` of the reserved bytes.
  void Grow(size_t count) {
    size_ += count;
    if (data_ != nullptr) std::memset(data_.get() + size_, 0, record::kSpareBytes);
  }
  void Clear() { size_ = 0; }
  // Frees unused room, if it is at least a quarter of the block.
  void Trim() {
    if (capacity_ - size_ < capacity_ / 4) return;
    if (auto* smaller = static_cast<char*>(std::realloc(data_.get(), size_ + record::kSpareBytes));
        smaller != nullptr) {
      (void)data_.release();
      data_.reset(smaller);
      capacity_ = size_;
    }
  }

 private:
  struct Free {
    void operator()(char* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<char, Free> data_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace frazil::source::kafka
