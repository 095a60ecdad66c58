// What is in hand for one table's next commit, as whoever commits it sees it.
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

// Bad records of one topic that go to the errors table.
struct ErrorsInHand {
  std::vector<iceberg::DataFile> files;
  std::map<record::TopicPartition, record::RowOrigin> origins;  // the least stretch that holds all of them
};

struct HandContents {
  std::vector<iceberg::DataFile> files;
  std::map<std::string, ErrorsInHand> errors;  // by topic
  std::string first_error;                     // one of them, for people
  std::vector<record::OffsetRange> ranges;     // one per Kafka partition
  std::vector<table::DecidedBy> decided;
  record::OffsetCounts counts;
};

// Thread-safe: lanes fill it while the coordinator looks at it, and what commits it finishes it.
class Hand {
 public:
  virtual ~Hand() = default;

  // A range without rows that no lane has to see.
  virtual void AppendGap(record::OffsetRange range) = 0;
  // Why it cannot be committed any more, if so.
  virtual std::optional<Error> error() const = 0;
  // Some files are complete: full, or of a schema that has changed.
  virtual bool has_files() const = 0;
  // Gets memory back before a commit is due. False if there is nothing worth that, nor on its way. `all`: what is held
  // is all written, since no commit will take it soon.
  virtual bool Relieve(bool all) = 0;

  // Waits for what is on its way into it, writes what is not written, and hands over the whole. To be called once,
  // beside the lanes.
  virtual Result<HandContents> Finish() = 0;
  // After Finish: no commit named the files that were handed over, nor will any.
  virtual void Disown() = 0;
};

}  // namespace frazil::ingest
