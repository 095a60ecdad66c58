// `frazil table properties|rename|drop`: what a table says of itself, its name, its end.
#include "app/verbs/table_care_verb.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/text_table.h"
#include "app/verbs/table_change.h"
#include "app/verbs/verb.h"
#include "catalog/renaming.h"
#include "common/text/nearest_word.h"
#include "ops/purge.h"
#include "table/offset_state.h"
#include "table/table_change.h"

namespace frazil::app {
namespace {

using Json = nlohmann::ordered_json;
using table::Table;

constexpr char kTableHelp[] = "NAMESPACE.TABLE; with -c: the sink's table unless given";

struct PropertyFlags {
  TableFlags table;
  std::vector<std::string> words;  // KEY=VALUE, or KEY
  bool force = false;
};

// What catalogs show or take as properties and keep elsewhere (reference: TableProperties.RESERVED_PROPERTIES).
constexpr std::array<std::string_view, 9> kReserved = {"format-version",
                                                       "uuid",
                                                       "snapshot-count",
                                                       "current-snapshot-summary",
                                                       "current-snapshot-id",
                                                       "current-schema",
                                                       "default-sort-order",
                                                       "default-partition-spec",
                                                       "current-snapshot-timestamp-ms"};

Status MayChange(const std::string& key, bool force) {
  if (key.empty()) return Fail(ErrorKind::kInvalidArgument, "a property needs a name");
  if (std::find(kReserved.begin(), kReserved.end(), key) != kReserved.end()) {
    return Fail(ErrorKind::kInvalidArgument, "'{}' is no property: the table's own metadata says it", key);
  }
  if (force || !key.starts_with(table::kOffsetsKeyPrefix)) return {};
  return Fail(ErrorKind::kInvalidArgument,
              "'{}' says where a pipeline stands in this table: with another value, or without it, records would come "
              "twice, be left out, or the pipeline would not start. 'frazil rewind' moves a pipeline, 'frazil verify "
              "--repair' mends its offsets. --force changes it all the same",
              key);
}

int PrintProperties(const PropertyFlags& flags, const std::map<std::string, std::string>& properties) {
  if (flags.table.json) {
    fmt::print("{}", FormatJson(Json(properties)));
    return kDone;
  }
  Json rows = Json::array();
  for (const auto& [key, value] : properties) rows.push_back({{"key", key}, {"value", value}});
  fmt::print("{}", FormatTable({{"key", "KEY"}, {"value", "VALUE"}}, rows));
  return kDone;
}

tl::unexpected<Error> NoProperty(const std::string& key, const std::map<std::string, std::string>& properties) {
  std::vector<std::string_view> names;
  names.reserve(properties.size());
  for (const auto& [name, value] : properties) names.emplace_back(name);
  return Fail(ErrorKind::kNotFound, "the table has no property '{}'{}", key, DidYouMean(key, names));
}

int Get(const PropertyFlags& flags) {
  return WithTable(flags.table, [&](Subject& subject) {
    const auto metadata = subject.table->current().metadata;
    if (flags.words.empty()) return PrintProperties(flags, metadata->properties);
    std::map<std::string, std::string> chosen;
    for (const std::string& key : flags.words) {
      const auto found = metadata->properties.find(key);
      if (found == metadata->properties.end()) return Failed(NoProperty(key, metadata->properties).value());
      chosen.insert(*found);
    }
    return PrintProperties(flags, chosen);
  });
}

int Set(const PropertyFlags& flags) {
  std::map<std::string, std::string> wanted;
  for (const std::string& word : flags.words) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos) {
      return Failed({ErrorKind::kInvalidArgument, fmt::format("\"{}\": write KEY=VALUE", word)}, kUsage);
    }
    const std::string key = word.substr(0, equals);
    if (const Status may = MayChange(key, flags.force); !may) return Failed(may.error(), kUsage);
    wanted[key] = word.substr(equals + 1);
  }
  return WithTable(flags.table, [&](Subject& subject) {
    const auto make = [&](const catalog::LoadedTable& base) -> Result<table::TableRequest> {
      std::map<std::string, std::string> changes;
      for (const auto& [key, value] : wanted) {
        const auto found = base.metadata->properties.find(key);
        if (found == base.metadata->properties.end() || found->second != value) changes[key] = value;
      }
      if (changes.empty()) return table::TableRequest{};
      return table::TableRequest{{iceberg::SetProperties{changes}}};
    };
    const auto now = table::ChangeTable(*subject.table, "set properties", Table::History::kHeads, make);
    if (!now) return FailedChange(now.error());
    for (const auto& [key, value] : wanted) {
      if (now->metadata->Property(key, "") == value) continue;
      return Failed({ErrorKind::kUnsupported, fmt::format("{} took the change and does not keep property '{}'",
                                                          subject.catalog->Describe(), key)});
    }
    return PrintProperties(flags, wanted);
  });
}

