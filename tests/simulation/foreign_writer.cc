#include "foreign_writer.h"

#include <algorithm>
#include <set>

#include "common/random.h"
#include "iceberg/schema_update.h"
#include "iceberg/snapshot_writer.h"
#include "world.h"

namespace frazil::simulation {

void ForeignWriter::Commit(std::vector<iceberg::TableUpdate> updates) {
  CommitRequest request;
  request.sender = "engine";
  request.which = which_;
  request.requirements = iceberg::RequirementsFor(*world_.server.table(which_), updates);
  request.updates = std::move(updates);
  if (auto done = world_.server.Apply(request); !done) {
    world_.Break("another engine's commit failed: " + done.error().message);
  }
}

iceberg::DataFile ForeignWriter::NewFile(int64_t rows) {
  iceberg::DataFile file;
  file.file_path = world_.server.table(which_)->location + "/data/engine-" + std::to_string(++files_) + ".parquet";
  file.record_count = rows;
  file.file_size_in_bytes = 100;
  return file;
}

void ForeignWriter::Append() {
  world_.trace.Say("engine", "appends{}", Where());
  const iceberg::DataFile file = NewFile(1);
  world_.storage.PutData(file.file_path, {});
  iceberg::SnapshotWriter append(world_.scenario.ref, iceberg::AppendFiles({file}), {});
  auto attempt = append.Prepare(*world_.server.table(which_), *world_.storage.files(), world_.scheduler.now());
  if (!attempt) return world_.Break("another engine cannot append: " + attempt.error().message);
  Commit(std::move(attempt->updates));
}

void ForeignWriter::Compact() {
  const auto& table = *world_.server.table(which_);
  const iceberg::Snapshot* head = table.RefHead(world_.scenario.ref);
  if (head == nullptr) return;
  const Oracle::Facts& facts = world_.oracle(which_).facts(head->snapshot_id);
  DataContent all;
  std::vector<iceberg::ManifestEntry> entries;
  for (const std::string& manifest : facts.manifests) {
    for (iceberg::ManifestEntry entry : world_.oracle(which_).entries(manifest)) {
      if (entry.status == iceberg::EntryStatus::kDeleted) continue;
      const DataContent* content = world_.storage.FindData(entry.data_file.file_path);
      if (content == nullptr) return world_.Break("no such file: " + entry.data_file.file_path);
      if (!content->stretches.empty()) {
        all.topic_id = content->topic_id;
        all.rows += content->rows;
        all.stretches.insert(all.stretches.end(), content->stretches.begin(), content->stretches.end());
        all.marks.insert(content->marks.begin(), content->marks.end());
      }
      entry.status = content->stretches.empty() ? iceberg::EntryStatus::kExisting : iceberg::EntryStatus::kDeleted;
      entries.push_back(std::move(entry));
    }
  }
  if (all.stretches.empty()) return;
  world_.trace.Say("engine", "compacts {} files{}", entries.size(), Where());

  iceberg::Snapshot snapshot;
  snapshot.snapshot_id = RandomSnapshotId();
  snapshot.parent_snapshot_id = head->snapshot_id;
  snapshot.sequence_number = table.last_sequence_number + 1;
  snapshot.timestamp_ms = std::max(world_.scheduler.now(), table.last_updated_ms + 1);
  snapshot.schema_id = table.current_schema_id;
  snapshot.summary = {{"operation", "replace"}};
  for (auto& entry : entries) {
    if (entry.status == iceberg::EntryStatus::kDeleted) entry.snapshot_id = snapshot.snapshot_id;
  }
  const iceberg::DataFile file = NewFile(all.rows);
  world_.storage.PutData(file.file_path, std::move(all));
  entries.push_back({.status = iceberg::EntryStatus::kAdded,
                     .snapshot_id = snapshot.snapshot_id,
                     .sequence_number = {},
                     .file_sequence_number = {},
                     .data_file = file});
  const std::string name = table.location + "/metadata/engine-" + std::to_string(snapshot.snapshot_id);
  auto& files = *world_.storage.files();
  const auto written = [&]() -> Status {
    FRAZIL_ASSIGN_OR_RETURN(auto manifest, iceberg::WriteManifest({.format_version = table.format_version,
                                                                   .schema = table.schema(),
                                                                   .spec = table.spec(),
                                                                   .snapshot_id = snapshot.snapshot_id},
                                                                  entries));
    manifest.file.manifest_path = name + "-m.avro";
    FRAZIL_RETURN_IF_ERROR(files.WriteAll(manifest.file.manifest_path, manifest.bytes));
    snapshot.manifest_list = name + ".avro";
    FRAZIL_ASSIGN_OR_RETURN(const std::string list,
                            iceberg::WriteManifestList({.format_version = table.format_version,
                                                        .snapshot_id = snapshot.snapshot_id,
                                                        .parent_snapshot_id = snapshot.parent_snapshot_id,
                                                        .sequence_number = snapshot.sequence_number},
                                                       {manifest.file}));
    return files.WriteAll(snapshot.manifest_list, list);
  }();
  if (!written) return world_.Break("another engine cannot compact: " + written.error().message);
  iceberg::SnapshotRef ref = table.refs.at(world_.scenario.ref);
  ref.snapshot_id = snapshot.snapshot_id;
  Commit({iceberg::AddSnapshot{snapshot}, iceberg::SetSnapshotRef{world_.scenario.ref, ref}});
}

void ForeignWriter::ChangeSchema() {
  if (world_.dice.OneIn(3)) return DropColumn();
  if (world_.dice.OneIn(3)) return ChangeColumn();
  world_.trace.Say("engine", "adds a column{}", Where());
  const std::string name = "c" + std::to_string(world_.server.table(which_)->last_column_id);
  auto updates =
      iceberg::AddColumns(*world_.server.table(which_),
                          {{0, {.id = 0, .name = name, .type = iceberg::Type::Primitive(iceberg::TypeKind::kLong)}}});
  if (!updates) return world_.Break("another engine cannot add a column: " + updates.error().message);
  Commit(*std::move(updates));
}

std::vector<std::string> ForeignWriter::AddedColumns() const {
  std::vector<std::string> added;
  for (const auto& field : world_.server.table(which_)->schema()->fields()) {
    if (field.name.find_first_of("0123456789") == 1) added.push_back(field.name);
  }
  return added;
}

void ForeignWriter::ChangeColumn() {
  const std::vector<std::string> added = AddedColumns();
  if (added.empty()) return;
  const auto& table = *world_.server.table(which_);
  const iceberg::Field& column = *table.schema()->FindAtRoot(world_.dice.OneOf(added));
  iceberg::SchemaChange change;
  if (column.type->kind() == iceberg::TypeKind::kInt && world_.dice.OneIn(2)) {
    world_.trace.Say("engine", "makes column {} wider{}", column.name, Where());
    change.promotions = {{column.id, iceberg::Type::Primitive(iceberg::TypeKind::kLong)}};
  } else {
    world_.trace.Say("engine", "renames column {}{}", column.name, Where());
    change.renames = {{column.id, column.name + "-" + std::to_string(table.schema()->schema_id())}};
  }
  auto updates = iceberg::ChangeSchema(table, change);
  if (!updates) return world_.Break("another engine cannot change a column: " + updates.error().message);
  Commit(*std::move(updates));
}

void ForeignWriter::DropColumn() {
  const auto& table = *world_.server.table(which_);
  std::vector<iceberg::Field> fields = table.schema()->fields();
  const std::vector<std::string> added = AddedColumns();
  if (added.empty()) return;
  const std::string gone = world_.dice.OneOf(added);
  world_.trace.Say("engine", "drops column {}{}", gone, Where());
  std::erase_if(fields, [&](const iceberg::Field& field) { return field.name == gone; });
  int32_t schema_id = 0;
  for (const auto& schema : table.schemas) schema_id = std::max(schema_id, schema->schema_id() + 1);
  Commit(
      {iceberg::AddSchema{std::make_shared<const iceberg::Schema>(schema_id, std::move(fields)), table.last_column_id},
       iceberg::SetCurrentSchema{iceberg::kLastAdded}});
}

void ForeignWriter::Expire() {
  // What tells of a rollback that nobody has seen yet, and of offsets that were dropped, is younger than any expiry.
  if (world_.oracle(which_).rolled_back() || world_.oracle(which_).state_is_behind()) return;
  const auto& table = *world_.server.table(which_);
  std::vector<iceberg::TableUpdate> updates;
  std::set<int64_t> kept;
  for (const auto& [name, ref] : table.refs) {
    const bool lasts = ref.is_branch || ref.max_ref_age_ms.value_or(0) > world_.scheduler.now();
    if (lasts) {
      kept.insert(ref.snapshot_id);
    } else {
      updates.emplace_back(iceberg::RemoveSnapshotRef{name});
    }
  }
  // Some ancestors of the head as well: history.expire.min-snapshots-to-keep.
  const iceberg::Snapshot* ancestor = table.RefHead(world_.scenario.ref);
  for (int64_t more = world_.dice.Between(0, 3); more > 0 && ancestor != nullptr; --more) {
    kept.insert(ancestor->snapshot_id);
    ancestor = table.ParentOf(*ancestor);
  }
  std::vector<int64_t> gone;
  for (const auto& snapshot : table.snapshots) {
    if (!kept.contains(snapshot.snapshot_id)) gone.push_back(snapshot.snapshot_id);
  }
  if (!gone.empty()) updates.emplace_back(iceberg::RemoveSnapshots{gone});
  if (updates.empty()) return;
  world_.trace.Say("engine", "expires {} snapshots{}", gone.size(), Where());
  Commit(std::move(updates));
  DeleteFilesOf(gone);
}

void ForeignWriter::DeleteFilesOf(const std::vector<int64_t>& gone) {
  std::set<std::string> used;
  for (const auto& snapshot : world_.server.table(which_)->snapshots) {
    const Oracle::Facts& facts = world_.oracle(which_).facts(snapshot.snapshot_id);
    used.insert(facts.manifest_list);
    used.insert(facts.manifests.begin(), facts.manifests.end());
    used.insert(facts.live.begin(), facts.live.end());
  }
  for (const int64_t id : gone) {
    const Oracle::Facts& facts = world_.oracle(which_).facts(id);
    std::vector<std::string> metadata = facts.manifests;
    metadata.push_back(facts.manifest_list);
    for (const std::string& location : metadata) {
      if (!used.contains(location)) (void)world_.storage.files()->Delete(location);
    }
    for (const std::string& path : facts.live) {
      if (!used.contains(path)) world_.storage.DeleteData(path);
    }
  }
}

void ForeignWriter::RollBack(bool back_only) {
  const auto& table = *world_.server.table(which_);
  const iceberg::Snapshot* head = table.RefHead(world_.scenario.ref);
  if (head == nullptr) return;
  // Mostly to one that it has passed; at times to any, as where a rollback is taken back.
  std::vector<int64_t> passed;
  if (!back_only && world_.dice.OneIn(4)) {
    for (const auto& snapshot : table.snapshots) passed.push_back(snapshot.snapshot_id);
  } else {
    for (const auto* at = head; at != nullptr;) {
      if (at != head) passed.push_back(at->snapshot_id);
      at = table.ParentOf(*at);
    }
  }
  if (passed.empty()) return;
  iceberg::SnapshotRef ref = table.refs.at(world_.scenario.ref);
  ref.snapshot_id = world_.dice.OneOf(passed);
  world_.trace.Say("engine", "rolls back to snapshot {}", ref.snapshot_id);
  Commit({iceberg::SetSnapshotRef{world_.scenario.ref, ref}});
}

}  // namespace frazil::simulation
