// What the seed of a schedule decides at its start: the size of the world, and what goes wrong in it how often.
#pragma once

#include <cstdint>
#include <string>

#include "dice.h"
#include "scheduler.h"
#include "table/committer.h"

namespace frazil::simulation {

// What a catalog does with table properties that it does not know.
enum class Manners { kTakes, kDrops, kRefuses };

// Something that happens once, or never.
enum class Incident {
  kNone,
  kTakeover,        // processes started from then on are of another pipeline, which takes the first one's offsets over
  kIntruder,        // a pipeline of another name is pointed at the same topic and table
  kTopicRecreated,  // offsets mean other records from then on
  kTableCopied,     // the table's name leads to a copy from then on
};

struct Scenario {
  explicit Scenario(Dice& dice);
  std::string Describe() const;

  // The world. Times are of the virtual clock.
  Millis storm = 0;  // until then things go wrong
  int partitions = 1;
  int late_partitions = 0;  // that appear during the storm
  int processes = 1;
  int64_t records = 0;  // of each partition, offsets without a record among them
  bool start_at_latest = false;
  bool errors_table = false;   // bad records go there; else they are left out
  bool skips_lost = false;     // records that retention has deleted; else a process stops and says so
  bool tells_offsets = false;  // the main table has columns for them
  std::string ref = "main";
  int merge_at = 100;  // commit.manifest.min-count-to-merge
  Manners manners = Manners::kTakes;
  Millis manners_since = 0;  // until then it takes everything
  bool conflicts_are_400 = false;
  bool shows_heads = false;     // tells the snapshots at refs alone, where no more is asked for
  bool remembers_keys = false;  // answers a key it has seen as it did then
  table::OnRollback on_rollback = table::OnRollback::kStop;
  Millis patience = 0;
  Incident incident = Incident::kNone;
  Millis incident_at = 0;

  // What goes wrong, one in so many times; 0: never.
  int crash = 0;            // at a step of a process
  int stall = 0;            // at a step of a process: it is not scheduled for long, and does not know
  int lost_request = 0;     // of commits
  int lost_reply = 0;       // of commits
  int late_request = 0;     // of commits: lands long after its sender has given up waiting
  int doubled_request = 0;  // of commits: lands a second time, later
  int refusal = 0;          // of requests: "try again later"
  int false_conflict = 0;   // of commits
  int bad_storage = 0;      // of reads and writes of files
  int growth = 0;           // of polls: a process adds a column
  int careless = 0;         // of micro-batches: a record gets lost before it comes to the committer
  int short_memory = 0;     // of rounds of a process: it stops fetching for a while
  int once = 0;             // of processes: ends by itself when what is there at its start is in
  // Between two of these there is about so much time; 0: never.
  Millis rebalance_every = 0;
  Millis append_every = 0;
  Millis compact_every = 0;
  Millis schema_change_every = 0;
  Millis expire_every = 0;
  Millis rollback_every = 0;
  Millis stop_every = 0;       // a process is asked to stop, as by SIGTERM
  Millis rewind_every = 0;     // somebody moves the pipeline to other offsets, while it runs
  Millis replay_every = 0;     // somebody replays bad records, while it runs
  Millis retention_every = 0;  // the oldest records of a partition are deleted, read or not
};

}  // namespace frazil::simulation
