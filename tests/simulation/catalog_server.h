// The catalog of a schedule: one table, changed by the product's own rules, in the order in which requests arrive.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "scenario.h"

namespace frazil::simulation {

class World;

inline const catalog::TableIdent kTable{{"db"}, "events"};

struct CommitRequest {
  std::string sender;
  std::string pipeline;
  std::string topic_id;                                      // what its sender reads
  table::OnRollback on_rollback = table::OnRollback::kStop;  // what its sender was told
  std::vector<iceberg::TableRequirement> requirements;
  std::vector<iceberg::TableUpdate> updates;
  std::string idempotency_key;
};

class CatalogServer {
 public:
  explicit CatalogServer(World& world);

  const iceberg::TableMetadataPtr& table() const { return table_; }
  // A request has arrived.
  Result<iceberg::TableMetadataPtr> Apply(const CommitRequest& request);
  // The name leads to a copy of the table from now on.
  void Copy();

 private:
  Manners manners() const;
  Result<iceberg::TableMetadataPtr> ApplyNew(const CommitRequest& request);

  World& world_;
  iceberg::TableMetadataPtr table_;
  std::map<std::string, Result<iceberg::TableMetadataPtr>> answers_;  // by idempotency key
};

}  // namespace frazil::simulation
