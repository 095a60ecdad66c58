// The keys of the configuration. Each is declared once, in a Section: from that it is read into the options of a room,
// told to editors (json_schema.h) and documented (key_reference.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "app/yaml_reader.h"
#include "common/result.h"

namespace frazil::app {

// What a whole number counts. The options count `scale` times finer: milliseconds where the key counts seconds.
struct Unit {
  std::string_view name = {};  // as docs say it
  int64_t scale = 1;
};
inline constexpr Unit kSeconds{"seconds", 1000}, kMilliseconds{"milliseconds", 1};
inline constexpr Unit kMebibytes{"MiB", 1 << 20};

struct Range {
  int64_t least = 0;
  int64_t most = 0;
  Unit unit = {};
};

template <class V>
struct Choice {
  std::string_view word;
  V value;
};

class KeyTable;

// A key, for all who read about it.
struct Key {
  enum class Type : uint8_t {
    kText,
    kWhole,
    kFlag,
    kTexts,    // a list, or one value alone
    kTextMap,  // names and texts, of which none is known here
    kMap,      // with the keys of `below`
    kMaps,     // a list of those
    kNamed,    // those by names that the user gives
  } type = Type::kText;
  std::string_view name = {};
  std::string_view about = {};               // what it does, in Markdown
  std::string missing = {};                  // where it must be there: what it is, as the error says
  std::string fallback = {};                 // what holds without it, as a file would say it
  std::string_view otherwise = {};           // the same in words, in Markdown, where those say more
  std::vector<std::string_view> words = {};  // of a text: all that it may be, unless it is a map of `below`
  bool any_case = false;                     // of letters in them
  std::vector<Unsupported> refused = {};     // words that users may expect
  Range range = {};                          // of a whole number
  std::string_view pattern = {};             // of texts: a regular expression (ECMA 262) that they match
  const KeyTable* below = nullptr;           // of maps
  std::string_view room = {};                // whose options it sets
};

// A map that has more keys, according to what a first one says.
struct Kind {
  std::string_view word;
  const KeyTable* keys;  // beside the first one
};

class KeyTable {
 public:
  explicit KeyTable(std::string_view room) : room_(room) {}

  const std::deque<Key>& keys() const { return keys_; }
  // By the words of the key `kind_key`; empty where there are none.
  const std::vector<Kind>& kinds() const { return kinds_; }
  const Key& kind_key() const { return keys_[kind_key_]; }
  // Keys that users may expect, and what to do without them (may be empty).
  const std::vector<Unsupported>& not_yet() const { return not_yet_; }
  // Keys of other tools, and what to write for them.
  const std::vector<Unsupported>& instead() const { return instead_; }

 protected:
  // Reports keys that users bring along, and those that nobody knows.
  void Finish(YamlMap& map) const;

  std::string_view room_;
  std::deque<Key> keys_;
  std::vector<Kind> kinds_;
  size_t kind_key_ = 0;
  std::vector<Unsupported> not_yet_;
  std::vector<Unsupported> instead_;
};

// Where a key that has been met in the wrong map belongs: "sinks.<name>.config", or "".
std::string PlaceOf(std::string_view key);
// All there is: the map that a configuration file is. config.cc
const KeyTable& RootKeys();

// The keys that are read into a T. Each call declares a key: `field` is a member of T, or is called with a T& and gives
// a reference; what a new T has there is the default. Required, Otherwise, Pattern and RefusedWords say more of the key
// that was declared last.
template <class T>
class Section : public KeyTable {
 public:
  using Reader = std::function<void(const Key& key, YamlMap& map, T& into)>;

  using KeyTable::KeyTable;

  // The whole map. What `into` is then is to be used only if there were no problems.
  void Read(YamlMap& map, T& into) const {
    if (ReadKeys(map, into)) Finish(map);
  }

  template <class Field>
  Section& Text(std::string_view name, Field field, std::string_view about) {
    return Add({.type = Key::Type::kText, .name = name, .about = about, .fallback = TextOf(Option(field))},
               [field](const Key& key, YamlMap& map, T& into) {
                 if (auto text = map.Text(key.name)) std::invoke(field, into) = *std::move(text);
               });
  }

