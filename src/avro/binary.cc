#include "avro/binary.h"

#include <bit>
#include <limits>

namespace frazil::avro {

static_assert(std::endian::native == std::endian::little, "floats are copied as they stand in memory");

void BinaryReader::Fail(std::string_view what) {
  if (error_.empty()) {
    error_ = what;
    error_position_ = position();
  }
  end_ = pos_;
}

Status BinaryReader::status() const {
  if (ok()) return {};
  return ::frazil::Fail(ErrorKind::kCorrupt, "Avro data: {} at byte {}", error_, error_position_);
}

bool BinaryReader::Enter() {
  if (++depth_ > kMaxDepth) Fail(fmt::format("values nested deeper than {} levels", kMaxDepth));
  return ok();
}

bool BinaryReader::ReadBoolean() {
  const std::string_view byte = ReadFixed(1);
  if (byte.empty()) return false;
  if (byte[0] != 0 && byte[0] != 1) Fail("a boolean is neither 0 nor 1");
  return byte[0] == 1;
}

int64_t BinaryReader::ReadLongSlow() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (pos_ == end_) {
      Fail("the data ends inside a number");
      return 0;
    }
    const auto byte = static_cast<unsigned char>(*pos_++);
    if (shift == 63 && byte > 1) break;
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
  }
  Fail("a number has more than 64 bits");
  return 0;
}

int32_t BinaryReader::ReadInt() {
  const int64_t value = ReadLong();
  if (value < std::numeric_limits<int32_t>::min() || value > std::numeric_limits<int32_t>::max()) {
    Fail("an int has more than 32 bits");
    return 0;
  }
  return static_cast<int32_t>(value);
}

float BinaryReader::ReadFloat() {
  float value = 0;
  const std::string_view bytes = ReadFixed(sizeof value);
  if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

double BinaryReader::ReadDouble() {
  double value = 0;
  const std::string_view bytes = ReadFixed(sizeof value);
  if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::string_view BinaryReader::ReadBytes() {
  const int64_t size = ReadLong();
  if (size < 0) {
    Fail("a length is negative");
    return {};
  }
  return ReadFixed(static_cast<size_t>(size));
}

std::string_view BinaryReader::ReadFixed(size_t size) {
  if (size > remaining()) {
    Fail(fmt::format("{} bytes are announced and {} are left", size, remaining()));
    return {};
  }
  const std::string_view bytes(pos_, size);
  pos_ += size;
  return bytes;
}

size_t BinaryReader::ReadIndex(size_t count, std::string_view what) {
  const int64_t index = ReadLong();
  if (index < 0 || static_cast<uint64_t>(index) >= count) {
    Fail(fmt::format("{} {} is none of {}", what, index, count));
    return 0;
  }
  return static_cast<size_t>(index);
}

BinaryReader::Block BinaryReader::ReadBlock(uint64_t min_item_size) {
  Block block{ReadLong(), std::nullopt};
  if (block.count < 0) {
    // A negative count is followed by the block's size in bytes.
    if (block.count == std::numeric_limits<int64_t>::min()) {
      Fail("a block's count is out of range");
      return {};
    }
    block.count = -block.count;
    const int64_t size = ReadLong();
    if (size < 0 || static_cast<uint64_t>(size) > remaining()) {
      Fail(fmt::format("a block of {} bytes is announced and {} are left", size, remaining()));
      return {};
    }
    block.end = position() + static_cast<size_t>(size);
  }
  if (min_item_size == 0) {
    ChargeEmpty(block.count);
  } else if (static_cast<uint64_t>(block.count) > remaining() / min_item_size) {
    Fail(fmt::format("{} items are announced and {} bytes are left", block.count, remaining()));
  }
  return ok() ? block : Block();
}

void BinaryReader::EndBlock(const Block& block) {
  if (ok() && block.end && *block.end != position()) Fail("a block is not as long as it says");
}

bool BinaryReader::ChargeEmpty(int64_t count) {
  if (count > kMaxEmptyValues - unpaid_empty_values()) {
    Fail(fmt::format("more than {} values take no bytes", kMaxEmptyValues));
    return false;
  }
  empty_values_ += count;
  return true;
}

void BinaryReader::Skip(const Node& node) {
  switch (node.kind) {
    case Kind::kNull:
      return;
    case Kind::kBoolean:
      ReadFixed(1);
      return;
    case Kind::kInt:
    case Kind::kLong:
    case Kind::kEnum:
      ReadLong();
      return;
    case Kind::kFloat:
      ReadFixed(4);
      return;
    case Kind::kDouble:
      ReadFixed(8);
      return;
    case Kind::kBytes:
    case Kind::kString:
      ReadBytes();
      return;
    case Kind::kFixed:
      ReadFixed(static_cast<size_t>(node.size));
      return;
    default:
      break;
  }
  if (node.kind == Kind::kUnion) {
    const size_t branch = ReadIndex(node.children.size(), "union branch");
    if (ok()) Skip(*node.children[branch]);
    return;
  }
  if (!Enter()) return;
  if (node.kind == Kind::kRecord) {
    const size_t start = position();
    for (const NodeField& field : node.fields) {
      if (!ok()) break;
      Skip(*field.type);
    }
    if (position() == start) ChargeEmpty(1);
  } else {
    SkipBlocks(node);
  }
  Leave();
}

void BinaryReader::SkipBlocks(const Node& node) {
  const bool is_map = node.kind == Kind::kMap;
  const Node& child = *node.children[0];
  const uint64_t min_item_size = uint64_t{child.min_size} + (is_map ? 1 : 0);
  for (Block block = ReadBlock(min_item_size); block.count > 0; block = ReadBlock(min_item_size)) {
    if (block.end) {
      ReadFixed(*block.end - position());
      continue;
    }
    for (int64_t i = 0; i < block.count && ok(); ++i) {
      if (is_map) ReadBytes();
      Skip(child);
    }
  }
}

void BinaryWriter::WriteLong(int64_t value) {
  uint64_t bits = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
  while (bits >= 0x80) {
    bytes_.push_back(static_cast<char>(bits | 0x80));
    bits >>= 7;
  }
  bytes_.push_back(static_cast<char>(bits));
}

void BinaryWriter::WriteFloat(float value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  bytes_.append(bytes, sizeof value);
}

void BinaryWriter::WriteDouble(double value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  bytes_.append(bytes, sizeof value);
}

void BinaryWriter::WriteBytes(std::string_view value) {
  WriteLong(static_cast<int64_t>(value.size()));
  bytes_.append(value);
}

}  // namespace frazil::avro
