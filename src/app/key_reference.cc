#include "app/key_reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "app/text_table.h"

namespace frazil::app {
namespace {

using Visit = std::function<void(const KeyTable& table, const std::string& path)>;

std::string Inner(const std::string& path, const Key& key) {
  const std::string_view below = key.type == Key::Type::kNamed ? ".NAME" : key.type == Key::Type::kMaps ? "[]" : "";
  return fmt::format("{}{}{}{}", path, path.empty() ? "" : ".", key.name, below);
}

// The keys of a map: of each of its kinds too.
std::vector<const Key*> KeysOf(const KeyTable& table) {
  std::vector<const Key*> keys;
  for (const Key& key : table.keys()) keys.push_back(&key);
  for (const Kind& kind : table.kinds()) {
    for (const Key& key : kind.keys->keys()) keys.push_back(&key);
  }
  return keys;
}

void Walk(const KeyTable& table, const std::string& path, const Visit& visit) {
  visit(table, path);
  for (const Key* key : KeysOf(table)) {
    if (key->below != nullptr) Walk(*key->below, Inner(path, *key), visit);
  }
}

std::string Words(const std::vector<std::string_view>& words) { return fmt::format("`{}`", fmt::join(words, "`, `")); }

std::string Amounts(const Range& range) {
  return fmt::format("{} to {}{}{}", FormatCount(range.least), FormatCount(range.most),
                     range.unit.name.empty() ? "" : " ", range.unit.name);
}

// What may be written.
std::string ValueOf(const Key& key) {
  switch (key.type) {
    case Key::Type::kText:
      if (key.words.empty()) return "text";
      return Words(key.words) + (key.below == nullptr ? "" : ", or a map");
    case Key::Type::kWhole:
      return Amounts(key.range);
    case Key::Type::kFlag:
      return "`true`, `false`";
    case Key::Type::kTexts:
      return key.words.empty() ? "list" : "list of " + Words(key.words);
    case Key::Type::kTextMap:
    case Key::Type::kMap:
      return "map";
    case Key::Type::kMaps:
      return "list of maps";
    case Key::Type::kNamed:
      return "maps by name";
  }
  return {};
}

std::string DefaultOf(const Key& key) {
  if (!key.otherwise.empty()) return std::string(key.otherwise);
  if (!key.missing.empty()) return "required";
  return key.fallback.empty() ? "none" : fmt::format("`{}`", key.fallback);
}

void AddRow(const Key& key, std::string_view of_kind, std::string& out) {
  out += fmt::format("| `{}` | {} | {} | {}{} |\n", key.name, ValueOf(key), DefaultOf(key),
                     of_kind.empty() ? "" : fmt::format("with `{}`: ", of_kind), key.about);
}

}  // namespace

std::string KeyReference(const KeyTable& root) {
  std::string out;
  Walk(root, "", [&](const KeyTable& table, const std::string& path) {
    out += fmt::format("<!-- keys: {} -->\n| key | value | default | |\n|---|---|---|---|\n",
                       path.empty() ? "of the file" : path);
    for (const Key& key : table.keys()) AddRow(key, "", out);
    for (const Kind& kind : table.kinds()) {
      for (const Key& key : kind.keys->keys()) AddRow(key, table.kinds().size() == 1 ? "" : kind.word, out);
    }
    out += "<!-- end -->\n";
  });
  return out;
}

std::string KeyHelp(const KeyTable& root, std::string_view name) {
  std::string out;
  Walk(root, "", [&](const KeyTable& table, const std::string& path) {
    for (const Key* key : KeysOf(table)) {
      const std::string full = fmt::format("{}{}{}", path, path.empty() ? "" : ".", key->name);
      if (key->name != name && full != name) continue;
      out += fmt::format("{}{}\n  {}\n  value:   {}\n  default: {}\n", out.empty() ? "" : "\n", full,
                         PlainText(key->about), PlainText(ValueOf(*key)), PlainText(DefaultOf(*key)));
      if (!key->room.empty()) out += fmt::format("  read by: src/{}/\n", key->room);
    }
  });
  return out;
}

std::vector<std::string_view> KeyNames(const KeyTable& root) {
  std::vector<std::string_view> names;
  Walk(root, "", [&](const KeyTable& table, const std::string&) {
    for (const Key* key : KeysOf(table)) names.push_back(key->name);
  });
  return names;
}

std::string PlainText(std::string_view markdown) {
  std::string plain;
  size_t at = 0;
  while (at < markdown.size()) {
    const size_t middle = markdown[at] == '[' ? markdown.find("](", at) : std::string_view::npos;
    const size_t end = middle == std::string_view::npos ? middle : markdown.find(')', middle);
    const bool link = end != std::string_view::npos && markdown.find('[', at + 1) > middle;
    if (link) {
      plain += markdown.substr(at + 1, middle - at - 1);
      at = end + 1;
      continue;
    }
    plain += markdown[at++];
  }
  return plain;
}

}  // namespace frazil::app
