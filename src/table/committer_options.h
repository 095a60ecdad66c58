// Settings of one pipeline's committer.
#pragma once

#include <chrono>
#include <string>

#include "common/time/clock.h"
#include "common/time/stop_flag.h"
#include "table/topic_ids.h"

namespace frazil::table {

enum class OnRollback {
  kStop,      // stop with an error
  kReingest,  // continue from the newest state in the table's remaining history: lost records are read again
  kContinue,  // continue where the pipeline stood: rolled-back rows stay away
};

struct CommitterOptions {
  std::string pipeline;
  std::string ref = "main";
  // False for at_least_once: offsets are neither stored in the table nor checked.
  bool exactly_once = true;
  OnRollback on_rollback = OnRollback::kStop;
  std::string take_over;     // the name of a pipeline whose offsets this one continues
  bool independent = false;  // allow another pipeline to feed the table from the same topic
  std::string cluster_id;
  TopicIds topic_ids;  // the ids of the topics that this pipeline reads
  // How long one commit is retried while the catalog is unreachable or other writers keep winning.
  std::chrono::milliseconds patience = std::chrono::minutes(30);
  const StopFlag* give_up = nullptr;  // once set, the current commit ends with kCancelled before its next try
  Clock* clock = &Clock::System();
};

}  // namespace frazil::table
