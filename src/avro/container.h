// Avro object container files (Avro specification 1.12, "Object Container Files"), held whole in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "avro/binary.h"
#include "avro/codec.h"
#include "avro/schema.h"
#include "common/result.h"

namespace frazil::avro {

using ContainerMetadata = std::map<std::string, std::string, std::less<>>;

class ContainerReader {
 public:
  // Reads the header. `bytes` must outlive the reader. A file without avro.codec is not compressed. kCorrupt if the
  // header is malformed; kUnsupported for a codec that is not built in.
  static Result<ContainerReader> Open(std::string_view bytes);

  const Schema& schema() const { return *schema_; }
  const ContainerMetadata& metadata() const { return metadata_; }  // includes avro.schema and avro.codec
  Codec codec() const { return codec_; }

  // Calls `read` once for each object of each block. `read` must read exactly one object, or make its reader fail.
  // Errors name the block by its position in the file. May be called several times.
  Status ForEach(const std::function<void(BinaryReader& reader)>& read) const;

  // Limits on the decompressed size of all blocks together: kFreeExpansion + kMaxExpansion * the size of the file.
  // Beyond that the file is kCorrupt. No honest file comes near, and callers keep what they read in memory.
  static constexpr size_t kFreeExpansion = size_t{4} << 20;
  static constexpr size_t kMaxExpansion = 256;  // times the size of the file

 private:
  // What the blocks read so far have used up.
  struct Spent {
    size_t decompressed = 0;
    int64_t empty_values = 0;
  };

  ContainerReader() = default;
  Status ReadBlock(std::string_view block, int64_t count, const std::function<void(BinaryReader&)>& read,
                   Spent* spent) const;

  std::string_view bytes_;
  size_t first_block_ = 0;
  std::string_view sync_;
  SchemaPtr schema_;
  ContainerMetadata metadata_;
  Codec codec_ = Codec::kNull;
};

class ContainerWriter {
 public:
  struct Options {
    Codec codec = Codec::kDeflate;
    size_t block_bytes = size_t{64} << 10;  // a block ends once it holds this many bytes, uncompressed
  };
  // Names in `metadata` must not begin with "avro.". `schema` is JSON text, and is written to the header unchanged.
  ContainerWriter(std::string_view schema, const ContainerMetadata& metadata, const Options& options);

  // Adds one encoded object.
  Status Append(std::string_view object);
  // The whole file. Nothing may be appended afterwards.
  Result<std::string> Finish();

 private:
  Status CloseBlock();

  Options options_;
  std::string sync_;
  std::string file_;
  std::string block_;
  int64_t block_count_ = 0;
};

}  // namespace frazil::avro
