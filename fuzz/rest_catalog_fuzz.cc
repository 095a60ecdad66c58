// A REST catalog and its token server say one thing after another, over HTTP: a line of the input is the body of a
// reply, behind a first byte that chooses its status. Whatever they say, a call ends, its error is told in short and
// without our secrets, and nothing of ours goes to another server.
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/rest_catalog.h"
#include "common/limits.h"
#include "common/log.h"
#include "fuzz.h"
#include "http/fault_server.h"
#include "iceberg/table_update.h"

namespace {

using frazil::catalog::Catalog;
using frazil::fuzz::Check;
using frazil::http::FaultServer;

constexpr std::string_view kSecret = "pA7-0815-secret-4711";
constexpr std::string_view kLastReply = "{}";  // when all lines are said

// What it says: one script for all connections.
class Script {
 public:
  void Begin(std::string_view text) {
    std::lock_guard lock(mutex_);
    rest_ = text;
  }
  FaultServer::Reply Next() {
    std::lock_guard lock(mutex_);
    const auto end = std::min(rest_.find('\n'), rest_.size());
    const std::string line(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (line.empty()) return Said(200, std::string(kLastReply));
    constexpr int kStatuses[] = {200, 204, 400, 401, 404, 409, 503};
    // Letters and digits from 'a' on; what a person writes first, "0", is 200.
    return Said(kStatuses[static_cast<unsigned char>(line[0] - '0') % std::size(kStatuses)], line.substr(1));
  }

 private:
  static FaultServer::Reply Said(int status, const std::string& body) {
    auto reply = FaultServer::Json(status, body);
    reply.close = false;
    return reply;
  }

  std::mutex mutex_;
  std::string_view rest_;
};

Script script;

// A new one now and then: it keeps what it was asked, and a thread for each connection that was.
const std::string& ServerUrl() {
  static std::unique_ptr<FaultServer> server;
  static std::string url;
  static int inputs = 0;
  if (inputs++ % 200 == 0) {
    server = std::make_unique<FaultServer>([](const FaultServer::Request& request) {
      Check(request.headers.find("Host: 127.0.0.1:") != std::string::npos, "requests go to the catalog");
      return script.Next();
    });
    url = server->url();
  }
  return url;
}

template <class T>
void CheckTold(const T& outcome) {
  if (outcome) return;
  const std::string& message = outcome.error().message;
  Check(message.size() < 10'000, "an error is told in short");
  Check(message.find(kSecret) == std::string::npos, "no secret is told");
}

void Use(Catalog& catalog) {
  const frazil::catalog::TableIdent ident{{"a"}, "t"};
  auto loaded = catalog.LoadTable(ident);
  CheckTold(loaded);
  if (loaded) {
    Check(loaded->metadata != nullptr && loaded->io != nullptr, "a table has metadata and files");
    (void)loaded->io->CloseByMillis();
    // Nothing is written, and no store is asked: who says where it is are the replies.
    const std::string place = loaded->metadata->location + "/metadata/none.json";
    if (place.starts_with("file:")) {
      CheckTold(loaded->io->Exists(place));
      CheckTold(loaded->io->Open(place));
    }
    CheckTold(catalog.Commit(ident, {}, {frazil::iceberg::SetProperties{{{"k", "v"}}}}, "key"));
  }
  CheckTold(catalog.LoadHeads(ident));
  CheckTold(catalog.NamespaceExists({"a"}));
  CheckTold(catalog.ListTables({"a"}));
  CheckTold(catalog.ListNamespaces());
  frazil::iceberg::NewTable table;
  CheckTold(catalog.CreateTable(ident, table));
  CheckTold(catalog.DropTable(ident));
}

void SetUp() {
  frazil::Limits limits;
  limits.catalog_pages.value = 20;
  limits.http_timeout.value = 5;
  frazil::SetLimits(limits);
  spdlog::set_level(spdlog::level::off);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const bool ready = (SetUp(), true);
  static_cast<void>(ready);
  if (size == 0) return 0;
  frazil::catalog::RestCatalogOptions options;
  options.uri = ServerUrl();
  // Bits of the first byte: a client that asks for tokens; keys of our own for the store.
  options.credential = data[0] % 2 == 1 ? "feeder:" + std::string(kSecret) : std::string(kSecret);
  if ((data[0] & 2) != 0) {
    options.io = {{"s3.access-key-id", "ours"}, {"s3.secret-access-key", std::string(kSecret)}};
  }
  script.Begin({reinterpret_cast<const char*>(data) + 1, size - 1});
  const auto catalog = OpenRestCatalog(options);
  CheckTold(catalog);
  if (catalog) Use(**catalog);
  script.Begin({});
  return 0;
}
