// What a commit costs this process, by how many snapshots the table keeps. The "CPU" of Google Benchmark is that of the
// committing thread. The REST catalog is a process of its own that answers as Iceberg's own does: what it does with its
// memory is not felt here; the SQL catalog writes its metadata file on the committing thread.
#include <benchmark/benchmark.h>
#include <fmt/core.h>
#include <httplib.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "catalog/catalog.h"
#include "catalog/rest_catalog.h"
#include "catalog/sql_catalog.h"
#include "common/log.h"
#include "iceberg/metadata_json.h"
#include "iceberg/table_update.h"
#include "io/gzip.h"
#include "table/committer.h"

namespace frazil {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kNow = 1'767'225'600'000;
constexpr int kPartitions = 16;  // of the topic; each commit moves four of them
const catalog::TableIdent kIdent{{"db"}, "events"};

std::string MakeDirectory() {
  static int made = 0;
  auto directory = std::filesystem::temp_directory_path() / fmt::format("commit-bench-{}-{}", ::getpid(), ++made);
  std::filesystem::create_directories(directory);
  return directory.string();
}

iceberg::NewTable MakeTable(const std::string& location) {
  iceberg::NewTable table;
  table.location = location;
  for (int32_t id = 1; id <= 8; ++id) {
    iceberg::Field field;
    field.id = id;
    field.name = fmt::format("column_{}", id);
    field.type = iceberg::Type::Primitive(iceberg::TypeKind::kString);
    table.schema.push_back(field);
  }
  return table;
}

// As Frazil's commits make them.
iceberg::Snapshot OldSnapshot(int64_t number, const std::string& location) {
  iceberg::Snapshot snapshot;
  snapshot.snapshot_id = 1'000'000'000'000'000'000 + number;
  if (number > 1) snapshot.parent_snapshot_id = snapshot.snapshot_id - 1;
  snapshot.sequence_number = number;
  snapshot.timestamp_ms = kNow + number;
  snapshot.manifest_list =
      fmt::format("{}/metadata/snap-{}-1-9c12d441-03fe-4693-9a96-a0705ddf69c1.avro", location, snapshot.snapshot_id);
  snapshot.schema_id = 0;
  snapshot.summary = {{"operation", "append"},
                      {"engine-name", "frazil"},
                      {"frazil.pipeline", "bench"},
                      {"frazil.ranges", R"({"events":[[0,1000,2000,1000],[1,1000,2000,1000],[2,1000,2000,1000]]})"},
                      {"added-data-files", "1"},
                      {"added-records", "4000"},
                      {"added-files-size", "65536"},
                      {"changed-partition-count", "1"},
                      {"total-data-files", std::to_string(number)},
                      {"total-records", std::to_string(4000 * number)},
                      {"total-files-size", std::to_string(65536 * number)},
                      {"total-delete-files", "0"},
                      {"total-position-deletes", "0"},
                      {"total-equality-deletes", "0"}};
  return snapshot;
}

// One table behind the REST protocol, with its members in the order in which Java writes them.
class RestTable {
 public:
  RestTable(const std::string& directory, int64_t old_snapshots) {
    const std::string location = "file://" + directory + "/table";
    auto metadata = iceberg::MakeTableMetadata(MakeTable(location), kNow);
    metadata->last_sequence_number = old_snapshots;
    head_ = Json::parse(iceberg::WriteTableMetadata(*metadata));
    for (const char* member : {"snapshots", "snapshot-log", "metadata-log"}) head_.erase(member);
    for (int64_t i = 1; i <= old_snapshots; ++i) {
      AddSnapshot(Json::parse(iceberg::ToJson(OldSnapshot(i, location)).dump()));
    }
    server_.Get("/v1/config", [](const auto&, auto& reply) { reply.set_content("{}", kNotForHttplibToPack); });
    server_.Get("/v1/namespaces/db/tables/events", [this](const auto& request, auto& reply) {
      std::lock_guard lock(mutex_);
      Answer(request.get_param_value("snapshots") != "refs", reply);
    });
    server_.Post("/v1/namespaces/db/tables/events", [this](const auto& request, auto& reply) {
      const auto due = std::chrono::steady_clock::now() + kAnswerAfter;
      std::lock_guard lock(mutex_);
      const Json body = Json::parse(request.body);
      for (const Json& update : body["updates"]) Apply(update);
      ++version_;
      Answer(/*all=*/true, reply);
      std::this_thread::sleep_until(due);
    });
    server_.set_tcp_nodelay(true);
  }

