// Kafka as one process sees it: its part of the topic, as long as it hears of the group.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "life.h"
#include "source/source.h"
#include "topic.h"

namespace frazil::simulation {

class Consumer final : public source::Source, private source::Group, private source::Topics {
 public:
  Consumer(World& world, Life& life) : world_(world), life_(life) {}

  source::Group* group() override { return this; }
  source::Topics* topics() override { return this; }

  Result<std::string> ClusterId() override { return "cluster"; }
  Result<std::vector<source::StreamId>> Streams() override;
  Result<source::Positions> ResolveStart(const std::vector<source::StreamId>& streams,
                                         const source::StartAt& start) override;
  Result<source::Positions> EndOffsets(const std::vector<source::StreamId>& streams) override;
  Result<std::vector<record::RecordBatch>> ReadSample(const source::Positions& /*from*/, int /*most*/) override {
    return Absent();
  }
  Status ReadBetween(const source::Positions& /*from*/, const source::Positions& /*until*/,
                     const Take& /*take*/) override {
    return Absent();
  }

  Status Start(source::AssignmentListener* listener) override;
  Result<std::vector<record::RecordBatch>> Poll(std::chrono::milliseconds timeout) override;
  Status Seek(const source::Positions& positions) override;
  void Pause() override { paused_ = true; }
  void Resume() override { paused_ = false; }
  Status Stop() override;

 private:
  Status AnnounceSink(const std::string& /*sink*/) override { return {}; }
  Result<std::vector<std::string>> OtherSinks(const std::string& /*sink*/) override {
    return std::vector<std::string>{};
  }
  Result<bool> IsLive() override;
  void Store(const source::Positions& /*positions*/) override {}
  Status Flush() override { return {}; }
  Result<source::Positions> Stored(const std::vector<source::StreamId>& /*streams*/) override { return Absent(); }

  Result<std::string> TopicId(const std::string& topic) override;
  Result<bool> IsCompacted(const std::string& /*topic*/) override { return false; }
  Result<std::unique_ptr<source::Producer>> OpenProducer() override { return Absent(); }

  static tl::unexpected<Error> Absent() { return Fail(ErrorKind::kUnsupported, "not simulated"); }
  Status FollowGroup();
  Result<std::vector<record::RecordBatch>> Fetch();
  void CheckPositions(const source::Positions& positions);

  World& world_;
  Life& life_;
  source::AssignmentListener* listener_ = nullptr;
  std::map<int, int64_t> positions_;  // of what it believes to be its own
  Millis cut_off_until_ = 0;          // until then it does not hear of the group
  bool paused_ = false;
};

}  // namespace frazil::simulation
