#include "decode/json_rest.h"

#include <fmt/core.h>

namespace frazil::decode {

void JsonRest::Clear() {
  text_.clear();
  levels_.assign(1, {});
}

void JsonRest::Enter(std::string_view name, int64_t index, bool is_array) {
  levels_.push_back({.name = name, .index = index, .is_array = is_array});
}

void JsonRest::Leave() {
  if (levels_.back().written) text_ += levels_.back().is_array ? ']' : '}';
  levels_.pop_back();
}

void JsonRest::Keep(std::string_view name, std::string_view value) {
  Open(levels_.size() - 1);
  BeginItem(levels_.back(), name, 0);
  text_ += value;
}

JsonRest::Mark JsonRest::mark() const {
  Mark mark{.size = text_.size(), .levels = {}};
  for (const Level& level : levels_) mark.levels.emplace_back(level.written, level.items);
  return mark;
}

void JsonRest::GoBack(const Mark& mark) {
  text_.resize(mark.size);
  levels_.resize(mark.levels.size());
  for (size_t i = 0; i < levels_.size(); ++i) {
    levels_[i].written = mark.levels[i].first;
    levels_[i].items = mark.levels[i].second;
  }
}

const std::string& JsonRest::Finish() {
  if (levels_.front().written) text_ += '}';
  levels_.front().written = false;
  return text_;
}

void JsonRest::Open(size_t level) {
  Level& here = levels_[level];
  if (here.written) return;
  if (level > 0) {
    Open(level - 1);
    BeginItem(levels_[level - 1], here.name, here.index);
  }
  text_ += here.is_array ? '[' : '{';
  here.written = true;
}

void JsonRest::BeginItem(Level& in, std::string_view name, int64_t index) {
  if (in.is_array) {
    for (; in.items < index; ++in.items) text_ += in.items == 0 ? "null" : ",null";
  }
  if (in.items++ > 0) text_ += ',';
  if (!in.is_array) Quote(name);
}

void JsonRest::Quote(std::string_view name) {
  text_ += '"';
  for (const char c : name) {
    if (c == '"' || c == '\\') {
      text_ += '\\';
      text_ += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      text_ += fmt::format("\\u{:04x}", static_cast<int>(c));
    } else {
      text_ += c;
    }
  }
  text_ += "\":";
}

}  // namespace frazil::decode
