// Moves bad records into the errors table, exactly once.
//
// First, files with the bad records are written. Then the commit of the main table names these files as pending,
// together with the offsets that count the records. Last, the files are appended to the errors table. The errors table
// stores offsets of its own, with the same committer and rules: they say up to which offset of the main table all bad
// records are in it. So any process that finds pending files, even after a crash, appends exactly those that are
// missing.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "catalog/catalog.h"
#include "common/result.h"
#include "common/system/lock.h"
#include "ingest/file_names.h"
#include "ingest/hand.h"
#include "ingest/offset_search.h"
#include "ingest/options.h"
#include "ingest/table_partition.h"
#include "record/record_batch.h"
#include "table/committer.h"

namespace frazil::ingest {

// The errors table of `table`: "NAME__errors" in the same namespace.
catalog::TableIdent ErrorsTable(catalog::TableIdent table);

// Thread-safe.
class ErrorsOutbox {
 public:
  // Finds the offsets that are in the errors table.
  using FindOffsets = std::function<decltype(OffsetsInErrorsTable)>;

  // `main` commits to the main table. All references must outlive this object. `memory` may be filled in later, but
  // before the errors table is opened. Tests replace `find` if their files are not Parquet, and `lock` if they have no
  // threads.
  ErrorsOutbox(std::shared_ptr<catalog::Catalog> catalog, const table::Committer& main, const SinkOptions& sink,
               MemoryBudget& budget, FileNames& names, const MemoryPlan& memory,
               FindOffsets find = OffsetsInErrorsTable, std::unique_ptr<Lock> lock = std::make_unique<ThreadLock>());

  // The context for writing files with bad records of `topic`. Creates the errors table if it does not exist.
  Result<const DataFileContext*> FilesOf(const std::string& topic);
  // Returns those bad records of a batch that must be written. Records that are read again after a rollback or rewind
  // of the main table, and are in the errors table already, are left out.
  Result<std::vector<decode::BadRecord>> NotYetThere(const record::RecordBatch& batch,
                                                     std::vector<decode::BadRecord> bad);

  // What the main table's commit must store about `errors`. The result must not outlive this object.
  table::ErrorsOfCommit Announce(const std::map<std::string, ErrorsInHand>& errors);
  // Appends the pending files of the main table, as its committer knows them. Call it after each commit and load of the
  // main table.
  Status Apply();

 private:
  // The errors table stores a topic's offsets under the first name in the main table's chain of takeovers. So two
  // pipelines of which one takes over from the other use the same offsets here, and only one of them can append a file.
  struct Feed {
    std::unique_ptr<table::Committer> committer;
    DataFileContext context;
  };

  Result<Feed*> Open(const std::string& name);
  Status ApplyTo(table::Committer& errors, const table::StatesByTopic& states);
  Status ApplyOnce(table::Committer& errors, const table::StatesByTopic& states);
  static Status Establish(table::Committer& errors, const table::StatesByTopic& states);

  const std::shared_ptr<catalog::Catalog> catalog_;
  const table::Committer& main_;
  const SinkOptions& sink_;
  MemoryBudget& budget_;
  FileNames& names_;
  const MemoryPlan& memory_;
  const catalog::TableIdent ident_;
  const FindOffsets find_;

  const std::unique_ptr<Lock> lock_;                  // guards the members below; held during requests to the catalog
  std::map<std::string, Feed> feeds_;                 // by pipeline name
  std::map<std::string, iceberg::DataFile> written_;  // by path: full entries of pending files that this process wrote
};

}  // namespace frazil::ingest
