// A snapshot of a table (spec, "Snapshots"), and its JSON.
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
  std::string manifest_list;                   // its path
  std::vector<std::string> manifests;          // v1 without a manifest list
  std::map<std::string, std::string> summary;  // "operation" included
  std::optional<int32_t> schema_id;
  std::optional<int64_t> first_row_id;  // v3
  std::optional<int64_t> added_rows;    // v3
  // Members of the JSON that Frazil only carries (key-id, …), as JSON text.
  std::map<std::string, std::string> carried;

  std::string operation() const;  // "append", "overwrite", …; empty in snapshots without a summary
};

// As the spec asks of a snapshot and its parent: the sequence number is above. v1 has none, nor what v1 left in a
// table.
inline bool ComesAfter(const Snapshot& snapshot, const Snapshot& parent) {
  return snapshot.sequence_number > parent.sequence_number ||
         (snapshot.sequence_number == 0 && parent.sequence_number == 0);
}

// No empty summary, no null members.
nlohmann::json ToJson(const Snapshot& snapshot);
// kCorrupt where a rule of the spec is broken.
Result<Snapshot> ParseSnapshot(std::string_view text);

}  // namespace frazil::iceberg
