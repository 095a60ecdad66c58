// Somebody replays bad records, as `frazil replay-errors` does, whoever runs meanwhile.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ingest/file_names.h"
#include "life.h"
#include "ops/replay.h"

namespace frazil::simulation {

class Replay final : public Life, private ops::ReplayParts {
 public:
  using Life::Life;

 private:
  Status Run() override;
  void OnEnded(const std::optional<Error>& why) override;

  Status Visit(const ops::VisitError& visit) override;
  Result<std::vector<record::RecordBatch>> Read(const ops::WantError& want) override;
  Result<ingest::FoundOffsets> RowsBelow(const catalog::LoadedTable& main, const record::TopicPartition& source,
                                         int64_t next) override;
  Result<Rows> Make(std::vector<record::RecordBatch> batches) override;
  Result<int64_t> Mark(const record::RowOrigins& replayed, std::optional<int64_t> snapshot) override;

  // The errors table's live files, by path.
  Result<std::map<std::string, iceberg::DataFile>> FilesOfErrors() const;
  // kNotFound where it was compacted away, and expired, meanwhile.
  Result<DataContent> ContentOf(const std::string& path) const;

  ingest::FileNames names_;
  std::unique_ptr<table::Committer> errors_;
};

}  // namespace frazil::simulation
