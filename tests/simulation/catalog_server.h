// The catalog of a schedule: a pipeline's table and that of its bad records, changed by the product's own rules, in the
// order in which requests arrive.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "scenario.h"

namespace frazil::simulation {

class World;

enum class Which : uint8_t { kMain, kErrors };
inline const catalog::TableIdent kTable{{"db"}, "events"};
inline Which WhichOf(const catalog::TableIdent& ident) { return ident == kTable ? Which::kMain : Which::kErrors; }

struct CommitRequest {
  std::string sender;
  std::string pipeline;
  std::string topic_id;                                      // what its sender reads
  table::OnRollback on_rollback = table::OnRollback::kStop;  // what its sender was told
  std::vector<iceberg::TableRequirement> requirements;
  std::vector<iceberg::TableUpdate> updates;
  std::string idempotency_key;
  Which which = Which::kMain;
  bool reads = true;          // the offsets it moves were read by its sender
  bool errors_table = false;  // where its sender's bad records go; else they are left out
};

class CatalogServer {
 public:
  explicit CatalogServer(World& world);

  // Null as long as nobody has made it.
  const iceberg::TableMetadataPtr& table(Which which = Which::kMain) const {
    return tables_[static_cast<size_t>(which)];
  }
  // The errors table.
  Result<iceberg::TableMetadataPtr> Create(iceberg::NewTable table);
  // A request has arrived.
  Result<iceberg::TableMetadataPtr> Apply(const CommitRequest& request);
  // The name leads to a copy of the table from now on.
  void Copy();

 private:
  Manners manners() const;
  iceberg::TableMetadataPtr Make(iceberg::NewTable table) const;
  Result<iceberg::TableMetadataPtr> ApplyNew(const CommitRequest& request);

  World& world_;
  std::array<iceberg::TableMetadataPtr, 2> tables_;
  std::map<std::string, Result<iceberg::TableMetadataPtr>> answers_;  // by idempotency key
};

}  // namespace frazil::simulation