  int Bind() { return server_.bind_to_any_port("127.0.0.1"); }
  void Serve() { server_.listen_after_bind(); }

 private:
  // More than the largest table takes here: whoever waits comes back to a cold cache, however old the table is.
  static constexpr std::chrono::milliseconds kAnswerAfter{60};
  static constexpr char kNotForHttplibToPack[] = "application/octet-stream";

  void Answer(bool all, httplib::Response& reply) const {
    reply.set_header("Content-Encoding", "gzip");  // Java's server packs what it says, too
    reply.set_content(io::Gzip(Table(all)), kNotForHttplibToPack);
  }
  void AddSnapshot(const Json& snapshot) {
    if (!snapshots_.empty()) snapshots_ += ',';
    last_ = snapshot.dump();
    snapshots_ += last_;
    if (!log_.empty()) log_ += ',';
    log_ += fmt::format(R"({{"timestamp-ms":{},"snapshot-id":{}}})", snapshot["timestamp-ms"].get<int64_t>(),
                        snapshot["snapshot-id"].get<int64_t>());
  }
  void Apply(const Json& update) {
    const std::string action = update["action"];
    if (action == "add-snapshot") {
      AddSnapshot(update["snapshot"]);
      head_["last-sequence-number"] = update["snapshot"]["sequence-number"];
      head_["last-updated-ms"] = update["snapshot"]["timestamp-ms"];
    } else if (action == "set-snapshot-ref") {
      head_["refs"][update["ref-name"].get<std::string>()] = {{"snapshot-id", update["snapshot-id"]},
                                                              {"type", update["type"]}};
      head_["current-snapshot-id"] = update["snapshot-id"];
    } else if (action == "set-properties") {
      head_["properties"].update(update["updates"]);
    }
  }
  std::string Table(bool all) const {
    std::string head = head_.dump();
    head.pop_back();
    const auto file = [&](int version) {
      return fmt::format("{}/metadata/{:05}-x.metadata.json", head_["location"].get<std::string>(), version);
    };
    const std::string files = fmt::format(R"([{{"timestamp-ms":1,"metadata-file":"{}"}}])", file(version_ - 1));
    return fmt::format(R"({{"metadata-location":"{}","metadata":{},"snapshots":[{}],"snapshot-log":[{}],)"
                       R"("metadata-log":{}}},"config":{{}}}})",
                       file(version_), head, all ? snapshots_ : last_, log_, files);
  }

  httplib::Server server_;
  std::mutex mutex_;  // of what follows
  Json head_;
  std::string snapshots_;
  std::string last_;
  std::string log_;
  int version_ = 1;
};

// Serves one until it is destroyed.
class RestServer {
 public:
  RestServer(const std::string& directory, int64_t old_snapshots) {
    int ends[2];
    if (pipe(ends) != 0) std::abort();
    child_ = fork();
    if (child_ == 0) {
      RestTable table(directory, old_snapshots);
      const int port = table.Bind();
      if (write(ends[1], &port, sizeof port) == sizeof port) table.Serve();
      _exit(1);
    }
    close(ends[1]);
    if (read(ends[0], &port_, sizeof port_) != sizeof port_) std::abort();
    close(ends[0]);
  }
  ~RestServer() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }

  std::string uri() const { return fmt::format("http://127.0.0.1:{}", port_); }

 private:
  pid_t child_ = 0;
  int port_ = 0;
};

// A pipeline's committer on a table that keeps `old_snapshots`.
class Commits {
 public:
  Commits(const std::shared_ptr<catalog::Catalog>& catalog)  // NOLINT(google-explicit-constructor)
      : committer_(std::make_shared<table::Table>(catalog, kIdent, *catalog->LoadTable(kIdent)), Options()) {}

  Status Start() {
    FRAZIL_RETURN_IF_ERROR(committer_.Load());
    table::Positions starts;
    for (int32_t partition = 0; partition < kPartitions; ++partition) starts[{"events", partition}] = 0;
    return committer_.Establish(starts);
  }
  Status One() {
    std::vector<record::OffsetRange> ranges;
    for (int i = 0; i < 4; ++i) {
      const int32_t partition = static_cast<int32_t>(moved_++ % kPartitions);
      int64_t& next = next_[partition];
      record::OffsetRange range{{"events", partition}, next, next + 1000, 0, {}};
      range.counts.rows = 1000;
      ranges.push_back(range);
      next += 1000;
    }
    iceberg::DataFile file;
    file.file_path = fmt::format("file:///nowhere/data/{:08}.parquet", moved_);
    file.record_count = 4000;
    file.file_size_in_bytes = 65536;
    FRAZIL_RETURN_IF_ERROR(committer_.Commit({file}, ranges));
    return {};
  }

