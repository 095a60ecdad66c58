#include "iceberg/metadata_parts.h"

#include <simdjson.h>

#include <memory>
#include <string>
#include <utility>

#include "common/limits.h"
#include "iceberg/json_members.h"

namespace frazil::iceberg {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::SUCCESS;

tl::unexpected<Error> NoJson() { return Fail(ErrorKind::kCorrupt, "the text is no valid JSON"); }

Result<SnapshotLogEntry> ReadLogEntry(ondemand::object object) {
  SnapshotLogEntry entry;
  bool has_timestamp = false;
  bool has_id = false;
  for (auto member : object) {
    std::string_view key;
    ondemand::value value;
    if (member.unescaped_key().get(key) != SUCCESS || member.value().get(value) != SUCCESS) return NoJson();
    const bool is_timestamp = key == "timestamp-ms";
    if (!is_timestamp && key != "snapshot-id") continue;
    if (value.get_int64().get(is_timestamp ? entry.timestamp_ms : entry.snapshot_id) != SUCCESS) {
      return Fail(ErrorKind::kCorrupt, "member \"{}\": expected an integer of 64 bits", key);
    }
    (is_timestamp ? has_timestamp : has_id) = true;
  }
  if (!has_timestamp || !has_id) {
    return Fail(ErrorKind::kCorrupt, "member \"{}\" is missing", has_timestamp ? "snapshot-id" : "timestamp-ms");
  }
  return entry;
}

Result<std::vector<SnapshotLogEntry>> ReadLog(ondemand::value value) {
  ondemand::array array;
  std::vector<SnapshotLogEntry> log;
  const auto expected = [] {
    return Fail(ErrorKind::kCorrupt, "member \"snapshot-log\": expected an array of objects");
  };
  if (value.get_array().get(array) != SUCCESS) return expected();
  for (auto item : array) {
    ondemand::object object;
    if (item.get_object().get(object) != SUCCESS) return expected();
    FRAZIL_ASSIGN_OR_RETURN(log.emplace_back(), ReadLogEntry(object));
  }
  return log;
}

// The reader stores the position of each value, which takes more memory than a short value itself. A table's history
// has many values, but they are long.
Status CheckDensity(std::string_view text) {
  constexpr int64_t kBytesOfValue = 8;
  const Limit& most = CurrentLimits().json_values;
  const Limit& deepest = CurrentLimits().json_nesting;
  const auto size = static_cast<int64_t>(text.size());
  if (size <= most.amount()) return {};
  int64_t values = 0;
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      in_string = !in_string;
    } else if (in_string) {
      i += c == '\\' ? 1 : 0;
    } else {
      values += c == ',' || c == '[' || c == '{' ? 1 : 0;
      depth += c == '[' || c == '{' ? 1 : 0;
      depth -= c == ']' || c == '}' ? 1 : 0;
      if (depth > deepest.amount()) {
        return Fail(ErrorKind::kCorrupt, "at byte {} JSON is nested deeper than {} allows. Raise that if it is right",
                    i, deepest);
      }
    }
  }
  if (values <= most.amount() || values <= size / kBytesOfValue) return {};
  return Fail(ErrorKind::kCorrupt, "this JSON has {} values, more than {} allows of so short ones", values, most);
}

// Splits the text in one pass.
class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(std::make_shared<const simdjson::padded_string>(text)) {}

  Result<MetadataParts> Metadata() {
    MetadataParts parts;
    FRAZIL_RETURN_IF_ERROR(Root([&](ondemand::object object) { return Read(object, &parts); }));
    return parts;
  }

  Result<ReplyParts> Reply() {
    ReplyParts parts;
    bool has_metadata = false;
    const auto take = [&](std::string_view key, ondemand::value value) -> Result<bool> {
      if (key != "metadata") return false;
      has_metadata = true;
      ondemand::object object;
      if (value.get_object().get(object) != SUCCESS) return ExpectedObject("table metadata");
      FRAZIL_RETURN_IF_ERROR(Read(object, &parts.metadata));
      return true;
    };
    FRAZIL_RETURN_IF_ERROR(Root([&](ondemand::object object) { return Rest(object, take, &parts.rest); }));
    if (!has_metadata) return Fail(ErrorKind::kCorrupt, "member \"metadata\" is missing");
    return parts;
  }

 private:
  static tl::unexpected<Error> ExpectedObject(std::string_view what) {
    return Fail(ErrorKind::kCorrupt, "{}: expected an object", what);
  }

  template <class ReadObject>
  Status Root(const ReadObject& read) {
    ondemand::parser parser;
    ondemand::document document;
    ondemand::object object;
    if (parser.iterate(*text_).get(document) != SUCCESS) return NoJson();
    if (document.get_object().get(object) != SUCCESS) return ExpectedObject("the text");
    FRAZIL_RETURN_IF_ERROR(read(object));
    return document.at_end() ? Status() : NoJson();
  }

  // Makes an object of the members that are not null and that `take` does not take.
  template <class Take>
  static Status Rest(ondemand::object object, const Take& take, json::Json* to) {
    std::string rest = "{";
    for (auto member : object) {
      std::string_view raw_key;
      std::string_view key;
      std::string_view raw;
      ondemand::value value;
      bool is_null = false;
      if (member.key_raw_json_token().get(raw_key) != SUCCESS || member.unescaped_key().get(key) != SUCCESS ||
          member.value().get(value) != SUCCESS || value.is_null().get(is_null) != SUCCESS) {
        return NoJson();
      }
      if (is_null) continue;
      FRAZIL_ASSIGN_OR_RETURN(const bool taken, take(key, value));
      if (taken) continue;
      if (value.raw_json().get(raw) != SUCCESS) return NoJson();
      if (rest.size() > 1) rest += ',';
      rest += raw_key;
      rest += ':';
      rest += raw;
    }
    rest += '}';
    FRAZIL_ASSIGN_OR_RETURN(*to, json::Parse(rest));
    return {};
  }

  Status Read(ondemand::object object, MetadataParts* parts) {
    const auto take = [&](std::string_view key, ondemand::value value) -> Result<bool> {
      if (key == "snapshots") {
        std::string_view raw;
        if (value.raw_json().get(raw) != SUCCESS) return NoJson();
        parts->history.snapshots = {};
        FRAZIL_RETURN_IF_ERROR(parts->history.snapshots.AddAll(text_, raw));
        return true;
      }
      if (key == "snapshot-log") {
        FRAZIL_ASSIGN_OR_RETURN(parts->history.snapshot_log, ReadLog(value));
        return true;
      }
      return false;
    };
    return Rest(object, take, &parts->rest);
  }

  const std::shared_ptr<const simdjson::padded_string> text_;  // kept by the snapshots that stand in it
};

// If the text is malformed, the parser that makes trees may give a better message.
template <class Split>
auto Explained(std::string_view text, const Split& split) -> decltype(split(std::declval<Splitter>())) {
  FRAZIL_RETURN_IF_ERROR(CheckDensity(text));
  auto parts = split(Splitter(text));
  if (!parts) FRAZIL_RETURN_IF_ERROR(json::Parse(text));
  return parts;
}

}  // namespace

Result<MetadataParts> SplitTableMetadata(std::string_view text) {
  return Explained(text, [](Splitter splitter) { return splitter.Metadata(); });
}

Result<ReplyParts> SplitTableReply(std::string_view text) {
  return Explained(text, [](Splitter splitter) { return splitter.Reply(); });
}

}  // namespace frazil::iceberg
