#include "scenario.h"

#include <fmt/format.h>

namespace frazil::simulation {
namespace {

constexpr Millis kSecond = 1000;

const char* NameOf(Manners manners) {
  switch (manners) {
    case Manners::kTakes:
      return "takes properties";
    case Manners::kDrops:
      return "drops properties";
    case Manners::kRefuses:
      return "refuses properties";
  }
  return "";
}

const char* NameOf(Incident incident) {
  switch (incident) {
    case Incident::kNone:
      return "none";
    case Incident::kTakeover:
      return "takeover";
    case Incident::kIntruder:
      return "another pipeline on the same topic";
    case Incident::kTopicRecreated:
      return "topic created anew";
    case Incident::kTableCopied:
      return "table copied";
  }
  return "";
}

const char* NameOf(table::OnRollback choice) {
  switch (choice) {
    case table::OnRollback::kStop:
      return "stop";
    case table::OnRollback::kReingest:
      return "reingest";
    case table::OnRollback::kContinue:
      return "continue";
  }
  return "";
}

}  // namespace

Scenario::Scenario(Dice& dice) {
  // Each kind of trouble is absent from many schedules, so that those that are there have room to meet.
  const auto rate = [&](int share, int often, int rarely) {
    return dice.OneIn(share) ? static_cast<int>(dice.Between(often, rarely)) : 0;
  };
  const auto every = [&](int share, Millis least, Millis most) {
    return dice.OneIn(share) ? dice.Between(least, most) : 0;
  };
  storm = dice.Between(3, 15) * kSecond;
  partitions = static_cast<int>(dice.Between(1, 3));
  late_partitions = dice.OneIn(4) ? 1 : 0;
  processes = static_cast<int>(dice.Between(1, 3));
  records = dice.Between(4, 20);
  start_at_latest = dice.OneIn(3);
  errors_table = dice.OneIn(2);
  if (dice.OneIn(10)) ref = "audit";
  if (dice.OneIn(3)) merge_at = static_cast<int>(dice.Between(2, 4));
  if (dice.OneIn(2)) {
    manners = dice.OneIn(3) ? Manners::kRefuses : Manners::kDrops;
    manners_since = dice.OneIn(2) ? dice.Between(0, storm) : 0;
  }
  conflicts_are_400 = dice.OneIn(8);
  remembers_keys = dice.OneIn(4);
  shows_heads = dice.OneIn(2);
  on_rollback = dice.OneIn(3)   ? table::OnRollback::kContinue
                : dice.OneIn(2) ? table::OnRollback::kReingest
                                : table::OnRollback::kStop;
  patience = dice.Between(3, 60) * kSecond;
  if (dice.OneIn(3)) {
    incident = static_cast<Incident>(dice.Between(1, 4));
    incident_at = dice.Between(1, storm);
  }

  crash = rate(2, 20, 200);
  stall = rate(3, 20, 100);
  lost_request = rate(3, 3, 12);
  lost_reply = rate(2, 3, 12);
  late_request = rate(2, 3, 12);
  doubled_request = rate(3, 3, 12);
  refusal = rate(4, 5, 30);
  false_conflict = rate(4, 4, 12);
  bad_storage = rate(6, 10, 80);
  growth = rate(6, 5, 50);
  careless = rate(20, 2, 8);
  rebalance_every = every(2, 1 * kSecond, 6 * kSecond);
  append_every = every(3, 1 * kSecond, 6 * kSecond);
  compact_every = every(4, 1 * kSecond, 8 * kSecond);
  schema_change_every = every(4, 1 * kSecond, 8 * kSecond);
  expire_every = every(3, 1 * kSecond, 6 * kSecond);
  rollback_every = every(5, 2 * kSecond, 8 * kSecond);
  stop_every = every(4, 2 * kSecond, 8 * kSecond);
  rewind_every = every(4, 1 * kSecond, 6 * kSecond);
  replay_every = every(3, 1 * kSecond, 6 * kSecond);
  tells_offsets = dice.OneIn(2);
  short_memory = rate(5, 10, 100);
  once = rate(5, 1, 4);
  retention_every = every(5, 1 * kSecond, 6 * kSecond);
  skips_lost = dice.OneIn(2);
}

std::string Scenario::Describe() const {
  const auto once_in = [](std::string_view what, int n) { return n == 0 ? "" : fmt::format("; {} 1/{}", what, n); };
  const auto each = [](std::string_view what, Millis every) {
    return every == 0 ? "" : fmt::format("; {} every {:.1f} s", what, static_cast<double>(every) / kSecond);
  };
  std::string text = fmt::format(
      "{} s of storm, {} processes, {} partitions and {} later, {} offsets each, start {}, branch {}, bad records {}\n"
      "  catalog {} from {} ms on{}{}{}; on_rollback {}; patience {} s; manifests merged at {}; incident: {}\n  faults",
      storm / kSecond, processes, partitions, late_partitions, records, start_at_latest ? "latest" : "earliest", ref,
      errors_table ? "in a table" : "left out", NameOf(manners), manners_since,
      conflicts_are_400 ? ", conflicts answered 400" : "", shows_heads ? ", shows heads" : "",
      remembers_keys ? ", remembers idempotency keys" : "", NameOf(on_rollback), patience / kSecond, merge_at,
      NameOf(incident));
  text += once_in("crash", crash) + once_in("stall", stall) + once_in("request lost", lost_request) +
          once_in("reply lost", lost_reply) + once_in("request late", late_request) +
          once_in("request doubled", doubled_request) + once_in("refusal", refusal) +
          once_in("false conflict", false_conflict) + once_in("storage error", bad_storage) +
          once_in("column added", growth) + once_in("careless", careless) + once_in("short of memory", short_memory) +
          once_in("once", once);
  text += each("rebalance", rebalance_every) + each("append", append_every) + each("compaction", compact_every) +
          each("schema change", schema_change_every) + each("expiry", expire_every) + each("rollback", rollback_every) +
          each("stop", stop_every) + each("rewind", rewind_every) + each("replay", replay_every) +
          each("retention", retention_every) + (skips_lost ? ", lost records skipped" : "");
  return text;
}

}  // namespace frazil::simulation
