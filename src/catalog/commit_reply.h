// Reads a REST catalog's reply to a commit.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "iceberg/metadata_json.h"
#include "iceberg/table_metadata.h"
#include "iceberg/table_update.h"

namespace frazil::catalog {

// `metadata` with only those snapshots to which refs point. Its history is cut then, unless no such snapshot has a
// parent outside of them.
iceberg::TableMetadataPtr HeadsOf(const iceberg::TableMetadata& metadata);

// Reads only the beginning of a reply, as far as it shows what the commit has changed. The rest is the table's whole
// history, which may be 10,000 times as long. Used for one reply; not thread-safe.
class CommitReply {
 public:
  // `known` is the table as last loaded; it may be null. `updates` are the commit's, and must outlive this object.
  CommitReply(const iceberg::TableMetadataPtr& known, const std::vector<iceberg::TableUpdate>& updates);

  // Use it as http::HttpRequest::enough.
  bool Suffices(std::string_view body);
  // The table as LoadHeads would show it now, with the new snapshot as it was sent. nullopt if the whole reply is
  // needed and must be parsed instead.
  std::optional<iceberg::TableReply> Take();

 private:
  bool ShowsTheCommit(const iceberg::TableMetadata& metadata) const;

  const std::vector<iceberg::TableUpdate>& updates_;
  std::string table_uuid_;
  iceberg::SnapshotList snapshots_;  // the known snapshots and the new one
  bool wants_all_ = false;
  size_t searched_ = 0;
  std::optional<iceberg::TableReply> read_;
};

}  // namespace frazil::catalog
