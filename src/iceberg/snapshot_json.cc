#include <simdjson.h>

#include <concepts>
#include <utility>

#include "iceberg/json_members.h"
#include "iceberg/snapshot.h"

namespace frazil::iceberg {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::SUCCESS;

tl::unexpected<Error> Expected(std::string_view what) { return Fail(ErrorKind::kCorrupt, "expected {}", what); }

template <std::integral T>
Status Read(ondemand::value value, T* to) {
  int64_t wide = 0;
  if (value.get_int64().get(wide) != SUCCESS) return Expected("an integer of 64 bits");
  if (!std::in_range<T>(wide)) return Fail(ErrorKind::kCorrupt, "{} does not fit {} bits", wide, 8 * sizeof(T));
  *to = static_cast<T>(wide);
  return {};
}

Status Read(ondemand::value value, std::string* to) {
  std::string_view text;
  if (value.get_string().get(text) != SUCCESS) return Expected("a string");
  to->assign(text);
  return {};
}

Status Read(ondemand::value value, std::vector<std::string>* to) {
  ondemand::array array;
  if (value.get_array().get(array) != SUCCESS) return Expected("an array of strings");
  to->clear();
  for (auto item : array) {
    ondemand::value one;
    if (item.get(one) != SUCCESS) return Expected("an array of strings");
    FRAZIL_RETURN_IF_ERROR(Read(one, &to->emplace_back()));
  }
  return {};
}

Status Read(ondemand::value value, std::map<std::string, std::string>* to) {
  ondemand::object object;
  if (value.get_object().get(object) != SUCCESS) return Expected("an object of strings");
  to->clear();
  for (auto member : object) {
    std::string_view key;
    ondemand::value item;
    if (member.unescaped_key().get(key) != SUCCESS || member.value().get(item) != SUCCESS) {
      return Expected("an object of strings");
    }
    std::string name(key);
    if (auto status = Read(item, &(*to)[name]); !status) return Wrap(status.error(), fmt::format("\"{}\"", name));
  }
  return {};
}

template <class T>
Status Read(ondemand::value value, std::optional<T>* to) {
  return Read(value, &to->emplace());
}

// Keeps the text of a member, after checking that it is JSON.
Status ReadCarried(ondemand::value value, std::string* to) {
  std::string_view raw;
  if (value.raw_json().get(raw) != SUCCESS) return Expected("JSON");
  FRAZIL_ASSIGN_OR_RETURN(const auto parsed, json::Parse(raw));
  *to = json::Dump(parsed);
  return {};
}

struct Reader {
  Snapshot snapshot;
  bool has_id = false;
  bool has_timestamp = false;
  bool has_manifests = false;

  Status Member(std::string_view key, ondemand::value value) {
    if (key == "snapshot-id") {
      has_id = true;
      return Read(value, &snapshot.snapshot_id);
    }
    if (key == "timestamp-ms") {
      has_timestamp = true;
      return Read(value, &snapshot.timestamp_ms);
    }
    if (key == "manifests") {
      has_manifests = true;
      return Read(value, &snapshot.manifests);
    }
    if (key == "parent-snapshot-id") return Read(value, &snapshot.parent_snapshot_id);
    if (key == "sequence-number") return Read(value, &snapshot.sequence_number);
    if (key == "manifest-list") return Read(value, &snapshot.manifest_list);
    if (key == "summary") return Read(value, &snapshot.summary);
    if (key == "schema-id") return Read(value, &snapshot.schema_id);
    if (key == "first-row-id") return Read(value, &snapshot.first_row_id);
    if (key == "added-rows") return Read(value, &snapshot.added_rows);
    return ReadCarried(value, &snapshot.carried[std::string(key)]);
  }

  Status Finish() {
    const auto missing = [](const char* member) {
      return Fail(ErrorKind::kCorrupt, "member \"{}\" is missing", member);
    };
    if (!has_id) return missing("snapshot-id");
    if (!has_timestamp) return missing("timestamp-ms");
    if (snapshot.manifest_list.empty() && !has_manifests) return missing("manifests");
    if (!snapshot.manifest_list.empty()) snapshot.manifests.clear();
    // For a summary without the required operation, the reference implementation assumes "overwrite", which promises
    // least.
    if (!snapshot.summary.empty()) snapshot.summary.emplace("operation", "overwrite");
    return {};
  }
};

Status ReadSnapshot(std::string_view text, Reader* reader) {
  const auto no_object = [] { return Fail(ErrorKind::kCorrupt, "expected an object"); };
  const auto no_json = [] { return Fail(ErrorKind::kCorrupt, "the text is no valid JSON"); };
  thread_local ondemand::parser parser;
  const simdjson::padded_string padded(text);
  ondemand::document document;
  ondemand::object object;
  if (parser.iterate(padded).get(document) != SUCCESS) return no_json();
  if (document.get_object().get(object) != SUCCESS) return no_object();
  for (auto member : object) {
    std::string_view key;
    ondemand::value value;
    bool is_null = false;
    if (member.unescaped_key().get(key) != SUCCESS || member.value().get(value) != SUCCESS ||
        value.is_null().get(is_null) != SUCCESS) {
      return no_json();
    }
    if (is_null) continue;
    if (auto status = reader->Member(key, value); !status) {
      return Wrap(status.error(), fmt::format("member \"{}\"", key));
    }
  }
  return document.at_end() ? Status() : no_json();
}

}  // namespace

std::string Snapshot::operation() const {
  const auto found = summary.find("operation");
  return found == summary.end() ? std::string() : found->second;
}

Result<Snapshot> ParseSnapshot(std::string_view text) {
  Reader reader;
  Status read = ReadSnapshot(text, &reader);
  if (read) read = reader.Finish();
  if (!read) {
    return Wrap(read.error(), reader.has_id ? fmt::format("snapshot {}", reader.snapshot.snapshot_id) : "a snapshot");
  }
  return std::move(reader.snapshot);
}

json::Json ToJson(const Snapshot& snapshot) {
  json::Json out = json::Json::object();
  json::AddCarried(snapshot.carried, &out);
  out["snapshot-id"] = snapshot.snapshot_id;
  if (snapshot.parent_snapshot_id) out["parent-snapshot-id"] = *snapshot.parent_snapshot_id;
  if (snapshot.sequence_number > 0) out["sequence-number"] = snapshot.sequence_number;
  out["timestamp-ms"] = snapshot.timestamp_ms;
  if (snapshot.manifest_list.empty()) {
    out["manifests"] = snapshot.manifests;
  } else {
    out["manifest-list"] = snapshot.manifest_list;
  }
  if (!snapshot.summary.empty()) out["summary"] = snapshot.summary;
  if (snapshot.schema_id) out["schema-id"] = *snapshot.schema_id;
  if (snapshot.first_row_id) out["first-row-id"] = *snapshot.first_row_id;
  if (snapshot.added_rows) out["added-rows"] = *snapshot.added_rows;
  return out;
}

}  // namespace frazil::iceberg
