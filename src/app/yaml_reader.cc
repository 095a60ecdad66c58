#include "app/yaml_reader.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>

#include "common/text/ascii_case.h"
#include "common/text/nearest_word.h"

namespace frazil::app {
namespace {

int LineOf(const YAML::Node& node) { return node.Mark().line + 1; }

std::string_view KindOf(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Map:
      return "a map";
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Scalar:
      return "a single value";
    case YAML::NodeType::Null:
    case YAML::NodeType::Undefined:
      break;
  }
  return "nothing";
}

// Suggests the nearest word, else a word that begins with `key`: "username" for "user".
std::string Suggestion(std::string_view key, std::span<const std::string_view> words) {
  constexpr size_t kTelling = 3;  // a shorter beginning says too little
  const auto hint = DidYouMean(key, words);
  if (!hint.empty() || key.size() < kTelling) return hint;
  const auto it =
      std::find_if(words.begin(), words.end(), [&](std::string_view word) { return word.starts_with(key); });
  return it == words.end() ? "" : fmt::format("; did you mean \"{}\"?", *it);
}

// A quoted "<<" is a key like any other.
constexpr std::string_view kMergeKey = "<<";
constexpr size_t kMostMerged = 1000;
bool IsMergeKey(const YAML::Node& key) { return key.Scalar() == kMergeKey && key.Tag() != "!"; }

std::string NotSupported(std::string_view what, std::string_view instead) {
  return fmt::format("{} is not supported yet{}{}", what, instead.empty() ? "" : "; ", instead);
}

}  // namespace

void Problems::Add(int line, const std::string& path, const std::string& text) {
  problems_.push_back({line, fmt::format("{}:{}: {}{}{}", file_, line, path, path.empty() ? "" : ": ", text)});
}

Status Problems::ToStatus() const {
  if (problems_.empty()) return {};
  auto sorted = problems_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.line < b.line; });
  constexpr size_t kShown = 50;
  std::vector<std::string_view> lines;
  for (const auto& problem : sorted) {
    if (lines.size() == kShown) break;
    lines.push_back(problem.text);
  }
  const std::string rest = sorted.size() > kShown ? fmt::format("and {} more like these", sorted.size() - kShown) : "";
  if (!rest.empty()) lines.push_back(rest);
  return Fail(ErrorKind::kInvalidArgument, "{}", fmt::join(lines, "\n"));
}

YamlMap::YamlMap(const YAML::Node& node, std::string path, Problems& problems)
    : path_(std::move(path)), line_(LineOf(node)), problems_(&problems) {
  std::vector<YAML::Node> merged = {node};
  Collect(node, merged);
}

void YamlMap::Collect(const YAML::Node& node, std::vector<YAML::Node>& merged) {
  const size_t before = entries_.size();
  std::optional<YAML::Node> merge;
  int merge_line = 0;
  for (const auto& item : node) {
    const YAML::Node& key = item.first;
    if (!key.IsScalar()) {
      problems_->Add(LineOf(key), path_, fmt::format("expected a name as key, found {}", KindOf(key)));
      continue;
    }
    if (IsMergeKey(key)) {
      if (merge) problems_->Add(LineOf(key), PathOf(kMergeKey), "the key stands here for a second time; merge a list");
      merge = item.second;
      merge_line = LineOf(key);
      continue;
    }
    if (const Entry* earlier = Find(key.Scalar())) {
      if (earlier < entries_.data() + before) continue;
      problems_->Add(LineOf(key), PathOf(key.Scalar()),
                     fmt::format("the key stands here for a second time (first in line {})", earlier->line));
      continue;
    }
    places_.emplace(key.Scalar(), entries_.size());
    entries_.push_back({key.Scalar(), LineOf(key), item.second});
  }
  if (!merge) return;
  if (!merge->IsSequence()) return Merge(*merge, merge_line, merged);
  for (const auto& map : *merge) Merge(map, merge_line, merged);
}

