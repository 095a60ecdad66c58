// `frazil sync`: a topic into a table without a configuration file.
#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "app/duration_text.h"
#include "app/stop_signal.h"
#include "app/sync_config.h"
#include "app/verbs/run.h"
#include "app/verbs/verb.h"

namespace frazil::app {
namespace {

struct SyncVerbFlags {
  SyncFlags sync;
  std::string every;
  RunFlags run;
};

int Sync(const SyncVerbFlags& flags) {
  const auto config = ConfigOfSync(flags.sync);
  if (!config) return Failed(config.error(), kUsage);
  RunFlags run = flags.run;
  if (run.limit > 0 && flags.every.empty()) run.once = true;  // a limit ends the run as well
  if (!flags.every.empty()) {
    const auto every = ParseDuration(flags.every);
    if (!every) return Failed(every.error(), kUsage);
    run.every = std::chrono::ceil<std::chrono::seconds>(*every);
  }
  const StopSignal stop;
  return RunPipelines(*config, run, stop.flag());
}

}  // namespace

void AddSyncVerb(CLI::App& app, Action& action) {
  auto flags = std::make_shared<SyncVerbFlags>();
  auto& sync = flags->sync;
  auto* verb = app.add_subcommand("sync", "Bring a topic into a table, without a configuration file");
  verb->add_option("--topic", sync.topic, "Kafka topic to read")->required();
  verb->add_option("--table", sync.table, "NAMESPACE.TABLE; made if it does not exist")->required();
  verb->add_option("--brokers", sync.brokers, "Brokers to begin with")->capture_default_str();
  verb->add_option("--batch-size", sync.batch_size, "Records that make a commit due [10000]")
      ->check(CLI::Range(1, 1'000'000'000));
  verb->add_option("--limit", flags->run.limit, "Stop after about this many records")->check(CLI::PositiveNumber);
  auto* once =
      verb->add_flag("--once", flags->run.once, "Stop when all that was in the topic at the start is in the table");
  verb->add_flag("--overwrite", sync.overwrite,
                 "With --once: the records take the place of all that the partitions they are of hold, or the table")
      ->needs(once);
  verb->add_option("--every", flags->every, "As --once, again and again with this pause between, for instance 60s")
      ->excludes(once);
  verb->add_option(
      "--catalog", sync.catalog.catalog,
      "sqlite:////absolute/path/catalog.db, postgresql://USER@HOST/DATABASE or http(s)://HOST; without it: the "
      "embedded catalog, "
      "~/.local/share/frazil/catalog.db");
  verb->add_option("--warehouse", sync.catalog.warehouse,
                   "Folder or s3://… for the files of new tables; without it: beside the catalog");
  verb->add_option("--catalog-name", sync.catalog.name, "Name of a SQL catalog in its own tables [frazil]");
  AddMetricsFlags(*verb, flags->run);
  verb->footer(
      "Without --once, --every or --limit it runs until it is stopped.\n\n"
      "Examples:\n"
      "  frazil sync --topic weather --table default.weather --once\n"
      "  frazil sync --topic weather --table default.weather --brokers kafka:9092 --every 60s");
  verb->callback([flags, &action] { action = [flags] { return Sync(*flags); }; });
}

}  // namespace frazil::app