  // `parse` puts a text into the options, or says what is wrong with it.
  Section& Parsed(std::string_view name, Status (*parse)(T& into, const std::string& text), std::string_view about) {
    return Add({.type = Key::Type::kText, .name = name, .about = about},
               [parse](const Key& key, YamlMap& map, T& into) {
                 const auto text = map.Text(key.name);
                 if (!text) return;
                 if (const Status parsed = parse(into, *text); !parsed) map.Add(key.name, parsed.error().message);
               });
  }

  template <class Field>
  Section& Whole(std::string_view name, Field field, Range range, std::string_view about) {
    const auto amount = AmountOf(Option(field));
    return Add({.type = Key::Type::kWhole,
                .name = name,
                .about = about,
                .fallback = amount ? std::to_string(*amount / range.unit.scale) : "",
                .range = range},
               [field](const Key& key, YamlMap& map, T& into) {
                 const auto value = map.Integer(key.name, key.range.least, key.range.most);
                 if (value) Put(*value * key.range.unit.scale, std::invoke(field, into));
               });
  }

  template <class Field>
  Section& Flag(std::string_view name, Field field, std::string_view about) {
    return Add({.type = Key::Type::kFlag, .name = name, .about = about, .fallback = Option(field) ? "true" : "false"},
               [field](const Key& key, YamlMap& map, T& into) {
                 if (const auto flag = map.Flag(key.name)) std::invoke(field, into) = *flag;
               });
  }

  // One word of several.
  template <class Field>
  Section& Word(std::string_view name, Field field,
                std::vector<Choice<std::remove_cvref_t<std::invoke_result_t<Field, T&>>>> choices,
                std::string_view about) {
    Key described{.type = Key::Type::kText, .name = name, .about = about};
    const auto fallback = Option(field);
    for (const auto& [word, value] : choices) {
      described.words.push_back(word);
      if (value == fallback && described.fallback.empty()) described.fallback = word;
    }
    return Add(std::move(described), [field, choices](const Key& key, YamlMap& map, T& into) {
      const auto said = map.Word(key.name, key.words, key.refused);
      for (const auto& [word, value] : choices) {
        if (word == said) std::invoke(field, into) = value;
      }
    });
  }

  template <class Field>
  Section& Texts(std::string_view name, Field field, std::string_view about) {
    return Add({.type = Key::Type::kTexts, .name = name, .about = about},
               [field](const Key& key, YamlMap& map, T& into) { std::invoke(field, into) = map.Texts(key.name); });
  }

  template <class Field>
  Section& TextMap(std::string_view name, Field field, std::string_view about) {
    return Add({.type = Key::Type::kTextMap, .name = name, .about = about},
               [field](const Key& key, YamlMap& map, T& into) { std::invoke(field, into) = map.TextMap(key.name); });
  }

  // A map with the keys of `below`, which outlives this.
  template <class Field, class U>
  Section& Map(std::string_view name, Field field, const Section<U>& below, std::string_view about) {
    return Add({.type = Key::Type::kMap, .name = name, .about = about, .below = &below},
               [field, &below](const Key& key, YamlMap& map, T& into) {
                 if (auto sub = map.Map(key.name)) below.Read(*sub, std::invoke(field, into));
               });
  }

  // Any other.
  Section& Add(Key key, Reader read) {
    key.room = room_;
    keys_.push_back(std::move(key));
    steps_.push_back({keys_.size() - 1, std::move(read)});
    return *this;
  }

  // Keys of the same map that are read into a part of T.
  template <class Field, class U>
  Section& With(Field field, const Section<U>& others) {
    for (const Key& key : others.keys()) keys_.push_back(key);
    TakeForeignKeys(others);
    return Rule(
        [field, &others](YamlMap& map, T& into) { static_cast<void>(others.ReadKeys(map, std::invoke(field, into))); });
  }

  // What several keys have to do with each other: `rule` is called when those that were declared before it are read.
  Section& Rule(std::function<void(YamlMap& map, T& into)> rule) {
    steps_.push_back({kNoKey, [rule = std::move(rule)](const Key&, YamlMap& map, T& into) { rule(map, into); }});
    return *this;
  }