void YamlMap::Merge(const YAML::Node& node, int line, std::vector<YAML::Node>& merged) {
  if (!node.IsMap()) {
    problems_->Add(line, PathOf(kMergeKey),
                   fmt::format("expected a map or a list of maps to merge, found {}", KindOf(node)));
    return;
  }
  // A map that was merged before adds nothing new, and neither does one that merges itself. So the work is bounded by
  // the size of the file.
  if (std::any_of(merged.begin(), merged.end(), [&](const YAML::Node& map) { return map.is(node); })) return;
  if (merged.size() > kMostMerged) return;
  merged.push_back(node);
  if (merged.size() > kMostMerged) {
    problems_->Add(line, PathOf(kMergeKey), fmt::format("no more than {} maps can be merged into one", kMostMerged));
    return;
  }
  Collect(node, merged);
}

std::vector<std::string> YamlMap::Keys() const {
  std::vector<std::string> keys;
  for (const auto& entry : entries_) keys.push_back(entry.key);
  return keys;
}

const YamlMap::Entry* YamlMap::Find(std::string_view key) const {
  const auto place = places_.find(std::string(key));
  return place == places_.end() ? nullptr : &entries_[place->second];
}

YamlMap::Entry* YamlMap::Take(std::string_view key) {
  if (asked_once_.emplace(key).second) asked_.emplace_back(key);
  Entry* entry = Find(key);
  if (entry == nullptr) return nullptr;
  const bool first_time = !entry->known;
  entry->known = true;
  if (!entry->value.IsNull()) return entry;
  if (first_time) Add(key, "has no value; give it one or leave the key out");
  return nullptr;
}

std::string YamlMap::PathOf(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

std::string YamlMap::Quoted(std::string_view key) const {
  const Entry* entry = Find(key);
  return entry != nullptr && entry->value.IsScalar() ? fmt::format("\"{}\"", entry->value.Scalar()) : "nothing";
}

void YamlMap::Add(std::string_view key, const std::string& text) {
  Entry* entry = Find(key);
  if (entry != nullptr) entry->wrong = true;
  problems_->Add(entry == nullptr ? line_ : entry->line, PathOf(key), text);
}

void YamlMap::Warn(std::string_view key, std::string_view text) {
  problems_->Warn(fmt::format("{} {}", PathOf(key), text));
}

bool YamlMap::Sound(std::string_view key) const {
  const Entry* entry = Find(key);
  return entry != nullptr && !entry->wrong;
}

std::optional<std::string> YamlMap::Scalar(const YAML::Node& node, int line, const std::string& path) {
  if (!node.IsScalar()) {
    problems_->Add(line, path, fmt::format("expected a single value, found {}", KindOf(node)));
    return std::nullopt;
  }
  auto text = SubstituteEnvironment(node.Scalar(), problems_->environment());
  if (!text) {
    problems_->Add(line, path, text.error().message);
    return std::nullopt;
  }
  return *std::move(text);
}

std::optional<std::string> YamlMap::Text(std::string_view key) {
  Entry* entry = Take(key);
  if (entry == nullptr) return std::nullopt;
  auto text = Scalar(entry->value, entry->line, PathOf(key));
  if (!text) entry->wrong = true;
  return text;
}

std::optional<int64_t> YamlMap::Integer(std::string_view key, int64_t least, int64_t most) {
  const auto text = Text(key);
  if (!text) return std::nullopt;
  int64_t value = 0;
  const char* end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc() || stop != end || value < least || value > most) {
    Add(key, fmt::format("expected a whole number from {} to {}, found {}", least, most, Quoted(key)));
    return std::nullopt;
  }
  return value;
}

std::optional<bool> YamlMap::Flag(std::string_view key) {
  const auto text = Text(key);
  if (!text) return std::nullopt;
  const std::string lower = Lower(*text);
  if (lower == "true" || lower == "yes" || lower == "on") return true;
  if (lower == "false" || lower == "no" || lower == "off") return false;
  Add(key, fmt::format("expected true or false, found {}", Quoted(key)));
  return std::nullopt;
}

std::vector<std::string> YamlMap::Texts(std::string_view key) {
  const Entry* entry = Take(key);
  std::vector<std::string> texts;
  if (entry == nullptr) return texts;
  if (!entry->value.IsSequence()) {
    if (auto text = Scalar(entry->value, entry->line, PathOf(key))) texts.push_back(*std::move(text));
    return texts;
  }
  for (const auto& item : entry->value) {
    if (auto text = Scalar(item, LineOf(item), fmt::format("{}[{}]", PathOf(key), texts.size()))) {
      texts.push_back(*std::move(text));
    }
  }
  return texts;
}

