#include "app/verbs/table_change.h"

#include <fmt/core.h>

#include <utility>

#include "app/confirm.h"
#include "app/open_catalog.h"
#include "app/verbs/verb.h"

namespace frazil::app {
namespace {

using Json = nlohmann::ordered_json;

Json OffsetsJson(const std::vector<table::StoredState>& states) {
  Json rows = Json::array();
  for (const auto& stored : states) {
    Json partitions = Json::array();
    for (const auto& [id, partition] : stored.state.partitions) {
      partitions.push_back({{"partition", id}, {"next", partition.next}});
    }
    rows.push_back({{"pipeline", stored.state.pipeline}, {"topic", stored.state.topic}, {"partitions", partitions}});
  }
  return rows;
}

Json IdJson(const std::optional<int64_t>& id) { return id ? Json(*id) : Json(nullptr); }

}  // namespace

int FailedChange(const Error& error) {
  return Failed(error, error.kind == ErrorKind::kInvalidArgument ? kUsage : kFailed);
}

int WithTable(const TableFlags& flags, const std::function<int(Subject&)>& work) {
  const auto place = FindPlace(flags);
  if (!place) return Failed(place.error(), kUsage);
  const auto ident = NamedTable(flags, *place);
  if (!ident) return Failed(ident.error(), kUsage);
  auto catalog = OpenCatalog(place->catalog);
  if (!catalog) return Failed(catalog.error());
  auto loaded = (*catalog)->LoadTable(*ident);
  if (!loaded) return Failed(loaded.error());
  Subject subject{*ident, *catalog, std::make_shared<table::Table>(*catalog, *ident, *std::move(loaded))};
  return work(subject);
}

int AskFirst(const std::string& question, bool yes) {
  const auto may = Confirm(question, yes);
  if (!may) return Failed(may.error(), kUsage);
  if (*may) return kDone;
  return Failed({ErrorKind::kCancelled, "nothing was done"});
}

void AddYesFlag(CLI::App& verb, bool& yes) {
  verb.add_flag("-y,--yes", yes, "Do it without asking; needed where there is no terminal");
}

Json MoveJson(const Subject& subject, const char* kind, const std::string& name, const table::RefMove& move) {
  return {{"table", subject.ident.ToString()},
          {kind, name},
          {"from", IdJson(move.from)},
          {"to", IdJson(move.to)},
          {"changed", move.changed},
          {"offsets", OffsetsJson(move.offsets)},
          {"offsets_left", OffsetsJson(move.left)}};
}

std::string OffsetsText(const table::RefMove& move) {
  std::string out;
  for (const auto& stored : move.offsets) {
    out +=
        fmt::format("  with it go the offsets of pipeline {}, topic {}\n", stored.state.pipeline, stored.state.topic);
  }
  for (const auto& stored : move.left) {
    out += fmt::format(
        "  the offsets of pipeline {}, topic {}, stay at snapshot {}: its on_rollback says what follows (stop, "
        "reingest "
        "or continue)\n",
        stored.state.pipeline, stored.state.topic, stored.state.snapshot_id);
  }
  return out;
}

}  // namespace frazil::app
