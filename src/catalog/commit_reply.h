// What a REST catalog says of a table once a commit is taken.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "iceberg/metadata_json.h"
#include "iceberg/table_metadata.h"
#include "iceberg/table_update.h"

namespace frazil::catalog {

// `metadata` with the snapshots alone that refs point at. Its history is cut, unless none of these has a parent
// elsewhere.
iceberg::TableMetadataPtr HeadsOf(const iceberg::TableMetadata& metadata);

// Reads the beginning of the reply to a commit, as far as that tells what the commit has made of the table. The rest is
// the table's whole history, which may be 10,000 times what is new in it.
class CommitReply {
 public:
  // `known`: the table as last seen, perhaps null. `updates`, those of the commit, stay where they are.
  CommitReply(const iceberg::TableMetadataPtr& known, const std::vector<iceberg::TableUpdate>& updates);

  // For http::HttpRequest::enough.
  bool Suffices(std::string_view body);
  // The table as LoadHeads would show it now, the new snapshot as it was sent. Nothing: the whole reply is there.
  std::optional<iceberg::TableReply> Take();

 private:
  bool ShowsTheCommit(const iceberg::TableMetadata& metadata) const;

  const std::vector<iceberg::TableUpdate>& updates_;
  std::string table_uuid_;
  iceberg::SnapshotList snapshots_;  // known ones and the new
  bool wants_all_ = false;
  size_t searched_ = 0;
  std::optional<iceberg::TableReply> read_;
};

}  // namespace frazil::catalog
