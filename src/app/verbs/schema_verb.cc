// `frazil schema`: the keys of a configuration file, for editors and for people.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "app/json_schema.h"
#include "app/key_reference.h"
#include "app/text_table.h"
#include "app/verbs/verb.h"
#include "common/text/nearest_word.h"

namespace frazil::app {
namespace {

struct SchemaFlags {
  std::string key;
  bool markdown = false;
};

int Describe(const SchemaFlags& flags) {
  const KeyTable& root = RootKeys();
  if (flags.markdown) {
    fmt::print("{}", KeyReference(root));
  } else if (flags.key.empty()) {
    fmt::print("{}", FormatJson(JsonSchema(root)));
  } else if (const std::string help = KeyHelp(root, flags.key); !help.empty()) {
    fmt::print("{}", help);
  } else {
    return Failed({ErrorKind::kInvalidArgument, fmt::format("a configuration has no key \"{}\"{}", flags.key,
                                                            DidYouMean(flags.key, KeyNames(root)))},
                  kUsage);
  }
  return kDone;
}

}  // namespace

void AddSchemaVerb(CLI::App& app, Action& action) {
  auto flags = std::make_shared<SchemaFlags>();
  auto* verb = app.add_subcommand("schema", "Print the JSON Schema of a configuration file, or what one key means");
  auto* key = verb->add_option("KEY", flags->key, "What this key means, as batch_size or sinks.NAME.config.batch_size");
  verb->add_flag("--markdown", flags->markdown, "All keys as tables of Markdown")->excludes(key);
  verb->footer(
      "Examples:\n  frazil schema > frazil.schema.json    # and in a file's first line:\n"
      "                                        # yaml-language-server: $schema=frazil.schema.json\n"
      "  frazil schema batch_size");
  verb->callback([flags, &action] { action = [flags] { return Describe(*flags); }; });
}

}  // namespace frazil::app
