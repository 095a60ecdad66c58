// The way of bad records into the errors table, exactly once.
//
// Their files are put first; the commit of the main table names them as pending, together with the offsets that count
// them; then they are appended to the errors table. That table keeps offsets of its own, by the same committer and
// rules: they say how far of the main table's offsets all bad records are in it. So whoever finds something pending,
// this process or another, now or after a crash, appends what lies beyond and nothing else.
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

// The name of the errors table of `table`: "NAME__errors" beside it.
catalog::TableIdent ErrorsTable(catalog::TableIdent table);

// Thread-safe.
class ErrorsOutbox {
 public:
  // Tells which offsets the errors table has.
  using FindOffsets = std::function<decltype(OffsetsInErrorsTable)>;

  // `main` commits to the main table. All references must outlive it; `memory` may be filled in later, but before the
  // errors table is opened.
  // `find` is another for who does not write the files as Parquet, `lock` for who has no threads.
  ErrorsOutbox(std::shared_ptr<catalog::Catalog> catalog, const table::Committer& main, const SinkOptions& sink,
               MemoryBudget& budget, FileNames& names, const MemoryPlan& memory,
               FindOffsets find = OffsetsInErrorsTable, std::unique_ptr<Lock> lock = std::make_unique<ThreadLock>());

  // For files with bad records of the topic. Makes the errors table if it is not there.
  Result<const DataFileContext*> FilesOf(const std::string& topic);
  // Of the bad records of a batch those that are to be written: not those that are read again, after a rollback or a
  // rewind of the main table, and are in the errors table already.
  Result<std::vector<decode::BadRecord>> NotYetThere(const record::RecordBatch& batch,
                                                     std::vector<decode::BadRecord> bad);

  // What the main table's commit is to say of these; not longer than this lives.
  table::ErrorsOfCommit Announce(const std::map<std::string, ErrorsInHand>& errors);
  // Appends what the main table, as its committer knows it, has pending. To be called after each of its commits and
  // loads.
  Status Apply();

 private:
  // The errors table keeps a topic's offsets under the first of the names that the main table's ever had. So pipelines
  // of which one takes over from the other meet there, and only one of them appends, whatever each knows of the other.
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

  const std::unique_ptr<Lock> lock_;                  // guards what follows; held over requests to the catalog
  std::map<std::string, Feed> feeds_;                 // by name
  std::map<std::string, iceberg::DataFile> written_;  // by path: what this process knows of pending files
};

}  // namespace frazil::ingest
