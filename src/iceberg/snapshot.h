// A snapshot of a table (spec, "Snapshots"), and its JSON form.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace frazil::iceberg {

struct Snapshot {
  int64_t snapshot_id = 0;
  std::optional<int64_t> parent_snapshot_id;
  int64_t sequence_number = 0;  // 0 in v1
  int64_t timestamp_ms = 0;
  std::string manifest_list;                   // the location of the manifest list
  std::vector<std::string> manifests;          // v1 only: manifests without a manifest list
  std::map<std::string, std::string> summary;  // with "operation"
  std::optional<int32_t> schema_id;
  std::optional<int64_t> first_row_id;  // v3
  std::optional<int64_t> added_rows;    // v3
  // Other members of the JSON (key-id, …), kept as JSON text.
  std::map<std::string, std::string> carried;

  std::string operation() const;  // "append", "overwrite", …; empty if there is no summary
};

// True if the sequence number is higher than the parent's, as the spec demands. Snapshots of v1 have number 0.
inline bool ComesAfter(const Snapshot& snapshot, const Snapshot& parent) {
  return snapshot.sequence_number > parent.sequence_number ||
         (snapshot.sequence_number == 0 && parent.sequence_number == 0);
}

// Leaves out an empty summary and null members.
nlohmann::json ToJson(const Snapshot& snapshot);
// kCorrupt if the text breaks a rule of the spec.
Result<Snapshot> ParseSnapshot(std::string_view text);

}  // namespace frazil::iceberg
