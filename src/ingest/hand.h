// The hand: what is collected for a table's next commit, as the code that commits it sees it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "iceberg/data_file.h"
#include "record/offset_range.h"
#include "record/row_origins.h"
#include "table/decided_by.h"

namespace frazil::ingest {

// Bad records of one topic, for the errors table.
struct ErrorsInHand {
  std::vector<iceberg::DataFile> files;
  // per partition, the smallest range that contains all of them
  std::map<record::TopicPartition, record::RowOrigin> origins;
};

struct HandContents {
  std::vector<iceberg::DataFile> files;
  std::map<std::string, ErrorsInHand> errors;  // by topic
  std::string first_error;                     // describes one bad record, for people
  std::vector<record::OffsetRange> ranges;     // one per Kafka partition
  std::vector<table::DecidedBy> decided;
  record::OffsetCounts counts;
};

// Thread-safe: lanes fill it while the coordinator looks at it, and the thread that commits calls Finish.
class Hand {
 public:
  virtual ~Hand() = default;

  // Adds a range without rows, which no lane needs to see.
  virtual void AppendGap(record::OffsetRange range) = 0;
  // The reason why the hand cannot be committed, if there is one.
  virtual std::optional<Error> error() const = 0;
  // True if some files are complete: they are full, or the schema has changed.
  virtual bool has_files() const = 0;
  // Frees memory before a commit is due. Returns false if there is not enough to free, and none is being freed. With
  // `all`, everything is written to files, because no commit will come soon.
  virtual bool Relieve(bool all) = 0;

  // Waits for rows that lanes still work on, completes all files, and returns the content. Call it once, and not from a
  // lane.
  virtual Result<HandContents> Finish() = 0;
  // After Finish: says that no commit names the returned files, so that they may be deleted.
  virtual void Disown() = 0;
};

}  // namespace frazil::ingest
