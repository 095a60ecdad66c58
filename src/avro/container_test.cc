#include "avro/container.h"

#include <gmock/gmock.h>

#include "avro/record_reader.h"

namespace frazil::avro {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kSchema = R"({"type": "record", "name": "r", "fields": [
    {"name": "number", "type": ["null", "long"], "field-id": 1}, {"name": "text", "type": "string", "field-id": 2}]})";
constexpr Codec kCodecs[] = {Codec::kNull, Codec::kDeflate, Codec::kSnappy, Codec::kZstandard};
constexpr int kObjects = 1000;

struct Row {
  int64_t number = -1;
  std::string text;
};
constexpr FieldBinding<Row> kBindings[] = {
    {1, [](const Node& node, BinaryReader& reader, Row& row) { row.number = ReadLongOf(node, reader, "number"); }},
    {2, [](const Node& node, BinaryReader& reader, Row& row) { row.text = ReadBytesOf(node, reader, "text"); }}};

std::string File(Codec codec, size_t block_bytes) {
  ContainerWriter writer(kSchema, {{"key", "a value"}, {"bytes", std::string("\0\xff", 2)}}, {codec, block_bytes});
  for (int i = 0; i < kObjects; ++i) {
    BinaryWriter object;
    object.WriteLong(i % 2);
    if (i % 2 == 1) object.WriteLong(i);
    object.WriteBytes("row number " + std::to_string(i));
    EXPECT_TRUE(writer.Append(object.bytes()).has_value());
  }
  auto file = writer.Finish();
  EXPECT_TRUE(file.has_value());
  return file.value_or("");
}

Result<std::vector<Row>> ReadRows(std::string_view bytes) {
  FRAZIL_ASSIGN_OR_RETURN(const ContainerReader file, ContainerReader::Open(bytes));
  const RecordReader<Row> records(file.schema().root(), kBindings);
  std::vector<Row> rows;
  FRAZIL_RETURN_IF_ERROR(file.ForEach([&](BinaryReader& reader) { records.Read(reader, rows.emplace_back()); }));
  return rows;
}

std::string ErrorOf(std::string_view bytes) {
  const auto rows = ReadRows(bytes);
  return rows ? "read" : rows.error().message;
}

TEST(Container, EveryCodecAndManyBlocksComeBack) {
  for (const Codec codec : kCodecs) {
    for (const size_t block_bytes : {size_t{1}, size_t{100}, size_t{1} << 20}) {
      const std::string bytes = File(codec, block_bytes);
      const auto rows = ReadRows(bytes);
      ASSERT_TRUE(rows.has_value()) << ToString(codec) << ": " << rows.error().message;
      ASSERT_EQ(rows->size(), static_cast<size_t>(kObjects));
      for (int i = 0; i < kObjects; ++i) {
        EXPECT_EQ((*rows)[i].number, i % 2 == 1 ? i : -1);
        EXPECT_EQ((*rows)[i].text, "row number " + std::to_string(i));
      }
      const auto file = ContainerReader::Open(bytes);
      EXPECT_EQ(file->codec(), codec);
      EXPECT_EQ(file->metadata().at("key"), "a value");
      EXPECT_EQ(file->metadata().at("bytes"), std::string("\0\xff", 2));
      EXPECT_EQ(file->schema().text(), kSchema);
    }
  }
}

TEST(Container, AFileWithoutObjectsOrCodecIsRead) {
  ContainerWriter writer(kSchema, {}, {Codec::kNull});
  EXPECT_TRUE(ReadRows(*writer.Finish())->empty());

  BinaryWriter file;
  file.WriteFixed(std::string_view("Obj\x01", 4));
  file.WriteBlock(1);
  file.WriteBytes("avro.schema");
  file.WriteBytes(kSchema);
  file.EndBlocks();
  file.WriteFixed("0123456789abcdef");
  file.WriteLong(1);
  file.WriteBytes(std::string_view("\0\x02!", 3));
  file.WriteFixed("0123456789abcdef");
  const auto rows = ReadRows(file.bytes());
  ASSERT_TRUE(rows.has_value()) << rows.error().message;
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ((*rows)[0].text, "!");
}

TEST(Container, CutFilesAreRefusedWhereverTheyEndInsideABlock) {
  for (const Codec codec : kCodecs) {
    const std::string bytes = File(codec, 1 << 20);
    const size_t header = bytes.find("number", bytes.find("avro.schema")) + 1;
    for (size_t size = 0; size < header; ++size) EXPECT_NE(ErrorOf(bytes.substr(0, size)), "read") << size;
    for (size_t size = bytes.size() - 100; size < bytes.size(); ++size) {
      EXPECT_THAT(ErrorOf(bytes.substr(0, size)), HasSubstr("at byte")) << size;
    }
  }
}

// No changed byte may crash the reader; what it then reads is not asked.
TEST(Container, DamagedBytesAreHarmless) {
  for (const Codec codec : kCodecs) {
    const std::string bytes = File(codec, 2000);
    for (size_t at = 0; at < bytes.size(); at += 7) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x15);
      (void)ErrorOf(damaged);
    }
  }
}

