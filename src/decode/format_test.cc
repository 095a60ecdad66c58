#include "decode/format.h"

#include <gtest/gtest.h>

namespace frazil::decode {
namespace {

TEST(Format, IsFoundByItsName) {
  for (const std::string_view name : FormatNames()) {
    FormatSettings settings;
    settings.name = name;
    if (name == "avro") settings.registry.emplace();
    const auto format = OpenFormat(settings);
    ASSERT_TRUE(format.has_value()) << format.error().message;
    EXPECT_EQ((*format)->name(), name);
  }
  EXPECT_EQ(OpenFormat({"jsno"}).error().kind, ErrorKind::kInvalidArgument);
  for (const std::string_view name : FormatsToCome()) EXPECT_FALSE(OpenFormat({std::string(name)})) << name;
}

TEST(Format, WantsTheSettingsThatItNeedsAndNoOthers) {
  EXPECT_EQ(OpenFormat({"avro"}).error().kind, ErrorKind::kInvalidArgument);
  EXPECT_EQ(OpenFormat({"json", "/a/schema.avsc"}).error().kind, ErrorKind::kInvalidArgument);
  EXPECT_EQ(OpenFormat({"avro", "/a/schema.avsc"}).error().kind, ErrorKind::kInvalidArgument) << "it is not there";
}

TEST(Format, MakesDecodersAndSchemas) {
  const FormatPtr format = DefaultFormat();
  const std::vector<iceberg::Field> declared = {
      {0, "id", iceberg::Type::Primitive(iceberg::TypeKind::kLong), false, "", {}, {}}};
  const auto fields = format->InferSchema({}, declared, {});
  ASSERT_TRUE(fields.has_value()) << fields.error().message;
  EXPECT_EQ(*fields, declared);
  const auto decoder = format->MakeDecoder({std::make_shared<iceberg::Schema>(0, declared)}, {});
  EXPECT_TRUE(decoder.has_value()) << decoder.error().message;
}

}  // namespace
}  // namespace frazil::decode