int Unset(const PropertyFlags& flags) {
  for (const std::string& key : flags.words) {
    if (const Status may = MayChange(key, flags.force); !may) return Failed(may.error(), kUsage);
  }
  return WithTable(flags.table, [&](Subject& subject) {
    std::map<std::string, std::string> gone;
    const auto make = [&](const catalog::LoadedTable& base) -> Result<table::TableRequest> {
      iceberg::RemoveProperties remove;
      for (const std::string& key : flags.words) {
        const auto found = base.metadata->properties.find(key);
        if (found == base.metadata->properties.end()) {
          if (gone.contains(key)) continue;  // by a try whose answer was lost
          return NoProperty(key, base.metadata->properties);
        }
        gone.insert(*found);
        remove.keys.push_back(key);
      }
      if (remove.keys.empty()) return table::TableRequest{};
      return table::TableRequest{{remove}};
    };
    const auto now = table::ChangeTable(*subject.table, "unset properties", Table::History::kHeads, make);
    if (!now) return FailedChange(now.error());
    return PrintProperties(flags, gone);
  });
}

void AddPropertiesVerb(CLI::App& group, Action& action) {
  auto flags = std::make_shared<PropertyFlags>();
  auto* verb = group.add_subcommand("properties", "Show, set or unset what a table says for all its writers");
  AddTableFlags(*verb, "TABLE", kTableHelp, flags->table);
  verb->require_subcommand(1);
  verb->footer(
      "Examples:\n  frazil table properties default.weather set write.metadata.delete-after-commit.enabled=true\n"
      "  frazil table properties default.weather get");
  constexpr char kForce[] = "Also what says where pipelines stand";
  auto* set = verb->add_subcommand("set", "Set properties");
  set->add_option("PROPERTY", flags->words, "KEY=VALUE")->required();
  set->add_flag("--force", flags->force, kForce);
  set->callback([flags, &action] { action = [flags] { return Set(*flags); }; });
  auto* unset = verb->add_subcommand("unset", "Take properties away; what they had been is printed");
  unset->add_option("KEY", flags->words)->required();
  unset->add_flag("--force", flags->force, kForce);
  unset->callback([flags, &action] { action = [flags] { return Unset(*flags); }; });
  auto* get = verb->add_subcommand("get", "Print properties; without a name all of them");
  get->add_option("KEY", flags->words);
  get->callback([flags, &action] { action = [flags] { return Get(*flags); }; });
}

struct RenameFlags {
  TableFlags table;
  std::string to;
};

// Of a request whose answer was lost: the table of this uuid has the other name now.
bool HasName(catalog::Catalog& catalog, const catalog::TableIdent& ident, const std::string& uuid) {
  const auto there = catalog.LoadHeads(ident);
  return there && there->metadata->table_uuid == uuid;
}

int Rename(RenameFlags flags) {
  // With -c the table may be left out.
  if (flags.to.empty()) std::swap(flags.to, flags.table.name);
  if (flags.to.empty()) {
    return Failed({ErrorKind::kInvalidArgument, "rename to what? Give the new name as NAMESPACE.TABLE"}, kUsage);
  }
  const auto to = catalog::ParseTableIdent(flags.to);
  if (!to) return Failed(to.error(), kUsage);
  return WithTable(flags.table, [&](Subject& subject) {
    if (*to == subject.ident) {
      return Failed({ErrorKind::kAlreadyExists, fmt::format("table {} is called so already", to->ToString())});
    }
    const std::string uuid = subject.table->current().metadata->table_uuid;
    auto* renaming = dynamic_cast<catalog::Renaming*>(subject.catalog.get());
    const Status renamed = renaming == nullptr
                               ? Fail(ErrorKind::kUnsupported, "{} cannot rename tables", subject.catalog->Describe())
                               : renaming->RenameTable(subject.ident, *to);
    const bool unheard = !renamed && renamed.error().kind == ErrorKind::kCommitUnknown;
    if (!renamed && !(unheard && HasName(*subject.catalog, *to, uuid))) return Failed(renamed.error());
    const Json json = {{"from", subject.ident.ToString()}, {"to", to->ToString()}, {"uuid", uuid}};
    fmt::print("{}", flags.table.json
                         ? FormatJson(json)
                         : fmt::format("table {} is called {} now; a pipeline that feeds it needs the new name\n",
                                       subject.ident.ToString(), to->ToString()));
    return kDone;
  });
}

