// Settings of one pipeline's committer.
#pragma once

#include <chrono>
#include <string>

#include "common/time/clock.h"
#include "common/time/stop_flag.h"
#include "table/topic_ids.h"

namespace frazil::table {

enum class OnRollback {
  kStop,      // say so and stop
  kReingest,  // go on from the newest state that survives in the table's history: records come again
  kContinue,  // go on where the pipeline stood: what was rolled back stays away
};

struct CommitterOptions {
  std::string pipeline;
  std::string ref = "main";
  // False (at_least_once): offsets are neither kept in the table nor checked.
  bool exactly_once = true;
  OnRollback on_rollback = OnRollback::kStop;
  std::string take_over;     // continue the offsets of the pipeline of this name
  bool independent = false;  // do not mind that another pipeline feeds the table from the same topic
  std::string cluster_id;
  TopicIds topic_ids;  // of the topics this pipeline reads
  // How long one commit is tried while the catalog cannot be reached or others keep winning.
  std::chrono::milliseconds patience = std::chrono::minutes(30);
  const StopFlag* give_up = nullptr;  // set: the commit under way ends with kCancelled before its next try
  Clock* clock = &Clock::System();
};

}  // namespace frazil::table
