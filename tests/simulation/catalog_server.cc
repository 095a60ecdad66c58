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
  tables_[0] = Make(std::move(table));
}

iceberg::TableMetadataPtr CatalogServer::Make(iceberg::NewTable table) const {
  // A sixth of the time went into deflate, which decides nothing here.
  table.properties["write.avro.compression-codec"] = "uncompressed";
  if (world_.scenario.merge_at != 100) {
    table.properties["commit.manifest.min-count-to-merge"] = std::to_string(world_.scenario.merge_at);
  }
  return std::make_shared<const iceberg::TableMetadata>(*iceberg::MakeTableMetadata(table, world_.scheduler.now()));
}

Result<iceberg::TableMetadataPtr> CatalogServer::Create(iceberg::NewTable table) {
  if (tables_[1] != nullptr) return Fail(ErrorKind::kAlreadyExists, "the table is there");
  table.location = "sim://db/events__errors";
  tables_[1] = Make(std::move(table));
  return tables_[1];
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
  iceberg::TableMetadataPtr& table = tables_[static_cast<size_t>(request.which)];
  if (const Status met = iceberg::CheckRequirements(table.get(), request.requirements); !met) {
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
  auto applied = iceberg::ApplyUpdates(*table, "", taken, world_.scheduler.now());
  if (!applied) return refused(applied.error());
  const iceberg::TableMetadataPtr before = table;
  table = std::make_shared<const iceberg::TableMetadata>(*std::move(applied));
  world_.oracle(request.which).Applied(*before, *table, request, dropped);
  return table;
}

void CatalogServer::Copy() {
  iceberg::TableMetadata copy = *tables_[0];
  copy.table_uuid = "00000000-0000-4000-8000-00000000c0b1";
  tables_[0] = std::make_shared<const iceberg::TableMetadata>(std::move(copy));
}

}  // namespace frazil::simulation
