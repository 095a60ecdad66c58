#include "ingest/group_sinks.h"

#include <fmt/ranges.h>

#include <chrono>
#include <utility>

#include "common/log.h"
#include "common/time/interruptible_sleep.h"

namespace frazil::ingest {
namespace {

constexpr auto kAskEvery = std::chrono::milliseconds(500);
// A killed process stays a member until its session ends (15 s by default).
constexpr auto kGroupForgetsWithin = std::chrono::seconds(20);

}  // namespace

std::string SinkName(const catalog::TableIdent& ident, const iceberg::TableMetadata& table) {
  return fmt::format("{}/{}", ident.ToString(), table.table_uuid);
}

GroupSinks::GroupSinks(source::Group* group, std::string pipeline, const catalog::TableIdent& ident,
                       const iceberg::TableMetadata& table)
    : group_(group), pipeline_(std::move(pipeline)), table_(ident.ToString()), sink_(SinkName(ident, table)) {}

Status GroupSinks::Announce() { return group_ == nullptr ? Status() : group_->AnnounceSink(sink_); }

Status GroupSinks::RefuseOthers() {
  if (group_ == nullptr) return {};
  const auto others = group_->OtherSinks(sink_);
  if (!others) {
    log::warn("pipeline '{}': whether another table is fed by the same consumer group cannot be told: {}", pipeline_,
              others.error().message);
    return {};
  }
  if (others->empty()) return {};
  return Fail(ErrorKind::kInvalidArgument,
              "table {} shares its consumer group with {}: of each topic, either would get a part of the partitions. "
              "Give one of the two pipelines another name, or its source another 'group'",
              table_, fmt::join(*others, ", "));
}

Status GroupSinks::AwaitNoOthers(Clock& clock) {
  const auto begin = clock.Steady();
  for (bool said = false;; said = true) {
    const Status alone = RefuseOthers();
    if (alone || StopScope::Asked() || clock.Steady() - begin > kGroupForgetsWithin) return alone;
    if (!said) {
      log::warn("pipeline '{}': {}. Waiting for {} s, in case that process has just ended", pipeline_,
                alone.error().message, kGroupForgetsWithin.count());
    }
    SleepUnlessStopped(clock, kAskEvery);
  }
}

}  // namespace frazil::ingest
