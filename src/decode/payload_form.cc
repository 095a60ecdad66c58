#include "decode/payload_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace frazil::decode {
namespace {

using std::string_view_literals::operator""sv;

struct Form {
  std::string_view front;
  std::string_view name;
};

constexpr std::string_view kUnpackFirst =
    "; Kafka's own compression (compression.type of the producer) is unpacked, values that the producer packed itself "
    "are not";
constexpr std::string_view kSendJson = "; have the producer send plain JSON";
constexpr std::string_view kSendUtf8 = "; JSON is UTF-8: have the producer encode it so";

constexpr Form kPacked[] = {{"\x1f\x8b"sv, "gzip"},
                            {"\x28\xb5\x2f\xfd"sv, "Zstandard"},
                            {"\x04\x22\x4d\x18"sv, "LZ4"},
                            {"\x82SNAPPY\0"sv, "Snappy"},
                            {"PK\x03\x04"sv, "ZIP"}};

constexpr Form kContainers[] = {{"Obj\x01"sv, "an Avro file"},
                                {"\xc3\x01"sv, "an Avro object (single-object encoding)"},
                                {"PAR1"sv, "a Parquet file"},
                                {"ORC"sv, "an ORC file"},
                                {"\xac\xed\x00\x05"sv, "a serialized Java object"}};

// UTF-32 comes before UTF-16, because its marks begin with UTF-16's. Without a mark, the zeros around the first bracket
// tell.
constexpr Form kWideText[] = {{"\xff\xfe\0\0"sv, "UTF-32 (little-endian)"}, {"\0\0\xfe\xff"sv, "UTF-32 (big-endian)"},
                              {"\xff\xfe"sv, "UTF-16 (little-endian)"},     {"\xfe\xff"sv, "UTF-16 (big-endian)"},
                              {"{\0\0\0"sv, "UTF-32 (little-endian)"},      {"\0\0\0{"sv, "UTF-32 (big-endian)"},
                              {"{\0"sv, "UTF-16 (little-endian)"},          {"\0{\0"sv, "UTF-16 (big-endian)"}};

template <size_t N>
std::string_view Find(const Form (&forms)[N], std::string_view value) {
  const auto found =
      std::find_if(std::begin(forms), std::end(forms), [&](const Form& form) { return value.starts_with(form.front); });
  return found == std::end(forms) ? std::string_view() : found->name;
}

uint32_t BigEndian(std::string_view bytes) {
  uint32_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

// Confluent's wire format, which other registries use, too: a zero byte, the schema's id, the payload.
std::string Framed(std::string_view value) {
  constexpr size_t kFrame = 5;
  constexpr uint32_t kLargestId = 1 << 30;
  if (value.size() <= kFrame || value[0] != '\0') return {};
  const uint32_t id = BigEndian(value.substr(1, 4));
  if (id == 0 || id > kLargestId) return {};
  const bool json = value[kFrame] == '{';
  return fmt::format("is framed by a schema registry (magic byte 0, schema id {}), and {} follows{}", id,
                     json ? "JSON" : "Avro or Protobuf", kSendJson);
}

// AWS Glue's format: version 3, compression 0 or 5, the UUID of the schema version.
bool IsGlueFramed(std::string_view value) {
  constexpr size_t kFrame = 18;
  return value.size() > kFrame && value[0] == '\x03' && (value[1] == '\0' || value[1] == '\x05');
}

bool IsBson(std::string_view value) {
  if (value.size() < 5 || value.back() != '\0') return false;
  std::array<char, 4> size{};
  std::reverse_copy(value.begin(), value.begin() + 4, size.begin());
  return BigEndian({size.data(), size.size()}) == value.size();
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < ' ' && c != '\t' && c != '\n' && c != '\r'; }

std::string FirstBytes(std::string_view value) {
  std::string bytes;
  for (const char byte : value.substr(0, 8)) bytes += fmt::format(" {:02X}", static_cast<unsigned char>(byte));
  return bytes;
}

}  // namespace

std::string DescribeForm(std::string_view value) {
  if (value.empty()) return {};
  if (const auto name = Find(kPacked, value); !name.empty()) {
    return fmt::format("is packed by {}{}{}", name, kUnpackFirst, kSendJson);
  }
  if (const auto name = Find(kContainers, value); !name.empty()) return fmt::format("is {}{}", name, kSendJson);
  if (const auto name = Find(kWideText, value); !name.empty()) {
    return fmt::format("looks like {}{}", name, kSendUtf8);
  }
  if (std::string framed = Framed(value); !framed.empty()) return framed;
  if (IsGlueFramed(value)) return fmt::format("is framed by the AWS Glue schema registry{}", kSendJson);
  if (IsBson(value)) return fmt::format("is BSON{}", kSendJson);
  const size_t begin = std::min(value.find_first_not_of(" \t\r\n"), value.size());
  const std::string_view text = value.substr(begin);
  if (text.starts_with('<')) return fmt::format("looks like XML{}", kSendJson);
  if (text.starts_with(R"("{\")")) {
    return "is a JSON string that holds JSON: it was encoded twice; have the producer send the object itself";
  }
  constexpr size_t kFront = 64;
  const std::string_view front = text.substr(0, kFront);
  if (!text.starts_with('{') && std::any_of(front.begin(), front.end(), IsControl)) {
    return fmt::format("is binary, not text: it begins with the bytes{}{}", FirstBytes(value), kSendJson);
  }
  return {};
}

}  // namespace frazil::decode
