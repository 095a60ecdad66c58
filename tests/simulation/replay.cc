#include "replay.h"

#include <algorithm>
#include <set>
#include <utility>

#include "iceberg/snapshot_manifests.h"
#include "ingest/errors_outbox.h"
#include "world.h"

namespace frazil::simulation {
namespace {

ops::StoredError ErrorAt(const DataContent& content, int partition, int64_t offset) {
  ops::StoredError error{PartitionOf(partition), offset, false, std::nullopt};
  if (const auto mark = content.marks.find({partition, offset}); mark != content.marks.end()) {
    error.marked = true;
    error.marked_snapshot = mark->second;
  }
  return error;
}

}  // namespace

Status Replay::Run() {
  FRAZIL_RETURN_IF_ERROR(OpenTable(/*reads=*/false));
  const catalog::TableIdent ident = ingest::ErrorsTable(kTable);
  auto loaded = catalog_->LoadTable(ident);
  if (!loaded && loaded.error().kind == ErrorKind::kNotFound) return {};
  if (!loaded) return tl::unexpected<Error>(loaded.error());
  table::CommitterOptions options = committer_->options();
  options.exactly_once = false;
  errors_ = std::make_unique<table::Committer>(
      std::make_shared<table::Table>(catalog_, ident, *std::move(loaded), clock_), std::move(options));
  const auto done = ops::Replay(*committer_, *this);
  if (!done) return tl::unexpected<Error>(done.error());
  world_.trace.Say(name(), "has replayed by {} commits", done->commits);
  return {};
}

void Replay::OnEnded(const std::optional<Error>& why) { world_.OnOperatorEnded(*this, why); }

Result<std::map<std::string, iceberg::DataFile>> Replay::FilesOfErrors() const {
  std::map<std::string, iceberg::DataFile> files;
  FRAZIL_ASSIGN_OR_RETURN(const auto table, errors_->table()->Reload(table::Table::History::kHeads));
  const iceberg::Snapshot* head = table.metadata->RefHead(world_.scenario.ref);
  if (head == nullptr) return files;
  FRAZIL_RETURN_IF_ERROR(
      iceberg::VisitLiveEntries(*head, *table.io, [&](const iceberg::ManifestEntry& entry) -> Status {
        files[entry.data_file.file_path] = entry.data_file;
        return {};
      }));
  return files;
}

Result<DataContent> Replay::ContentOf(const std::string& path) const {
  const DataContent* content = world_.storage.FindData(path);
  if (content == nullptr) return Fail(ErrorKind::kNotFound, "{}: no such file", path);
  return *content;
}

Status Replay::Visit(const ops::VisitError& visit) {
  FRAZIL_ASSIGN_OR_RETURN(const auto files, FilesOfErrors());
  for (const auto& [path, file] : files) {
    FRAZIL_ASSIGN_OR_RETURN(const DataContent content, ContentOf(path));
    for (const auto& [partition, first, next, replayed] : content.stretches) {
      for (int64_t offset = first; offset < next; ++offset) {
        if (Topic::At(partition, offset) != Slot::kBad) continue;
        visit(ErrorAt(content, partition, offset));
      }
    }
  }
  return {};
}

Result<std::vector<record::RecordBatch>> Replay::Read(const ops::WantError& want) {
  std::map<int, std::set<int64_t>> found;
  FRAZIL_RETURN_IF_ERROR(Visit([&](const ops::StoredError& error) {
    if (found.size() < 2 && want(error)) found[error.source.partition].insert(error.offset);
  }));
  std::vector<record::RecordBatch> batches;
  for (const auto& [partition, offsets] : found) {
    record::RecordBatch& batch = batches.emplace_back();
    batch.source = PartitionOf(partition);
    batch.first = *offsets.begin();
    batch.next = *offsets.rbegin() + 1;
    for (const int64_t offset : offsets) batch.records.emplace_back().offset = offset;
  }
  return batches;
}

// The main table has columns that tell, or has not.
Result<ingest::FoundOffsets> Replay::RowsBelow(const catalog::LoadedTable& main, const record::TopicPartition& source,
                                               int64_t next) {
  ingest::FoundOffsets found;
  found.complete = world_.scenario.tells_offsets;
  const iceberg::Snapshot* head = main.metadata->RefHead(world_.scenario.ref);
  if (!found.complete || head == nullptr) return found;
  FRAZIL_RETURN_IF_ERROR(iceberg::VisitLiveEntries(*head, *main.io, [&](const iceberg::ManifestEntry& entry) -> Status {
    FRAZIL_ASSIGN_OR_RETURN(const DataContent content, ContentOf(entry.data_file.file_path));
    for (const auto& [partition, first, past, replayed] : content.stretches) {
      if (!replayed || partition != source.partition) continue;
      for (int64_t offset = first; offset < std::min(past, next); ++offset) found.offsets.insert(offset);
    }
    return {};
  }));
  return found;
}

Result<ops::ReplayParts::Rows> Replay::Make(std::vector<record::RecordBatch> batches) {
  Rows rows;
  DataContent content{role().topic_id, {}, 0, {}};
  for (const auto& batch : batches) {
    for (const auto& record : batch.records) {
      if (world_.dice.OneIn(4)) {
        rows.still_bad[batch.source].emplace(record.offset, "still no row");
        continue;
      }
      content.stretches.push_back({batch.source.partition, record.offset, record.offset + 1, /*replayed=*/true});
      ++content.rows;
      rows.offsets.Add({batch.source, record.offset, record.offset + 1, 1});
    }
  }
  if (content.rows == 0) return rows;
  const iceberg::TableMetadataPtr main = table_->current().metadata;
  content.decided = rows.decided = {{main->schema(), main->spec()}};
  rows.files.push_back(PutFile("sim://db/events/data/" + names_.Next(), std::move(content)));
  return rows;
}

Result<int64_t> Replay::Mark(const record::RowOrigins& replayed, std::optional<int64_t> snapshot) {
  for (;;) {
    FRAZIL_ASSIGN_OR_RETURN(const auto files, FilesOfErrors());
    std::set<iceberg::FileKey> old;
    std::vector<iceberg::DataFile> marked;
    int64_t count = 0;
    for (const auto& [path, file] : files) {
      FRAZIL_ASSIGN_OR_RETURN(DataContent content, ContentOf(path));
      int64_t here = 0;
      for (const auto& [partition, first, next, is_row] : content.stretches) {
        for (int64_t offset = first; offset < next; ++offset) {
          if (Topic::At(partition, offset) != Slot::kBad || !replayed.Contains(kTopic, partition, offset)) continue;
          if (ErrorAt(content, partition, offset).IsMarkedBy(snapshot)) continue;
          content.marks[{partition, offset}] = snapshot;
          ++here;
        }
      }
      if (here == 0) continue;
      count += here;
      old.insert({path});
      marked.push_back(PutFile("sim://db/events__errors/data/" + names_.Next(), std::move(content)));
    }
    if (count == 0) return 0;
    const auto done = errors_->Change(iceberg::OverwriteFiles(std::move(old), std::move(marked)), {});
    if (done) return count;
    if (done.error().kind != ErrorKind::kFenced) return tl::unexpected<Error>(done.error());
  }
}

}  // namespace frazil::simulation
