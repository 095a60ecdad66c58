#include "avro/container.h"

#include "common/random.h"

namespace frazil::avro {

namespace {

constexpr std::string_view kMagic("Obj\x01", 4);
constexpr size_t kSyncBytes = 16;
constexpr std::string_view kSchemaKey = "avro.schema";
constexpr std::string_view kCodecKey = "avro.codec";

}  // namespace

Result<ContainerReader> ContainerReader::Open(std::string_view bytes) {
  if (bytes.substr(0, kMagic.size()) != kMagic) {
    return Fail(ErrorKind::kCorrupt, "not an Avro file: it does not begin with \"Obj\" and version 1");
  }
  ContainerReader reader;
  reader.bytes_ = bytes;
  BinaryReader header(bytes);
  header.ReadFixed(kMagic.size());
  for (auto block = header.ReadBlock(2); block.count > 0; block = header.ReadBlock(2)) {
    for (int64_t i = 0; i < block.count && header.ok(); ++i) {
      const std::string_view key = header.ReadBytes();
      reader.metadata_[std::string(key)] = header.ReadBytes();
    }
    header.EndBlock(block);
  }
  reader.sync_ = header.ReadFixed(kSyncBytes);
  FRAZIL_RETURN_IF_ERROR(header.status());
  reader.first_block_ = header.position();

  const auto schema = reader.metadata_.find(kSchemaKey);
  if (schema == reader.metadata_.end()) return Fail(ErrorKind::kCorrupt, "the Avro file's header has no avro.schema");
  FRAZIL_ASSIGN_OR_RETURN(reader.schema_, Schema::ParseOnce(schema->second));
  if (const auto codec = reader.metadata_.find(kCodecKey); codec != reader.metadata_.end()) {
    FRAZIL_ASSIGN_OR_RETURN(reader.codec_, ParseCodec(codec->second));
  }
  return reader;
}

Status ContainerReader::ReadBlock(std::string_view block, int64_t count, const std::function<void(BinaryReader&)>& read,
                                  Spent* spent) const {
  std::string decompressed;
  if (codec_ != Codec::kNull) {
    const size_t limit = kFreeExpansion + kMaxExpansion * bytes_.size() - spent->decompressed;
    FRAZIL_ASSIGN_OR_RETURN(decompressed, Decompress(codec_, block, limit));
    spent->decompressed += decompressed.size();
    block = decompressed;
  }
  BinaryReader objects(block, spent->empty_values);
  if (schema_->root().min_size == 0) objects.ChargeEmpty(count);
  for (int64_t i = 0; i < count && objects.ok(); ++i) read(objects);
  if (objects.remaining() > 0) objects.Fail(fmt::format("{} bytes are left over in the block", objects.remaining()));
  spent->empty_values = objects.unpaid_empty_values();
  return objects.status();
}

Status ContainerReader::ForEach(const std::function<void(BinaryReader&)>& read) const {
  BinaryReader file(bytes_);
  file.ReadFixed(first_block_);
  Spent spent;
  while (file.ok() && file.remaining() > 0) {
    const size_t start = file.position();
    const int64_t count = file.ReadLong();
    if (count < 0) file.Fail("a block's object count is negative");
    const std::string_view block = file.ReadBytes();
    const std::string_view sync = file.ReadFixed(kSyncBytes);
    if (file.ok() && sync != sync_) file.Fail("the sync marker does not match the header's");
    if (!file.ok()) break;
    const Status status = ReadBlock(block, count, read, &spent);
    if (!status) return Wrap(status.error(), fmt::format("Avro block at byte {}", start));
  }
  return file.status();
}

ContainerWriter::ContainerWriter(std::string_view schema, const ContainerMetadata& metadata, const Options& options)
    : options_(options) {
  while (sync_.size() < kSyncBytes) {
    const uint64_t random = RandomUint64();
    sync_.append(reinterpret_cast<const char*>(&random), sizeof random);
  }
  BinaryWriter header;
  header.WriteFixed(kMagic);
  header.WriteBlock(metadata.size() + 2);
  header.WriteBytes(kSchemaKey);
  header.WriteBytes(schema);
  header.WriteBytes(kCodecKey);
  header.WriteBytes(ToString(options_.codec));
  for (const auto& [key, value] : metadata) {
    header.WriteBytes(key);
    header.WriteBytes(value);
  }
  header.EndBlocks();
  header.WriteFixed(sync_);
  file_ = header.Take();
}

Status ContainerWriter::Append(std::string_view object) {
  block_.append(object);
  ++block_count_;
  return block_.size() >= options_.block_bytes ? CloseBlock() : Status();
}

Status ContainerWriter::CloseBlock() {
  FRAZIL_ASSIGN_OR_RETURN(const std::string compressed, Compress(options_.codec, block_));
  BinaryWriter block;
  block.WriteLong(block_count_);
  block.WriteBytes(compressed);
  block.WriteFixed(sync_);
  file_.append(block.bytes());
  block_.clear();
  block_count_ = 0;
  return {};
}

Result<std::string> ContainerWriter::Finish() {
  if (block_count_ > 0) FRAZIL_RETURN_IF_ERROR(CloseBlock());
  return std::move(file_);
}

}  // namespace frazil::avro
