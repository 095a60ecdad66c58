// Typed access to a YAML document. Every mistake is collected with its line and path, so that a user sees all of them
// at once. A key that no code asked for is a mistake too.
#pragma once

#include <yaml-cpp/node/node.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "app/env_substitution.h"
#include "common/result.h"

namespace frazil::app {

// The mistakes in one file.
class Problems {
 public:
  Problems(std::string file, Environment environment) : file_(std::move(file)), environment_(std::move(environment)) {}

  void Add(int line, const std::string& path, const std::string& text);
  bool empty() const { return problems_.empty(); }
  // Adds a text for the log that is no mistake.
  void Warn(std::string text) { warnings_.push_back(std::move(text)); }
  const std::vector<std::string>& warnings() const { return warnings_; }
  // Ok if there is no mistake; else kInvalidArgument with a line "FILE:LINE: PATH: TEXT" for each, in the order of
  // lines. At most 50 are shown, and the rest counted.
  Status ToStatus() const;
  const Environment& environment() const { return environment_; }

 private:
  struct Problem {
    int line;
    std::string text;
  };
  std::string file_;
  Environment environment_;
  std::vector<Problem> problems_;
  std::vector<std::string> warnings_;
};

// A key or value that is not implemented yet, and what to write instead (may be empty).
struct Unsupported {
  std::string_view word;
  std::string_view instead;
};

// One map of the document, with the entries that its merge key "<<" brings in (YAML 1.1). Reading a key marks it as
// known; Finish reports the keys that are left. A value that cannot be read is reported and then counts as absent.
// Errors quote a value as it stands in the file, before variables are replaced, so that no secret is shown.
class YamlMap {
 public:
  YamlMap(const YAML::Node& node, std::string path, Problems& problems);

  bool Has(std::string_view key) const { return Find(key) != nullptr; }
  std::vector<std::string> Keys() const;
  const std::string& path() const { return path_; }

  std::optional<std::string> Text(std::string_view key);
  std::optional<int64_t> Integer(std::string_view key, int64_t least, int64_t most);
  std::optional<bool> Flag(std::string_view key);
  std::vector<std::string> Texts(std::string_view key);  // a list, or one value alone
  std::map<std::string, std::string> TextMap(std::string_view key);
  std::optional<YamlMap> Map(std::string_view key);
  std::vector<YamlMap> Maps(std::string_view key);  // a list of maps
  bool IsMap(std::string_view key) const;
  bool IsList(std::string_view key) const;

  // Reads one of `words`. Those of `unsupported` are refused as not supported yet.
  std::optional<std::string> Word(std::string_view key, std::vector<std::string_view> words,
                                  std::span<const Unsupported> unsupported);

  void Require(std::string_view key, std::string_view what);
  // Reports each of `keys` that is present as not supported yet.
  void NotYet(std::span<const Unsupported> keys);
  // Reports each of `keys` that is present as a key of another tool, with what to write instead.
  void Instead(std::span<const Unsupported> keys);
  // Reports the keys that no code asked for. `place_of` returns the path of the map where a key belongs, or "".
  void Finish(std::string (*place_of)(std::string_view key) = nullptr);
  // True if the key is present and nothing was reported for it so far.
  bool Sound(std::string_view key) const;
  // Adds a warning about a key, for a setting that is valid but has no effect.
  void Warn(std::string_view key, std::string_view text);
  // Reports a problem at the line of a key, or at the line of the map if the key is absent.
  void Add(std::string_view key, const std::string& text);

 private:
  struct Entry {
    std::string key;
    int line;
    YAML::Node value;
    bool known = false;
    bool wrong = false;
  };
  // Adds the keys of `node` that this map does not have yet, then those of the maps that `node` merges. `merged`: all
  // maps visited so far.
  void Collect(const YAML::Node& node, std::vector<YAML::Node>& merged);
  void Merge(const YAML::Node& node, int line, std::vector<YAML::Node>& merged);
  const Entry* Find(std::string_view key) const;
  Entry* Find(std::string_view key) { return const_cast<Entry*>(std::as_const(*this).Find(key)); }
  // Marks the key as asked for. Returns its entry, or null if the key is absent or has no value.
  Entry* Take(std::string_view key);
  std::optional<std::string> Scalar(const YAML::Node& node, int line, const std::string& path);
  void RefuseWord(std::string_view key, const std::string& text, std::vector<std::string_view> words,
                  std::span<const Unsupported> unsupported);
  std::string PathOf(std::string_view key) const;
  std::string Quoted(std::string_view key) const;

  std::string path_;
  int line_;
  Problems* problems_;
  std::vector<Entry> entries_;
  std::unordered_map<std::string, size_t> places_;  // key to index in `entries_`
  std::vector<std::string> asked_;                  // the keys that were asked for, in that order
  std::unordered_set<std::string> asked_once_;      // the same as a set
};

}  // namespace frazil::app
