// The program: reads the command line, sets up the log, runs one verb.
#include <CLI/CLI.hpp>
#include <exception>
#include <string>

#include "app/logging.h"
#include "app/verbs/verb.h"

namespace frazil::app {
namespace {

int Main(int argc, char** argv) {
  CLI::App app("Frazil moves Kafka topics into Apache Iceberg tables, exactly once.", "frazil");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(
      "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 a check found a problem.\n"
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
  AddCheckVerb(app, action);
  AddProduceVerb(app, action);
  AddTableVerb(app, action);
  AddRunVerb(app, action);
  AddVersionVerb(app, action);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  SetUpLog(log_level, log_format == "json" ? LogFormat::kJson : LogFormat::kText);
  return action();
}

}  // namespace
}  // namespace frazil::app

int main(int argc, char** argv) {
  try {
    return frazil::app::Main(argc, argv);
  } catch (const std::exception& error) {
    return frazil::app::Failed({frazil::ErrorKind::kInternal, error.what()});
  }
}
