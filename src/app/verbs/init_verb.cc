// `frazil init`: writes a configuration file to begin with.
#include <fmt/core.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <memory>
#include <string>

#include "app/starting_file.h"
#include "app/verbs/verb.h"
#include "io/whole_file.h"

namespace frazil::app {
namespace {

struct InitFlags {
  std::string file = "frazil.yaml";
  bool force = false;
  StartingPoint start;
};

// Asks for what no flag said. An empty line takes what stands in brackets.
void Ask(const CLI::App& verb, const char* flag, std::string_view question, std::string& answer) {
  if (verb.count(flag) > 0) return;
  fmt::print("{}{}: ", question, answer.empty() ? "" : fmt::format(" [{}]", answer));
  std::fflush(stdout);
  std::string line;
  if (std::getline(std::cin, line) && !line.empty()) answer = line;
}

void AskAll(const CLI::App& verb, StartingPoint& start) {
  Ask(verb, "--brokers", "Kafka brokers", start.brokers);
  Ask(verb, "--topic", "Topic", start.topic);
  if (start.table.empty() && !start.topic.empty()) start.table = "default." + start.topic;
  Ask(verb, "--table", "Table, as NAMESPACE.TABLE", start.table);
  Ask(verb, "--catalog",
      "Catalog: http(s)://…, thrift://…, postgresql://…, sqlite:////…, or nothing for an embedded one", start.catalog);
  if (!start.catalog.empty()) {
    Ask(verb, "--warehouse", "Warehouse: s3://…, gs://…, abfss://…, a folder, or nothing for the catalog's own",
        start.warehouse);
  }
}

int Init(const CLI::App& verb, InitFlags flags) {
  if (isatty(STDIN_FILENO) != 0) AskAll(verb, flags.start);
  const auto text = StartingFile(flags.start);
  if (!text) return Failed(text.error(), kUsage);
  if (flags.file == "-") {
    fmt::print("{}", *text);
    return kDone;
  }
  // "x": what is there is somebody's work.
  std::FILE* file = std::fopen(flags.file.c_str(), flags.force ? "w" : "wx");
  const bool written = file != nullptr && std::fwrite(text->data(), 1, text->size(), file) == text->size();
  const int reason = errno;
  if ((file != nullptr && std::fclose(file) != 0) || !written) {
    const std::string_view advice = reason == EEXIST ? "; --force writes it anew, -o names another" : "";
    return Failed({ErrorKind::kIo, fmt::format("cannot write {}: {}{}", flags.file, std::strerror(reason), advice)});
  }
  fmt::print("wrote {}; try it: frazil check -c {}\n", flags.file, flags.file);
  return kDone;
}

}  // namespace

void AddInitVerb(CLI::App& app, Action& action) {
  auto flags = std::make_shared<InitFlags>();
  auto* verb = app.add_subcommand("init", "Write a configuration file to begin with");
  verb->add_option("-o,--output", flags->file, "Where to; - is standard output")->capture_default_str();
  verb->add_option("--brokers", flags->start.brokers, "Kafka's, as host:port")->capture_default_str();
  verb->add_option("--topic", flags->start.topic, "What is read");
  verb->add_option("--table", flags->start.table, "NAMESPACE.TABLE [default.TOPIC]");
  verb->add_option("--catalog", flags->start.catalog,
                   "http(s)://HOST, thrift://HOST:PORT, postgresql://USER@HOST/DATABASE or sqlite:////path/catalog.db "
                   "[an embedded one]");
  verb->add_option("--warehouse", flags->start.warehouse,
                   "Where new tables lie: s3://…, gs://…, abfss://… or a folder");
  verb->add_flag("--force", flags->force, "Also over a file that is there");
  verb->footer(
      "On a terminal it asks for what is not said.\n\nExample:\n  frazil init --topic weather --catalog "
      "http://localhost:8181 -o weather.yaml");
  verb->callback([flags, verb, &action] { action = [flags, verb] { return Init(*verb, *flags); }; });
}

}  // namespace frazil::app
