#include "app/json_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/key_reference.h"

namespace frazil::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kVariable = R"(\$\{)";
constexpr std::string_view kName = "^[A-Za-z0-9._-]+$";

Json OfTable(const KeyTable& table);

bool IsWord(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// An expression that matches the word in any case: those of ECMA 262 have no flag within them.
std::string AnyCase(std::string_view word) {
  std::string expression;
  for (const char c : word) {
    if (IsWord(c)) {
      expression += fmt::format("[{}{}]", static_cast<char>(c | 0x20), static_cast<char>(c & ~0x20));
    } else {
      expression += c;
    }
  }
  return expression;
}

std::string OneOf(std::vector<std::string> expressions) {
  expressions.emplace_back(kVariable);
  return fmt::format("{}", fmt::join(expressions, "|"));
}

Json Matching(std::vector<std::string> expressions) {
  return {{"type", "string"}, {"pattern", OneOf(std::move(expressions))}};
}

Json AnyOf(std::vector<Json> schemas) { return {{"anyOf", std::move(schemas)}}; }

// One value that YAML may have read as something else than a text.
Json Scalar(const Key& key) {
  if (!key.words.empty()) {
    Json words = Json::array();
    std::vector<std::string> others;
    for (const std::string_view word : key.words) {
      words.push_back(word);
      // YAML reads 1.0 as a number where it stands without quotes.
      if (const Json number = Json::parse(word, nullptr, /*allow_exceptions=*/false); number.is_number()) {
        words.push_back(number);
      }
      if (key.any_case) others.push_back("^" + AnyCase(word) + "$");
    }
    return AnyOf({{{"enum", words}}, Matching(others)});
  }
  if (!key.pattern.empty()) return Matching({std::string(key.pattern)});
  return {{"type", Json::array({"string", "number", "boolean"})}};
}

Json Whole(const Range& range) {
  return AnyOf({{{"type", "integer"}, {"minimum", range.least}, {"maximum", range.most}}, Matching({"^[0-9]+$"})});
}

Json Flag() {
  std::vector<std::string> words;
  for (const char* word : {"true", "false", "yes", "no", "on", "off"}) words.push_back("^" + AnyCase(word) + "$");
  return AnyOf({{{"type", "boolean"}}, Matching(words)});
}

Json OfValue(const Key& key) {
  switch (key.type) {
    case Key::Type::kText: {
      if (key.below == nullptr) return Scalar(key);
      return AnyOf({Scalar(key), OfTable(*key.below)});
    }
    case Key::Type::kWhole:
      return Whole(key.range);
    case Key::Type::kFlag:
      return Flag();
    case Key::Type::kTexts:
      return AnyOf({Scalar(key), {{"type", "array"}, {"items", Scalar(key)}}});
    case Key::Type::kTextMap:
      return {{"type", "object"}, {"additionalProperties", Scalar({})}};
    case Key::Type::kMap:
      return OfTable(*key.below);
    case Key::Type::kMaps:
      return {{"type", "array"}, {"items", OfTable(*key.below)}};
    case Key::Type::kNamed:
      return {
          {"type", "object"}, {"propertyNames", {{"pattern", kName}}}, {"additionalProperties", OfTable(*key.below)}};
  }
  return {};
}

Json Default(const Key& key) {
  switch (key.type) {
    case Key::Type::kWhole:
      return std::stoll(key.fallback);
    case Key::Type::kFlag:
      return key.fallback == "true";
    default:
      return key.fallback;
  }
}

Json OfKey(const Key& key) {
  Json schema = {{"description", PlainText(key.about)}};
  if (!key.otherwise.empty()) {
    schema["description"] = fmt::format("{}\nDefault: {}", PlainText(key.about), PlainText(key.otherwise));
  } else if (!key.fallback.empty()) {
    schema["default"] = Default(key);
  }
  schema.update(OfValue(key));
  return schema;
}

void AddKeys(const KeyTable& table, Json& properties, Json& required) {
  for (const Key& key : table.keys()) {
    properties[std::string(key.name)] = OfKey(key);
    if (!key.missing.empty()) required.push_back(key.name);
  }
}

// Of several kinds, which keys there may be follows from the word that says which it is.
Json OfKinds(const KeyTable& table, Json& properties) {
  const std::string by(table.kind_key().name);
  Json all = Json::array();
  for (const Kind& kind : table.kinds()) {
    Json its_properties = Json::object(), required = Json::array(), names = Json::array();
    for (const Key& key : table.keys()) names.push_back(key.name);
    AddKeys(*kind.keys, its_properties, required);
    for (const Key& key : kind.keys->keys()) {
      names.push_back(key.name);
      properties[std::string(key.name)] = {{"description", PlainText(key.about)}};
    }
    all.push_back(
        {{"if", {{"properties", {{by, {{"const", kind.word}}}}}, {"required", Json::array({by})}}},
         {"then", {{"propertyNames", {{"enum", names}}}, {"properties", its_properties}, {"required", required}}}});
  }
  return all;
}

Json OfTable(const KeyTable& table) {
  Json schema = {{"type", "object"}};
  Json properties = Json::object(), required = Json::array();
  AddKeys(table, properties, required);
  if (table.kinds().size() == 1) {
    AddKeys(*table.kinds()[0].keys, properties, required);
  } else if (!table.kinds().empty()) {
    schema["allOf"] = OfKinds(table, properties);
  }
  schema["properties"] = properties;
  if (!required.empty()) schema["required"] = required;
  schema["additionalProperties"] = false;
  return schema;
}

}  // namespace

Json JsonSchema(const KeyTable& root) {
  Json schema = {{"$schema", "http://json-schema.org/draft-07/schema#"},
                 {"title", "Frazil"},
                 {"description", "A configuration of Frazil's: which Kafka topics go to which Apache Iceberg tables"}};
  schema.update(OfTable(root));
  return schema;
}

}  // namespace frazil::app