  // The key that says which others there are beside it; those of each kind outlive this.
  Section& Kinds(std::string_view name, std::vector<std::pair<std::string_view, const Section*>> kinds,
                 std::string_view about) {
    Key described{.type = Key::Type::kText, .name = name, .about = about, .room = room_};
    for (const auto& [word, keys] : kinds) {
      described.words.push_back(word);
      kinds_.push_back({word, keys});
      TakeForeignKeys(*keys);
    }
    kind_key_ = keys_.size();
    keys_.push_back(std::move(described));
    by_word_ = std::move(kinds);
    return *this;
  }

  Section& Required(const std::string& what) {
    keys_.back().missing = what;
    return *this;
  }
  Section& Otherwise(std::string_view words) {
    keys_.back().otherwise = words;
    return *this;
  }
  Section& Pattern(std::string_view expression) {
    keys_.back().pattern = expression;
    return *this;
  }
  Section& RefusedWords(const std::vector<Unsupported>& words) {
    keys_.back().refused = words;
    return *this;
  }
  Section& NotYet(const std::vector<Unsupported>& keys) {
    not_yet_.insert(not_yet_.end(), keys.begin(), keys.end());
    return *this;
  }
  Section& Instead(const std::vector<Unsupported>& keys) {
    instead_.insert(instead_.end(), keys.begin(), keys.end());
    return *this;
  }

 private:
  template <class U>
  friend class Section;

  static constexpr size_t kNoKey = SIZE_MAX;
  struct Step {
    size_t key;  // its place
    Reader read;
  };

  // False: what the other keys mean is not known.
  bool ReadKeys(YamlMap& map, T& into) const {
    for (const Step& step : steps_) {
      static const Key kNone;
      const Key& key = step.key == kNoKey ? kNone : keys_[step.key];
      if (!key.missing.empty()) map.Require(key.name, key.missing);
      step.read(key, map, into);
    }
    return by_word_.empty() || ReadKind(map, into);
  }

  bool ReadKind(YamlMap& map, T& into) const {
    const Key& key = kind_key();
    map.Require(key.name, key.missing);
    const auto said = map.Word(key.name, key.words, key.refused);
    if (!map.Has(key.name) && by_word_.size() == 1) return by_word_.front().second->ReadKeys(map, into);
    for (const auto& [word, keys] : by_word_) {
      if (word == said) return keys->ReadKeys(map, into);
    }
    return false;
  }

  void TakeForeignKeys(const KeyTable& others) {
    not_yet_.insert(not_yet_.end(), others.not_yet().begin(), others.not_yet().end());
    instead_.insert(instead_.end(), others.instead().begin(), others.instead().end());
  }

  // What a new T has.
  template <class Field>
  static auto Option(const Field& field) {
    T fresh{};
    return std::remove_cvref_t<std::invoke_result_t<Field, T&>>(std::invoke(field, fresh));
  }

  static std::string TextOf(const std::string& text) { return text; }
  template <class V>
  static std::string TextOf(const V&) {
    return {};
  }

  static std::optional<int64_t> AmountOf(int64_t value) { return value; }
  template <class V>
  static std::optional<int64_t> AmountOf(const std::optional<V>& value) {
    return value;
  }
  static std::optional<int64_t> AmountOf(std::chrono::milliseconds value) { return value.count(); }

  static void Put(int64_t value, std::chrono::milliseconds& option) { option = std::chrono::milliseconds(value); }
  template <class V>
  static void Put(int64_t value, std::optional<V>& option) {
    option = static_cast<V>(value);
  }
  template <class V>
  static void Put(int64_t value, V& option) {
    option = static_cast<V>(value);
  }

  std::vector<Step> steps_;
  std::vector<std::pair<std::string_view, const Section*>> by_word_;
};

// Of options that are one map of texts: the place of one, for Section::Text.
inline auto Entry(const char* name) {
  return [name](std::map<std::string, std::string>& texts) -> std::string& { return texts[name]; };
}

}  // namespace frazil::app