TEST(Container, SaysWhatIsWrong) {
  EXPECT_THAT(ErrorOf("PAR1"), HasSubstr("not an Avro file"));
  std::string bytes = File(Codec::kNull, 1 << 20);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  EXPECT_THAT(ErrorOf(bytes), HasSubstr("sync marker"));

  ContainerWriter extra(R"("long")", {}, {Codec::kNull});
  ASSERT_TRUE(extra.Append("\x02\x02").has_value());
  const std::string file = *extra.Finish();
  const auto reader = ContainerReader::Open(file);
  const Status status = reader->ForEach([](BinaryReader& object) { object.ReadLong(); });
  ASSERT_FALSE(status.has_value());
  EXPECT_THAT(status.error().message, HasSubstr("1 bytes are left over in the block at byte 1"));

  BinaryWriter unknown;
  unknown.WriteFixed(std::string_view("Obj\x01", 4));
  unknown.WriteBlock(2);
  unknown.WriteBytes("avro.schema");
  unknown.WriteBytes(R"("long")");
  unknown.WriteBytes("avro.codec");
  unknown.WriteBytes("bzip2");
  unknown.EndBlocks();
  unknown.WriteFixed("0123456789abcdef");
  const auto opened = ContainerReader::Open(unknown.bytes());
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().kind, ErrorKind::kUnsupported);
  EXPECT_THAT(opened.error().message, HasSubstr("bzip2"));
}

TEST(Container, BombsStopAtTheLimitOfTheFile) {
  for (const Codec codec : kCodecs) {
    ContainerWriter writer(R"("bytes")", {}, {codec});
    BinaryWriter zeros;
    zeros.WriteBytes(std::string(ContainerReader::kFreeExpansion / 4, '\0'));
    for (int i = 0; i < 16; ++i) ASSERT_TRUE(writer.Append(zeros.bytes()).has_value());
    const std::string bytes = *writer.Finish();
    const Status status = ContainerReader::Open(bytes)->ForEach([](BinaryReader& reader) { reader.ReadBytes(); });
    // Deflate and zstandard make megabytes out of nearly nothing, snappy cannot.
    const bool bomb = codec == Codec::kDeflate || codec == Codec::kZstandard;
    EXPECT_EQ(status.has_value(), !bomb) << ToString(codec);
    if (!status) {
      EXPECT_THAT(status.error().message, HasSubstr("decompresses to more than"));
    }
  }
}

TEST(Container, ObjectsOfNoBytesAreCountedOverAllBlocks) {
  ContainerWriter writer(R"({"type": "record", "name": "r", "fields": []})", {}, {Codec::kNull});
  std::string bytes = *writer.Finish();
  const std::string sync = bytes.substr(bytes.size() - 16);
  BinaryWriter block;
  block.WriteLong(BinaryReader::kMaxEmptyValues);
  block.WriteBytes("");
  block.WriteFixed(sync);
  int64_t objects = 0;
  bytes += block.bytes();
  EXPECT_TRUE(ContainerReader::Open(bytes)->ForEach([&](BinaryReader&) { ++objects; }).has_value());
  EXPECT_EQ(objects, BinaryReader::kMaxEmptyValues);
  bytes += block.bytes();
  EXPECT_FALSE(ContainerReader::Open(bytes)->ForEach([](BinaryReader&) {}).has_value());
}

TEST(Codec, BombsStopAtTheLimit) {
  const std::string zeros(1 << 22, '\0');
  for (const Codec codec : kCodecs) {
    const std::string small = *Compress(codec, zeros);
    EXPECT_EQ(*Decompress(codec, small, zeros.size()), zeros) << ToString(codec);
    const auto result = Decompress(codec, small, zeros.size() - 1);
    ASSERT_FALSE(result.has_value()) << ToString(codec);
    EXPECT_EQ(result.error().kind, ErrorKind::kCorrupt);
  }
  // Snappy: 2^32 - 1 bytes announced by five.
  const auto announced = Decompress(Codec::kSnappy, "\xff\xff\xff\xff\x0f\x01\x01\x01\x01", size_t{1} << 40);
  ASSERT_FALSE(announced.has_value());
  EXPECT_THAT(announced.error().message, HasSubstr("impossible length"));
}

TEST(Codec, SnappyChecksItsChecksum) {
  std::string bytes = *Compress(Codec::kSnappy, "some text");
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  const auto result = Decompress(Codec::kSnappy, bytes, 1000);
  ASSERT_FALSE(result.has_value());
  EXPECT_THAT(result.error().message, HasSubstr("CRC-32"));
}

// Avro's Python library cut the zlib checksum one byte short.
TEST(Codec, DeflateIgnoresWhatStandsBehindTheStream) {
  const std::string bytes = *Compress(Codec::kDeflate, "some text") + "\x01\x02\x03";
  EXPECT_EQ(*Decompress(Codec::kDeflate, bytes, 1000), "some text");
}

}  // namespace
}  // namespace frazil::avro
