#include "ingest/lost_records.h"

namespace frazil::ingest {

Result<std::map<source::TopicPartition, LostRecords>> FindLostRecords(source::Log& source,
                                                                      const source::Positions& positions) {
  FRAZIL_ASSIGN_OR_RETURN(const auto starts,
                          source.ResolveStart(source::StreamsOf(positions), {source::StartAt::Kind::kEarliest}));
  std::map<source::TopicPartition, LostRecords> lost;
  for (const auto& [partition, start] : starts) {
    if (const int64_t position = positions.at(partition); position < start) lost[partition] = {position, start};
  }
  return lost;
}

}  // namespace frazil::ingest
