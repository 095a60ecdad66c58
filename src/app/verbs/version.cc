#include <fmt/core.h>

#include <CLI/CLI.hpp>

#include "app/verbs/verb.h"

namespace frazil::app {

void AddVersionVerb(CLI::App& app, Action& action) {
  auto* verb = app.add_subcommand("version", "Print the program's version");
  verb->footer("Example:\n  frazil version");
  verb->callback([&action] {
    action = [] {
      fmt::print("frazil {}\n", FRAZIL_VERSION);
      return kDone;
    };
  });
}

}  // namespace frazil::app
