#include "source/kafka/native/snappy_stream.h"

#include <algorithm>

namespace frazil::source::kafka {
namespace {

[[nodiscard]] tl::unexpected<Error> NotSnappy() { return Fail(ErrorKind::kCorrupt, "not snappy"); }

}  // namespace

SnappyStream::SnappyStream(std::string_view block) : at_(block.data()), end_(block.data() + block.size()), left_(0) {
  for (int shift = 0; shift < 35 && at_ < end_; shift += 7) {
    const auto byte = static_cast<uint8_t>(*at_++);
    left_ |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
}

Status SnappyStream::Fill(Bytes& out, size_t most) {
  while (left_ > 0 && out.size() < most) FRAZIL_RETURN_IF_ERROR(Element(out, most));
  return ended() && at_ != end_ ? Status(NotSnappy()) : Status();
}

Status SnappyStream::Element(Bytes& out, size_t most) {
  if (literal_ == 0) {
    if (at_ == end_) return NotSnappy();
    const auto tag = static_cast<uint8_t>(*at_++);
    const unsigned kind = tag & 3U;
    // The little-endian bytes after the tag: the length of a long literal, or the offset of a copy.
    const unsigned upper = tag >> 2U;
    const size_t width = kind == 0 ? (upper < 60 ? 0 : upper - 59) : kind == 3 ? 4 : kind;
    if (static_cast<size_t>(end_ - at_) < width) return NotSnappy();
    uint64_t number = 0;
    for (size_t i = 0; i < width; ++i) number |= static_cast<uint64_t>(static_cast<uint8_t>(at_[i])) << (8 * i);
    at_ += width;
    if (kind == 1) return CopyBack(out, (static_cast<size_t>(tag >> 5U) << 8U) | number, 4 + (upper & 7U));
    if (kind != 0) return CopyBack(out, number, 1 + upper);
    literal_ = 1 + (width == 0 ? upper : number);
    if (literal_ > left_) return NotSnappy();
  }
  const auto size = static_cast<size_t>(std::min<uint64_t>(literal_, most - out.size()));
  if (static_cast<size_t>(end_ - at_) < size) return NotSnappy();
  Append(out, {at_, size});
  at_ += size;
  literal_ -= size;
  return {};
}

Status SnappyStream::CopyBack(Bytes& out, size_t offset, size_t size) {
  if (offset == 0 || size > left_) return NotSnappy();
  if (offset > window_.size()) {
    if (window_.size() < kWindow) return NotSnappy();
    return Fail(ErrorKind::kUnsupported, "it looks back {} bytes, farther than any packer of its format does", offset);
  }
  char copied[64];
  for (size_t i = 0; i < size; ++i) copied[i] = i < offset ? window_[window_.size() - offset + i] : copied[i - offset];
  Append(out, {copied, size});
  return {};
}

void SnappyStream::Append(Bytes& out, std::string_view bytes) {
  std::copy(bytes.begin(), bytes.end(), out.Reserve(bytes.size()));
  out.Grow(bytes.size());
  left_ -= bytes.size();
  if (bytes.size() > kWindow) bytes.remove_prefix(bytes.size() - kWindow);
  if (window_.size() + bytes.size() > 4 * kWindow) window_.erase(0, window_.size() - kWindow);
  window_.append(bytes);
}

}  // namespace frazil::source::kafka