std::map<std::string, std::string> YamlMap::TextMap(std::string_view key) {
  std::map<std::string, std::string> texts;
  auto map = Map(key);
  if (!map) return texts;
  for (const auto& name : map->Keys()) {
    if (auto text = map->Text(name)) texts.emplace(name, *std::move(text));
  }
  return texts;
}

std::optional<YamlMap> YamlMap::Map(std::string_view key) {
  const Entry* entry = Take(key);
  if (entry == nullptr) return std::nullopt;
  if (!entry->value.IsMap()) {
    Add(key, fmt::format("expected a map, found {}", KindOf(entry->value)));
    return std::nullopt;
  }
  return YamlMap(entry->value, PathOf(key), *problems_);
}

std::vector<YamlMap> YamlMap::Maps(std::string_view key) {
  const Entry* entry = Take(key);
  std::vector<YamlMap> maps;
  if (entry == nullptr) return maps;
  if (!entry->value.IsSequence()) {
    Add(key, fmt::format("expected a list of maps, found {}", KindOf(entry->value)));
    return maps;
  }
  size_t index = 0;
  for (const auto& item : entry->value) {
    const auto path = fmt::format("{}[{}]", PathOf(key), index++);
    if (item.IsMap()) {
      maps.emplace_back(item, path, *problems_);
    } else {
      problems_->Add(LineOf(item), path, fmt::format("expected a map, found {}", KindOf(item)));
    }
  }
  return maps;
}

bool YamlMap::IsMap(std::string_view key) const {
  const Entry* entry = Find(key);
  return entry != nullptr && entry->value.IsMap();
}

bool YamlMap::IsList(std::string_view key) const {
  const Entry* entry = Find(key);
  return entry != nullptr && entry->value.IsSequence();
}

void YamlMap::RefuseWord(std::string_view key, const std::string& text, std::vector<std::string_view> words,
                         std::span<const Unsupported> unsupported) {
  for (const auto& [word, instead] : unsupported) {
    if (word == text) return Add(key, NotSupported(fmt::format("\"{}\"", word), instead));
  }
  Add(key, fmt::format("expected {}{}, found {}{}", words.size() == 1 ? "" : "one of ", fmt::join(words, ", "),
                       Quoted(key), DidYouMean(text, words)));
}

std::optional<std::string> YamlMap::Word(std::string_view key, std::vector<std::string_view> words,
                                         std::span<const Unsupported> unsupported) {
  auto text = Text(key);
  if (!text || std::find(words.begin(), words.end(), *text) != words.end()) return text;
  RefuseWord(key, *text, std::move(words), unsupported);
  return std::nullopt;
}

void YamlMap::Require(std::string_view key, std::string_view what) {
  if (!Has(key)) {
    problems_->Add(line_, path_, fmt::format("\"{}\" is missing: {}", key, what));
  }
}

void YamlMap::NotYet(std::span<const Unsupported> keys) {
  for (const auto& [key, instead] : keys) {
    Entry* entry = Find(key);
    if (entry == nullptr) continue;
    entry->known = true;
    Add(key, NotSupported(fmt::format("\"{}\"", key), instead));
  }
}

void YamlMap::Instead(std::span<const Unsupported> keys) {
  for (const auto& [key, instead] : keys) {
    Entry* entry = Find(key);
    if (entry == nullptr) continue;
    entry->known = true;
    Add(key, fmt::format("is a key of another tool; {}", instead));
  }
}

void YamlMap::Finish(std::string (*place_of)(std::string_view key)) {
  const std::vector<std::string_view> known(asked_.begin(), asked_.end());
  for (const auto& entry : entries_) {
    if (entry.known) continue;
    std::string hint = Suggestion(entry.key, known);
    if (hint.empty() && place_of != nullptr) {
      if (const std::string place = place_of(entry.key); !place.empty()) {
        hint = fmt::format("; it belongs in {}", place);
      }
    }
    const std::string_view end = hint.empty() ? "; expected" : hint.ends_with('?') ? " Expected" : ". Expected";
    Add(entry.key,
        fmt::format("unknown key{}{} {}{}", hint, end, known.size() == 1 ? "" : "one of ", fmt::join(known, ", ")));
  }
}

}  // namespace frazil::app
