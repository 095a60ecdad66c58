// The program: reads the command line, sets up the log, runs one verb.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "app/crash.h"
#include "app/logging.h"
#include "app/process_memory.h"
#include "app/stop_signal.h"
#include "app/verbs/verb.h"
#include "common/system/machine_room.h"
#include "common/system/out_of_memory.h"
#include "common/text/nearest_word.h"

namespace frazil::app {
namespace {

// Returns an error that names the unknown word, if the command line has one in place of a verb. The parser itself would
// only say that a verb is missing.
std::optional<Error> UnknownVerb(const CLI::App& app) {
  const CLI::App* group = &app;
  while (!group->get_subcommands().empty()) group = group->get_subcommands().front();
  std::vector<std::string> names;
  for (const CLI::App* verb : group->get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(verb->get_name());
  }
  const auto rest = app.remaining(true);
  const auto word = std::find_if(rest.begin(), rest.end(), [](const std::string& each) { return each[0] != '-'; });
  if (names.empty() || word == rest.end()) return std::nullopt;
  const std::vector<std::string_view> words(names.begin(), names.end());
  return Error{ErrorKind::kInvalidArgument, fmt::format("there is no verb \"{}\"; expected one of {}{}", *word,
                                                        fmt::join(words, ", "), DidYouMean(*word, words))};
}

int Main(int argc, char** argv) {
  CLI::App app("Frazil moves Kafka topics into Apache Iceberg tables, exactly once.", "frazil");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(
      "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 a check or verify found a problem.\n"
      "\"frazil VERB --help\" shows each verb with an example.");
  std::string log_level = "info";
  app.add_option("--log-level", log_level, "Least level that is logged to stderr")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}))
      ->capture_default_str();
  std::string log_format = "text";
  app.add_option("--log-format", log_format, "Plain lines, or one JSON object a line")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();

  Action action;
  AddInitVerb(app, action);
  AddRunVerb(app, action);
  AddSyncVerb(app, action);
  AddCheckVerb(app, action);
  AddPlanVerb(app, action);
  AddProduceVerb(app, action);
  AddTableVerb(app, action);
  AddVerifyVerb(app, action);
  AddRewindVerb(app, action);
  AddReplayErrorsVerb(app, action);
  AddSchemaVerb(app, action);
  AddVersionVerb(app, action);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) {
      if (const auto unknown = UnknownVerb(app)) return Failed(*unknown, kUsage);
    }
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  SetUpLog(log_level, log_format == "json" ? LogFormat::kJson : LogFormat::kText);
  return action();
}

// The exit code that a shell gives for a process that SIGPIPE ended. The reader of our output has gone on purpose, so
// there is no message.
constexpr int kReaderLeft = 128 + SIGPIPE;

int CannotPrint(int reason) {
  if (reason == EPIPE) return kReaderLeft;
  return Failed({ErrorKind::kIo, fmt::format("cannot write to standard output: {}", std::strerror(reason))});
}

int RunMain(int argc, char** argv) {
  SetUpCrashes();
  SetUpSignals();
  int code = kFailed;
  try {
    ShareHeaps();
    RaiseDescriptorLimit();
    code = Main(argc, argv);
  } catch (const std::system_error& error) {
    if (std::ferror(stdout) != 0) return CannotPrint(error.code().value());
    return Failed({ErrorKind::kInternal, error.what()});
  } catch (const std::bad_alloc&) {
    return Failed(OutOfMemory("running").value());
  } catch (const std::exception& error) {
    return Failed({ErrorKind::kInternal, error.what()});
  }
  errno = 0;
  std::cout.flush();
  return std::fflush(stdout) == 0 && std::ferror(stdout) == 0 ? code : CannotPrint(errno == 0 ? EPIPE : errno);
}

}  // namespace
}  // namespace frazil::app

int main(int argc, char** argv) { return frazil::app::RunMain(argc, argv); }