void AddRenameVerb(CLI::App& group, Action& action) {
  auto flags = std::make_shared<RenameFlags>();
  auto* verb = group.add_subcommand("rename", "Give a table another name; its files stay where they are");
  AddTableFlags(*verb, "TABLE", kTableHelp, flags->table);
  verb->add_option("TO", flags->to, "The new name, NAMESPACE.TABLE");
  verb->footer(
      "Examples:\n  frazil table rename default.weather archive.weather\n"
      "  frazil table rename -c weather.yaml archive.weather");
  verb->callback([flags, &action] { action = [flags] { return Rename(*flags); }; });
}

struct DropFlags {
  TableFlags table;
  bool purge = false;
  bool yes = false;
};

int ReportPurge(const DropFlags& flags, const Subject& subject, const std::optional<ops::PurgeReport>& purge) {
  if (flags.table.json) {
    Json json = {{"table", subject.ident.ToString()}, {"purged", purge.has_value()}};
    if (purge) {
      json["deleted_files"] = purge->deleted;
      json["left_elsewhere"] = purge->elsewhere;
      json["failed"] = purge->failed;
    }
    fmt::print("{}", FormatJson(json));
  } else if (!purge) {
    fmt::print("table {} is dropped; its files stay at {}\n", subject.ident.ToString(),
               subject.table->current().metadata->location);
  } else {
    fmt::print("table {} is dropped, and {} deleted\n", subject.ident.ToString(), FormatNumber(purge->deleted, "file"));
    for (const std::string& file : purge->elsewhere) fmt::print("  left, since it is not below the table: {}\n", file);
  }
  if (!purge || purge->failed.empty()) return kDone;
  return Failed({ErrorKind::kIo,
                 fmt::format("the table is dropped, and {} could not be deleted: {}",
                             FormatNumber(static_cast<int64_t>(purge->failed.size()), "file"), purge->failed.front())});
}

int Drop(const DropFlags& flags) {
  return WithTable(flags.table, [&](Subject& subject) {
    const int may = AskFirst(
        fmt::format("Drop table {}{}?", subject.ident.ToString(), flags.purge ? " and delete all its files" : ""),
        flags.yes);
    if (may != kDone) return may;
    std::vector<std::string> files;
    if (flags.purge) {
      // Before it is forgotten: a table of which not all can be read is not half deleted.
      auto found = ops::FilesOf(subject.table->current());
      if (!found) {
        return FailedChange({found.error().kind, fmt::format("table {} is not dropped: {}", subject.ident.ToString(),
                                                             found.error().message)});
      }
      files = *std::move(found);
    }
    if (const Status dropped = subject.catalog->DropTable(subject.ident); !dropped) return Failed(dropped.error());
    std::optional<ops::PurgeReport> purge;
    if (flags.purge) purge = ops::DeleteFiles(files, subject.table->current());
    return ReportPurge(flags, subject, purge);
  });
}

void AddDropVerb(CLI::App& group, Action& action) {
  auto flags = std::make_shared<DropFlags>();
  auto* verb = group.add_subcommand("drop", "Have the catalog forget a table");
  AddTableFlags(*verb, "TABLE", kTableHelp, flags->table);
  verb->add_flag("--purge", flags->purge, "Also delete its files, of all snapshots, that lie below its own locations");
  AddYesFlag(*verb, flags->yes);
  verb->footer("Examples:\n  frazil table drop default.weather\n  frazil table drop default.weather --purge --yes");
  verb->callback([flags, &action] { action = [flags] { return Drop(*flags); }; });
}

}  // namespace

void AddTableCareVerbs(CLI::App& group, Action& action) {
  AddPropertiesVerb(group, action);
  AddRenameVerb(group, action);
  AddDropVerb(group, action);
}

}  // namespace frazil::app
