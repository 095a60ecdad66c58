// `limits`: how much is taken from servers and files.
#include <algorithm>
#include <map>

#include "app/config_sections.h"

namespace frazil::app {
namespace {

const std::map<std::string_view, std::string_view> kAbout = {
    {"http_reply_mb",
     "MiB of one reply of a catalog, unpacked. Reading it takes up to six times as much for a moment, so an eighth of "
     "`memory_limit_mb` where that is less"},
    {"http_headers_kb", "KiB of the headers of one reply, of a single one no more than 100"},
    {"http_timeout_secs",
     "seconds for one request, from connecting to the last byte of its reply, however steadily it comes. A REST "
     "catalog's `rest.client.socket-timeout-ms` goes before it"},
    {"token_reply_kb", "KiB of a reply of a token server, or of what gives out AWS's keys"},
    {"catalog_pages", "pages of one list of namespaces or tables. A page that comes a second time ends it at once"},
    {"hive_reply_mb", "MiB of one reply of a Hive Metastore"},
    {"hive_entries", "entries of one list in it: databases, tables of a database, columns of a table"},
    {"hive_timeout_secs",
     "seconds for one call, which must be less than the metastore's `metastore.txn.timeout`: the lock of a commit must "
     "outlive it"},
    {"metadata_file_mb",
     "MiB of one file of a table's metadata (metadata, manifest list, manifest), unpacked; an eighth of "
     "`memory_limit_mb` where that is less"},
    {"json_values",
     "values in metadata without its snapshots, and in other documents of a catalog: a value of three bytes takes "
     "fifty in memory"},
    {"json_nesting", "levels of lists and objects within each other in such documents, and in Avro schemas"},
};

}  // namespace

Limits DefaultLimits(const std::vector<PipelineConfig>& pipelines) {
  // What is read whole has to fit beside everything else, with what reading it takes.
  constexpr int64_t kShare = 8;
  Limits limits;
  for (const auto& pipeline : pipelines) {
    const int64_t share_mb = pipeline.memory_limit / kShare / Limits::kMiB;
    limits.http_reply.value = std::min(limits.http_reply.value, share_mb);
    limits.metadata_file.value = std::min(limits.metadata_file.value, share_mb);
  }
  return limits;
}

const Section<Limits>& LimitKeys() {
  static const auto keys = [] {
    constexpr std::string_view kSection = "limits.";
    Section<Limits> section("common");
    Limits usual;
    const std::vector<Limit*> limits = usual.All();
    for (size_t i = 0; i < limits.size(); ++i) {
      const auto key = limits[i]->key.substr(kSection.size());
      const auto about = kAbout.find(key);
      section.Whole(
          key, [i](Limits& all) -> int64_t& { return all.All()[i]->value; }, {limits[i]->least, limits[i]->most},
          about == kAbout.end() ? "" : about->second);
    }
    return section;
  }();
  return keys;
}

}  // namespace frazil::app
