#include "catalog_server.h"

#include "table/offset_state.h"
#include "world.h"

namespace frazil::simulation {
namespace {

bool HoldsOffsets(const iceberg::TableUpdate& update) {
  const auto* set = std::get_if<iceberg::SetProperties>(&update);
  return set != nullptr && set->updates.begin()->first.starts_with(table::kOffsetsKeyPrefix);
}

}  // namespace

CatalogServer::CatalogServer(World& world) : world_(world) {
  iceberg::NewTable table;
  table.location = "sim://db/events";
  table.schema = {{1, "id", iceberg::Type::Primitive(iceberg::TypeKind::kLong), false, "", {}, {}}};
  if (world.scenario.merge_at != 100) {
    table.properties["commit.manifest.min-count-to-merge"] = std::to_string(world.scenario.merge_at);
  }
  table_ = std::make_shared<const iceberg::TableMetadata>(*iceberg::MakeTableMetadata(table, 0));
}

Manners CatalogServer::manners() const {
  return world_.scheduler.now() < world_.scenario.manners_since ? Manners::kTakes : world_.scenario.manners;
}

Result<iceberg::TableMetadataPtr> CatalogServer::Apply(const CommitRequest& request) {
  if (!world_.scenario.remembers_keys || request.idempotency_key.empty()) return ApplyNew(request);
  if (const auto known = answers_.find(request.idempotency_key); known != answers_.end()) {
    world_.trace.Say("catalog", "answers {} as before", request.sender);
    return known->second;
  }
  return answers_.emplace(request.idempotency_key, ApplyNew(request)).first->second;
}

Result<iceberg::TableMetadataPtr> CatalogServer::ApplyNew(const CommitRequest& request) {
  const auto refused = [&](const Error& error) {
    world_.trace.Say("catalog", "refuses {}: {}", request.sender, error.message);
    Error told = error;
    if (told.kind == ErrorKind::kCommitConflict && world_.scenario.conflicts_are_400) {
      told.kind = ErrorKind::kInvalidArgument;
    }
    return tl::unexpected<Error>(told);
  };
  if (const Status met = iceberg::CheckRequirements(table_.get(), request.requirements); !met) {
    return refused(met.error());
  }
  std::vector<iceberg::TableUpdate> taken;
  bool dropped = false;
  for (const auto& update : request.updates) {
    if (HoldsOffsets(update) && manners() == Manners::kRefuses) {
      return refused({ErrorKind::kInvalidArgument, "no such properties here"});
    }
    if (HoldsOffsets(update) && manners() == Manners::kDrops) {
      dropped = true;
    } else {
      taken.push_back(update);
    }
  }
  auto applied = iceberg::ApplyUpdates(*table_, "", taken, world_.scheduler.now());
  if (!applied) return refused(applied.error());
  const iceberg::TableMetadataPtr before = table_;
  table_ = std::make_shared<const iceberg::TableMetadata>(*std::move(applied));
  world_.oracle.Applied(*before, *table_, request, dropped);
  return table_;
}

void CatalogServer::Copy() {
  iceberg::TableMetadata copy = *table_;
  copy.table_uuid = "00000000-0000-4000-8000-00000000c0b1";
  table_ = std::make_shared<const iceberg::TableMetadata>(std::move(copy));
}

}  // namespace frazil::simulation