 private:
  static table::CommitterOptions Options() {
    table::CommitterOptions options;
    options.pipeline = "bench";
    options.cluster_id = "cluster";
    options.topic_ids = {{"events", "topic-id"}};
    return options;
  }

  table::Committer committer_;
  std::map<int32_t, int64_t> next_;
  int64_t moved_ = 0;
};

void Run(benchmark::State& state, const std::shared_ptr<catalog::Catalog>& catalog) {
  Commits commits(catalog);
  Status status = commits.Start();
  // The first commits of a process meet snapshots that it has not seen before.
  for (int i = 0; i < 3 && status; ++i) status = commits.One();
  for (auto _ : state) {
    if (status) status = commits.One();
  }
  if (!status) state.SkipWithError(status.error().message.c_str());
}

void CommitByRest(benchmark::State& state) {
  const std::string directory = MakeDirectory();
  {
    RestServer server(directory, state.range(0));
    catalog::RestCatalogOptions options;
    options.uri = server.uri();
    Run(state, *catalog::OpenRestCatalog(options));
  }
  std::filesystem::remove_all(directory);
}

std::shared_ptr<catalog::Catalog> SqlCatalog(const std::string& directory, int64_t old_snapshots) {
  auto catalog = *catalog::OpenSqlCatalog({"sqlite:///" + directory + "/catalog.db", "file://" + directory, "b", {}});
  const std::string location = "file://" + directory + "/table";
  std::vector<iceberg::TableUpdate> updates;
  for (int64_t i = 1; i <= old_snapshots; ++i) updates.emplace_back(iceberg::AddSnapshot{OldSnapshot(i, location)});
  Status made = catalog->CreateNamespace({"db"});
  if (made && !catalog->CreateTable(kIdent, MakeTable(location))) made = Fail(ErrorKind::kIo, "no table");
  if (made && !catalog->Commit(kIdent, {}, updates, "")) made = Fail(ErrorKind::kIo, "no snapshots");
  if (!made) log::error("{}", made.error().message);
  return catalog;
}

void CommitBySql(benchmark::State& state) {
  const std::string directory = MakeDirectory();
  Run(state, SqlCatalog(directory, state.range(0)));
  std::filesystem::remove_all(directory);
}

// What a process that has not seen the table pays.
void LoadByRest(benchmark::State& state) {
  const std::string directory = MakeDirectory();
  {
    RestServer server(directory, state.range(0));
    catalog::RestCatalogOptions options;
    options.uri = server.uri();
    for (auto _ : state) {
      auto catalog = catalog::OpenRestCatalog(options);
      auto loaded = (*catalog)->LoadTable(kIdent);
      if (!loaded) state.SkipWithError(loaded.error().message.c_str());
    }
  }
  std::filesystem::remove_all(directory);
}

// After many commits of which a hundred snapshots are kept; some of those measured merge manifests.
void CommitAfter(benchmark::State& state) {
  const std::string directory = MakeDirectory();
  const auto catalog = SqlCatalog(directory, 0);
  Commits commits(catalog);
  Status status = commits.Start();
  const auto expire = [&]() -> Status {
    FRAZIL_ASSIGN_OR_RETURN(const auto table, catalog->LoadTable(kIdent));
    iceberg::RemoveSnapshots old;
    for (size_t i = 0; i + 100 < table.metadata->snapshots.size(); ++i) {
      old.snapshot_ids.push_back(table.metadata->snapshots[i].snapshot_id);
    }
    if (old.snapshot_ids.empty()) return {};
    FRAZIL_RETURN_IF_ERROR(catalog->Commit(kIdent, {}, {old}, ""));
    return {};
  };
  for (int64_t i = 0; i < state.range(0) && status; ++i) {
    status = commits.One();
    if (status && i % 50 == 49) status = expire();
  }
  for (auto _ : state) {
    if (status) status = commits.One();
  }
  if (!status) state.SkipWithError(status.error().message.c_str());
  std::filesystem::remove_all(directory);
}

BENCHMARK(CommitAfter)->Arg(10)->Arg(10000)->Unit(benchmark::kMillisecond)->Iterations(200);
BENCHMARK(CommitByRest)->Arg(10)->Arg(100)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond)->Iterations(40);
BENCHMARK(CommitBySql)->Arg(10)->Arg(100)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond)->Iterations(40);
BENCHMARK(LoadByRest)->Arg(10)->Arg(10000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace frazil
