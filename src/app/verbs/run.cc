#include "app/verbs/run.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "app/logging.h"
#include "app/open_catalog.h"
#include "app/pipeline_memory.h"
#include "app/process_memory.h"
#include "app/progress_line.h"
#include "app/status_line.h"
#include "app/stop_signal.h"
#include "app/supervisor.h"
#include "app/verbs/verb.h"
#include "common/log.h"
#include "common/system/thread.h"
#include "ingest/pipeline.h"
#include "serve/metrics_server.h"
#include "source/open.h"

namespace frazil::app {
namespace {

using Catalogs = std::map<std::string, std::shared_ptr<catalog::Catalog>>;  // by sink

Supervisor::Attempt RunOnce(const PipelineConfig& config, const RunFlags& flags,
                            const std::shared_ptr<catalog::Catalog>& catalog, const StopFlag& stop) {
  ingest::PipelineOptions options = config.options;
  options.plan_memory = [&config](int64_t file_buffer) { return PlanMemoryOf(config, file_buffer); };
  const auto memory = PlanMemoryOf(config, /*file_buffer=*/0);
  if (!memory) return {tl::unexpected<Error>(memory.error())};
  source::Config reads = config.reads;
  source::ReadOptionsOf(reads).queue_bytes = memory->fetched;
  auto source = source::Open(reads);
  if (!source) return {tl::unexpected<Error>(source.error())};
  options.once = flags.once || flags.every.has_value();
  options.limit = flags.limit;
  // A pipeline with a commit that does not end is leaked on purpose: its destructor would wait for the commit.
  auto pipeline = std::make_unique<ingest::Pipeline>(std::move(options), catalog, *std::move(source));
  Supervisor::Attempt attempt;
  attempt.report = OrThrown("running the pipeline", [&] { return pipeline->Run(stop); });
  attempt.worked = pipeline->worked();
  attempt.committed = pipeline->committed();
  attempt.abandoned = pipeline->abandoned_commit();
  if (attempt.abandoned) static_cast<void>(pipeline.release());
  return attempt;
}

Result<std::vector<const PipelineConfig*>> ChoosePipelines(const Config& config, const std::string& name) {
  std::vector<const PipelineConfig*> chosen;
  std::string names;
  for (const auto& pipeline : config.pipelines) {
    names += (names.empty() ? "" : ", ") + pipeline.options.name;
    if (name.empty() ? pipeline.enabled : pipeline.options.name == name) chosen.push_back(&pipeline);
  }
  if (!chosen.empty()) return chosen;
  if (name.empty()) {
    return Fail(ErrorKind::kInvalidArgument, "{}: no pipeline is enabled (there are: {})", config.file,
                names.empty() ? "none" : names);
  }
  return Fail(ErrorKind::kInvalidArgument, "{}: there is no pipeline '{}' (there are: {})", config.file, name,
              names.empty() ? "none" : names);
}

Result<serve::MetricsServerOptions> MetricsOptionsOf(const Config& config, const RunFlags& flags) {
  serve::MetricsServerOptions options = config.metrics;
  if (flags.metrics_port) options.port = flags.metrics_port;
  options.address = flags.metrics_address.value_or(options.address);
  if (flags.metrics_token_file) {
    auto token = ReadSecretFile(*flags.metrics_token_file);
    if (!token) return Wrap(token.error(), "--metrics-token-file " + *flags.metrics_token_file);
    options.token = *std::move(token);
  }
  if (!options.port && (flags.metrics_address || flags.metrics_token_file)) {
    return Fail(ErrorKind::kInvalidArgument, "no metrics are served without a port: give --metrics-port");
  }
  FRAZIL_RETURN_IF_ERROR(serve::CheckAccess(options));
  return options;
}

void ShowProgress(std::vector<PipelineConfig>& pipelines, std::optional<ProgressLine>& line) {
  ProgressLine::Pipelines watched;
  for (auto& pipeline : pipelines) {
    pipeline.options.progress->shown = true;
    watched.push_back(pipeline.options.progress);
  }
  const auto name = pipelines.size() == 1 ? pipelines[0].options.name : fmt::format("{} pipelines", pipelines.size());
  line.emplace(StderrLine(), name, std::move(watched));
}

}  // namespace

int RunPipelines(const Config& config, const RunFlags& flags, const StopFlag& stop) {
  const StopScope scope(&stop);
  const auto chosen = ChoosePipelines(config, flags.pipeline);
  if (!chosen) return Failed(chosen.error(), kUsage);
  const auto metrics_options = MetricsOptionsOf(config, flags);
  if (!metrics_options) return Failed(metrics_options.error(), kUsage);
  Catalogs catalogs;
  for (const PipelineConfig* pipeline : *chosen) {
    if (catalogs.contains(pipeline->sink)) continue;
    auto catalog = OpenCatalog(pipeline->catalog);
    if (!catalog && stop.IsSet() && catalog.error().kind == ErrorKind::kCancelled) {
      log::info("stopped before anything was read: {}", catalog.error().message);
      return kDone;
    }
    if (!catalog) return Failed(catalog.error());
    catalogs[pipeline->sink] = *std::move(catalog);
  }

  Supervisor supervisor({.run_once =
                             [&](const PipelineConfig& pipeline, const StopFlag& stopped) {
                               return RunOnce(pipeline, flags, catalogs.at(pipeline.sink), stopped);
                             },
                         .tell = [](const Error& error) { Failed(error); },
                         .once = flags.once && !flags.every,
                         .every = flags.every});
  std::unique_ptr<serve::MetricsServer> metrics;
  if (metrics_options->port) {
    auto started = serve::MetricsServer::Start(*metrics_options, [&] { return supervisor.Health(); });
    if (!started) return Failed(started.error());
    metrics = *std::move(started);
    log::info("metrics at http://{}:{}/metrics{}", metrics_options->address, metrics->port(),
              metrics_options->token.empty() ? "" : ", to who sends the token");
  }
  std::vector<PipelineConfig> pipelines;
  int64_t memory_limit = 0;
  for (const PipelineConfig* pipeline : *chosen) {
    pipelines.push_back(*pipeline);
    memory_limit += pipeline->memory_limit;
  }
  MemoryWatch memory(memory_limit);
  for (auto& pipeline : pipelines) {
    pipeline.options.short_of_memory = [&memory] { return memory.Short(); };
    pipeline.options.progress = std::make_shared<ingest::Progress>();
  }
  std::optional<ProgressLine> progress;
  if (ShowsProgress()) ShowProgress(pipelines, progress);
  // A pipeline that gets no thread counts as failed, and the others run.
  for (const PipelineConfig& pipeline : pipelines) static_cast<void>(supervisor.Start(pipeline));
  supervisor.AwaitAll(stop);
  progress.reset();
  const int code = supervisor.AnyFailed() ? kFailed : kDone;
  if (supervisor.AnyAbandoned()) {
    // A thread is still inside a request that does not end. Nothing of it is needed any more.
    spdlog::shutdown();
    std::_Exit(code);
  }
  return code;
}

void AddMetricsFlags(CLI::App& verb, RunFlags& flags) {
  verb.add_option("--metrics-port", flags.metrics_port, "Serve /metrics and /health on this port (0: any free one)")
      ->check(CLI::Range(0, 65535));
  verb.add_option("--metrics-address", flags.metrics_address,
                  "Where they are served [127.0.0.1]; any other address wants a token");
  verb.add_option("--metrics-token-file", flags.metrics_token_file,
                  "File with the token that /metrics is read with (Authorization: Bearer TOKEN)");
}

void AddRunVerb(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("run", "Run pipelines, for ever or up to what is there now");
  auto file = std::make_shared<std::string>();
  auto flags = std::make_shared<RunFlags>();
  verb->add_option("-c,--config", *file, "Configuration file")->required();
  verb->add_option("--pipeline", flags->pipeline, "Only the pipeline of this name");
  verb->add_flag("--once", flags->once, "End when everything that is in the topics now is in the tables");
  AddMetricsFlags(*verb, *flags);
  verb->footer("Example: frazil run -c weather.yaml --once");
  verb->callback([=, &action] {
    action = [=] {
      const StopSignal stop;  // catches signals during the setup too
      const auto config = LoadConfig(*file);
      if (!config) return Failed(config.error(), kUsage);
      for (const auto& warning : config->warnings) log::warn("{}", warning);
      return RunPipelines(*config, *flags, stop.flag());
    };
  });
}

}  // namespace frazil::app
