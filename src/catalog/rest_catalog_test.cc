// The REST catalog's client against a server that answers as told: outcomes, tokens, credentials, secrets. Against
// real catalogs it is tried by tests/conformance/catalog_rest_test.py.
#include "catalog/rest_catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <utility>

#include "catalog/catalog.h"
#include "catalog/rest_auth.h"
#include "catalog/rest_storage.h"
#include "common/random.h"
#include "common/text/base64.h"
#include "http/fault_server.h"
#include "http/http_client.h"
#include "iceberg/json_members.h"
#include "iceberg/metadata_json.h"
#include "storage/storage.h"

namespace frazil::catalog {
namespace {

using http::FaultServer;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::StartsWith;

const TableIdent kEvents{{"a b", "c"}, "events"};
const TrustedServers kNobody("http://catalog", {});

std::string TableReply(const std::string& more = "") {
  iceberg::NewTable table;
  table.location = "s3://bucket/warehouse/events";
  table.schema = {{1, "id", iceberg::Type::Primitive(iceberg::TypeKind::kLong), true, "", {}, {}}};
  const auto metadata = iceberg::MakeTableMetadata(table, 1).value();
  return fmt::format("{{\"metadata\": {}{}}}", iceberg::WriteTableMetadata(metadata), more);
}

// A catalog of one table; `answer` may answer in its place (an empty reply: it does not).
class RestServer {
 public:
  using Answer = std::function<std::optional<FaultServer::Reply>(const FaultServer::Request&)>;
  explicit RestServer(Answer answer = {}, std::string config = R"({"defaults": {}, "overrides": {}})")
      : answer_(std::move(answer)), config_(std::move(config)), server_([this](const auto& request) {
          if (answer_) {
            if (auto reply = answer_(request)) return *reply;
          }
          return FaultServer::Json(200, request.target.starts_with("/v1/config") ? config_ : TableReply());
        }) {}

  RestCatalogOptions options() const { return {server_.url(), "", {}, {}, {}, {}}; }
  std::shared_ptr<Catalog> Open() const { return Open(options()); }
  std::shared_ptr<Catalog> Open(const RestCatalogOptions& with) const {
    auto opened = OpenRestCatalog(with);
    EXPECT_TRUE(opened) << opened.error().message;
    return opened.value_or(nullptr);
  }
  std::vector<FaultServer::Request> requests() const { return server_.requests(); }
  int Count(const std::string& method, const std::string& target) const {
    int count = 0;
    for (const auto& request : requests()) count += request.method == method && request.target == target ? 1 : 0;
    return count;
  }

 private:
  Answer answer_;
  std::string config_;
  FaultServer server_;
};

std::vector<iceberg::TableUpdate> SomeUpdate() { return {iceberg::SetProperties{{{"k", "v"}}}}; }

Result<LoadedTable> CommitTo(Catalog& catalog, const std::string& key = "") {
  return catalog.Commit(kEvents, {iceberg::AssertRefSnapshotId{"main", 7}}, SomeUpdate(), key);
}

TEST(RestCatalogTest, SendsWhatTheProtocolSays) {
  RestServer server({}, R"({"defaults": {"prefix": "not this", "header.X-Default": "d"},
                            "overrides": {"prefix": "p/q", "unknown": "x"}, "idempotency-key-lifetime": "PT30M"})");
  RestCatalogOptions options = server.options();
  options.uri += "/";
  options.warehouse = "s3://w h";
  options.credential = Secret("tok");
  options.properties = {{"header.X-Mine", "m"}, {"prefix", "nor this"}};
  const auto catalog = server.Open(options);
  ASSERT_TRUE(catalog->LoadTable(kEvents));
  const auto done = CommitTo(*catalog, "01890a5d-ac96-774b-bcce-b302099a8057");
  ASSERT_TRUE(done) << done.error().message;

  ASSERT_TRUE(catalog->DropTable(kEvents));

  const auto requests = server.requests();
  ASSERT_THAT(requests, SizeIs(4));
  EXPECT_EQ(requests[3].method + requests[3].target,
            "DELETE/v1/p/q/namespaces/a%20b%1Fc/tables/events?purgeRequested=false");
  EXPECT_EQ(requests[0].target, "/v1/config?warehouse=s3%3A%2F%2Fw%20h");
  EXPECT_THAT(requests[0].headers, AllOf(HasSubstr("Authorization: Bearer tok\r\n"), HasSubstr("X-Mine: m")));
  const std::string path = "/v1/p/q/namespaces/a%20b%1Fc/tables/events";
  EXPECT_EQ(requests[1].target, path + "?snapshots=all");
  EXPECT_THAT(requests[1].headers,
              AllOf(HasSubstr("X-Iceberg-Access-Delegation: vended-credentials"), HasSubstr("X-Default: d")));
  EXPECT_EQ(requests[2].method + requests[2].target, "POST" + path);
  EXPECT_THAT(requests[2].headers, HasSubstr("Idempotency-Key: 01890a5d-ac96-774b-bcce-b302099a8057\r\n"));
  EXPECT_EQ(iceberg::json::Parse(requests[2].body).value(), iceberg::json::Parse(R"({
      "identifier": {"namespace": ["a b", "c"], "name": "events"},
      "requirements": [{"type": "assert-ref-snapshot-id", "ref": "main", "snapshot-id": 7}],
      "updates": [{"action": "set-properties", "updates": {"k": "v"}}]})")
                                                                .value());
}

// A table of which each commit adds a snapshot, in the member order of Java's server or of others. What comes after the
// snapshots is broken JSON if `ends_well` is not set: who reads it will notice.
class Growing {
 public:
  explicit Growing(int old_snapshots) {
    for (int i = 0; i < old_snapshots; ++i) Add(i + 1);
  }
  void Add(int64_t id) {
    iceberg::Snapshot snapshot;
    snapshot.snapshot_id = id;
    if (id > 1) snapshot.parent_snapshot_id = id - 1;
    snapshot.sequence_number = id;
    snapshot.manifest_list = fmt::format("s3://bucket/{}.avro", id);
    snapshots_.push_back(iceberg::ToJson(snapshot));
  }
  std::string Reply(bool heads) const {
    Json head = table_;
    for (const char* member : {"snapshots", "snapshot-log", "metadata-log", "refs"}) head.erase(member);
    head["last-sequence-number"] = snapshots_.size();
    head["current-snapshot-id"] = snapshots_.back()["snapshot-id"];
    if (nessie) head["properties"]["nessie.catalog.content-id"] = "some-id";
    const Json refs = {{"main", {{"snapshot-id", snapshots_.back()["snapshot-id"]}, {"type", "branch"}}}};
    if (java) head["refs"] = refs;
    std::string text = head.dump();
    text.pop_back();
    const std::string head_list = hides_heads ? "[]" : "[" + snapshots_.back().dump() + "]";
    const std::string list = heads ? head_list : Json(snapshots_).dump();
    return fmt::format(R"({{"metadata-location": "s3://bucket/{}.json", "metadata": {}, "snapshots": {}{}}}}}{})",
                       snapshots_.size(), text, list, java ? "" : R"(, "refs": )" + refs.dump(), ends_well ? "" : "!");
  }

  bool java = true;
  bool ends_well = true;
  bool hides_heads = false;
  bool nessie = false;

 private:
  using Json = iceberg::json::Json;
  const Json table_ = Json::parse(TableReply())["metadata"];
  std::vector<Json> snapshots_;
};

class HistoryTest : public testing::Test {
 protected:
  Result<LoadedTable> Append(int64_t id, bool tagged = false) {
    iceberg::Snapshot snapshot;
    snapshot.snapshot_id = id;
    snapshot.parent_snapshot_id = id - 1;
    snapshot.sequence_number = id;
    snapshot.manifest_list = fmt::format("s3://bucket/{}.avro", id);
    std::vector<iceberg::TableUpdate> updates = {iceberg::AddSnapshot{snapshot},
                                                 iceberg::SetSnapshotRef{"main", {.snapshot_id = id}}};
    if (tagged) updates.emplace_back(iceberg::SetSnapshotRef{"t", {.snapshot_id = id, .is_branch = false}});
    return catalog_->Commit(kEvents, {}, updates, "");
  }

  Growing table_{5};
  int64_t appended_ = 5;
  std::function<void()> first_;
  RestServer server_{[this](const FaultServer::Request& request) -> std::optional<FaultServer::Reply> {
    if (request.target.starts_with("/v1/config")) return std::nullopt;
    if (first_) std::exchange(first_, nullptr)();
    if (request.method == "POST") table_.Add(++appended_);
    return FaultServer::Json(200, table_.Reply(request.target.ends_with("?snapshots=refs")));
  }};
  std::shared_ptr<Catalog> catalog_ = server_.Open();
};

TEST_F(HistoryTest, HeadsAreASmallLoad) {
  const auto heads = catalog_->LoadHeads(kEvents);
  ASSERT_TRUE(heads) << heads.error().message;
  EXPECT_EQ(heads->metadata->snapshots.size(), 1U);
  EXPECT_TRUE(heads->metadata->history_is_cut);
  const auto whole = catalog_->LoadTable(kEvents);
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->metadata->snapshots.size(), 5U);
  EXPECT_FALSE(whole->metadata->history_is_cut);
  // The same metadata file: what is known of it stays known.
  EXPECT_EQ(catalog_->LoadHeads(kEvents)->metadata, whole->metadata);
}

TEST_F(HistoryTest, HeadsThatAreMissingAreLoadedWithAllElse) {
  table_.hides_heads = true;
  const auto loaded = catalog_->LoadHeads(kEvents);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->metadata->snapshots.size(), 5U);
}

TEST_F(HistoryTest, ATableThatIsShownByItsHeadAloneIsMarked) {
  EXPECT_FALSE(catalog_->LoadTable(kEvents)->metadata->shows_head_alone);
  table_.nessie = true;
  catalog_ = server_.Open();
  EXPECT_TRUE(catalog_->LoadTable(kEvents)->metadata->shows_head_alone);
  EXPECT_TRUE(catalog_->LoadHeads(kEvents)->metadata->shows_head_alone);
  EXPECT_TRUE(Append(6)->metadata->shows_head_alone);
}

TEST_F(HistoryTest, OfACommitsReplyTheBeginningIsRead) {
  ASSERT_TRUE(catalog_->LoadHeads(kEvents));
  table_.ends_well = false;
  for (int64_t id = 6; id < 9; ++id) {
    const auto committed = Append(id);
    ASSERT_TRUE(committed) << committed.error().message;
    EXPECT_EQ(committed->metadata_location, fmt::format("s3://bucket/{}.json", id));
    EXPECT_EQ(committed->metadata->last_sequence_number, id);
    ASSERT_EQ(committed->metadata->snapshots.size(), 1U) << "heads alone, however many commits there were";
    EXPECT_EQ(committed->metadata->RefHead("main")->parent_snapshot_id, id - 1);
    EXPECT_TRUE(committed->metadata->history_is_cut);
  }
}

TEST_F(HistoryTest, TheWholeReplyIsReadWhereItsBeginningIsNotEnough) {
  EXPECT_EQ(Append(6)->metadata->snapshots.size(), 6U) << "nothing is known of the table yet";
  EXPECT_EQ(Append(7, /*tagged=*/true)->metadata->snapshots.size(), 7U)
      << "what the snapshot keeps is looked for in it";
  table_.java = false;
  EXPECT_EQ(Append(8)->metadata->snapshots.size(), 8U) << "the refs come last";
  table_.java = true;
  first_ = [this] { table_.Add(++appended_); };
  EXPECT_EQ(Append(9)->metadata->snapshots.size(), 10U) << "another's snapshot is the head";
  EXPECT_EQ(Append(11)->metadata->snapshots.size(), 1U);
}

TEST(RestCatalogTest, KeepsTheIdempotencyKeyFromCatalogsThatDoNotOfferIt) {
  RestServer server;
  ASSERT_TRUE(CommitTo(*server.Open(), "key"));
  EXPECT_THAT(server.requests().back().headers, Not(HasSubstr("Idempotency-Key")));
}

TEST(RestCatalogTest, TellsWhatBecameOfACommit) {
  struct Case {
    FaultServer::Reply reply;
    ErrorKind kind;
  };
  const auto error = [](int status) {
    return FaultServer::Json(status, R"({"error": {"message": "words of the server", "type": "T", "code": 1}})");
  };
  const std::vector<Case> cases = {
      {error(400), ErrorKind::kInvalidArgument},
      {error(401), ErrorKind::kUnauthorized},
      {error(403), ErrorKind::kUnauthorized},
      {error(404), ErrorKind::kNotFound},
      {error(409), ErrorKind::kCommitConflict},
      {error(422), ErrorKind::kInvalidArgument},
      {error(429), ErrorKind::kUnavailable},
      {error(500), ErrorKind::kCommitUnknown},
      {error(501), ErrorKind::kUnsupported},
      {error(502), ErrorKind::kCommitUnknown},
      {error(503), ErrorKind::kCommitUnknown},
      {error(504), ErrorKind::kCommitUnknown},
      {error(308), ErrorKind::kInvalidArgument},
      {FaultServer::Reply{}, ErrorKind::kCommitUnknown},
      {FaultServer::Reply{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"}, ErrorKind::kCommitUnknown},
      {FaultServer::Json(200, "not json"), ErrorKind::kCommitUnknown},
      {FaultServer::Json(200, "{}"), ErrorKind::kCommitUnknown},
      {FaultServer::Reply{"", false, true}, ErrorKind::kCommitUnknown},
  };
  for (const Case& one : cases) {
    RestServer server([&one](const FaultServer::Request& request) {
      return request.method == "POST" ? std::optional(one.reply) : std::nullopt;
    });
    RestCatalogOptions options = server.options();
    options.properties["rest.client.socket-timeout-ms"] = "300";
    const auto done = CommitTo(*server.Open(options));
    ASSERT_FALSE(done) << one.reply.bytes;
    EXPECT_EQ(done.error().kind, one.kind) << one.reply.bytes << done.error().message;
    if (one.reply.bytes.find("words") != std::string::npos) {
      EXPECT_THAT(done.error().message, HasSubstr("words of the server"));
    }
    EXPECT_THAT(server.requests(), SizeIs(2)) << "one request, whatever becomes of it";
  }
}

TEST(RestCatalogTest, TellsWhatBecameOfOtherRequests) {
  std::atomic<int> status = 409;
  RestServer server([&status](const FaultServer::Request& request) -> std::optional<FaultServer::Reply> {
    if (request.target.starts_with("/v1/config")) return std::nullopt;
    return FaultServer::Json(status, "<html>an unkind proxy</html>");
  });
  const auto catalog = server.Open();
  iceberg::NewTable table;
  EXPECT_EQ(catalog->CreateNamespace({"a"}).error().kind, ErrorKind::kAlreadyExists);
  EXPECT_EQ(catalog->CreateTable(kEvents, table).error().kind, ErrorKind::kAlreadyExists);
  status = 404;
  EXPECT_FALSE(catalog->NamespaceExists({"a"}).value());
  EXPECT_EQ(catalog->CreateTable(kEvents, table).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(catalog->LoadTable(kEvents).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(catalog->DropTable(kEvents).error().kind, ErrorKind::kNotFound);
  status = 503;
  EXPECT_EQ(catalog->CreateTable(kEvents, table).error().kind, ErrorKind::kCommitUnknown);
  EXPECT_EQ(catalog->LoadTable(kEvents).error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(catalog->LoadTable(kEvents).error().message, HasSubstr("an unkind proxy"));
}

// "namespaces/../tables" would be another resource.
TEST(RestCatalogTest, NamesLeadToNoOtherResource) {
  const RestServer server;
  const auto catalog = server.Open();
  const size_t before = server.requests().size();
  for (const std::string name : {"", ".", "..", "a/b", "a\nb"}) {
    const TableIdent ident{{"db"}, name};
    EXPECT_EQ(catalog->LoadTable(ident).error().kind, ErrorKind::kInvalidArgument) << name;
    EXPECT_EQ(catalog->LoadHeads(ident).error().kind, ErrorKind::kInvalidArgument) << name;
    EXPECT_EQ(catalog->CreateTable(ident, {}).error().kind, ErrorKind::kInvalidArgument) << name;
    EXPECT_EQ(catalog->DropTable(ident).error().kind, ErrorKind::kInvalidArgument) << name;
    EXPECT_EQ(catalog->ListTables({name}).error().kind, ErrorKind::kInvalidArgument) << name;
    EXPECT_EQ(catalog->NamespaceExists({name}).error().kind, ErrorKind::kInvalidArgument) << name;
    EXPECT_EQ(catalog->CreateNamespace({name}).error().kind, ErrorKind::kInvalidArgument) << name;
  }
  EXPECT_EQ(server.requests().size(), before);
}

TEST(RestCatalogTest, SaysThatItCannotConnect) {
  std::string gone;
  {
    RestServer server;
    gone = server.options().uri;
  }
  const auto opened = OpenRestCatalog({gone, "", {}, {}, {}});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(opened.error().message, StartsWith("Failed to connect to catalog at " + gone));
  EXPECT_EQ(OpenRestCatalog({"localhost:8181", "", {}, {}, {}}).error().kind, ErrorKind::kInvalidArgument);
}

TEST(RestCatalogTest, ListsPagesAndLevels) {
  RestServer server([](const FaultServer::Request& request) -> std::optional<FaultServer::Reply> {
    const auto reply = [](const char* body) { return FaultServer::Json(200, body); };
    if (request.target == "/v1/namespaces") return reply(R"({"namespaces": [["a"]], "next-page-token": "t=1"})");
    if (request.target == "/v1/namespaces?pageToken=t%3D1") return reply(R"({"namespaces": [["b"]]})");
    if (request.target == "/v1/namespaces?parent=a") return reply(R"({"namespaces": [["a", "x"]]})");
    if (request.target == "/v1/namespaces?parent=b") return FaultServer::Json(400, "{}");  // knows no levels
    // A server that does not heed `parent`.
    if (request.target == "/v1/namespaces?parent=a%1Fx") return reply(R"({"namespaces": [["a"], ["b"]]})");
    return std::nullopt;
  });
  EXPECT_THAT(server.Open()->ListNamespaces().value(),
              ElementsAre(Namespace{"a"}, Namespace{"b"}, Namespace{"a", "x"}));
}

TEST(RestCatalogTest, FetchesATokenAndAnotherWhenItIsRefused) {
  std::atomic<int> tokens = 0;
  std::atomic<bool> refuse = false;
  RestServer server([&](const FaultServer::Request& request) -> std::optional<FaultServer::Reply> {
    if (request.target == "/v1/oauth/tokens") {
      refuse = false;
      return FaultServer::Json(
          200, fmt::format(R"({{"access_token": "t{}", "token_type": "bearer", "expires_in": 3600}})", ++tokens));
    }
    if (refuse) return FaultServer::Json(401, "{}");
    return std::nullopt;
  });
  RestCatalogOptions options = server.options();
  options.credential = Secret("me:s&cret");
  options.properties = {{"scope", "PRINCIPAL_ROLE:ALL"}};
  const auto catalog = server.Open(options);
  EXPECT_EQ(server.requests()[0].body,
            "grant_type=client_credentials&client_id=me&client_secret=s%26cret&scope=PRINCIPAL_ROLE%3AALL");
  ASSERT_TRUE(catalog->LoadTable(kEvents));
  EXPECT_THAT(server.requests().back().headers, HasSubstr("Authorization: Bearer t1\r\n"));
  refuse = true;
  ASSERT_TRUE(CommitTo(*catalog));
  EXPECT_THAT(server.requests().back().headers, HasSubstr("Authorization: Bearer t2\r\n"));
  EXPECT_EQ(tokens, 2);
}

class Hands final : public Clock {
 public:
  int64_t NowMillis() override { return now; }
  std::chrono::steady_clock::time_point Steady() override { return {}; }
  void Sleep(std::chrono::milliseconds) override {}
  int64_t now = 1'000'000;
};

TEST(RestAuthTest, RenewsBeforeTheEnd) {
  Hands clock;
  std::atomic<int> tokens = 0;
  FaultServer server([&](const auto&) {
    return FaultServer::Json(200, fmt::format(R"({{"access_token": "t{}", "expires_in": 100}})", ++tokens));
  });
  http::HttpClient http({});
  RestAuth auth(http, RestAuthOptionsOf(server.url(), Secret("a:b"), {}), clock);
  EXPECT_EQ(auth.Token()->Reveal(), "t1");
  clock.now += 89'000;
  EXPECT_EQ(auth.Token()->Reveal(), "t1");
  clock.now += 2'000;
  EXPECT_EQ(auth.Token()->Reveal(), "t2");
  EXPECT_EQ(auth.TokenInsteadOf(Secret("t1"))->Reveal(), "t2") << "another thread has renewed it";
  EXPECT_EQ(auth.TokenInsteadOf(Secret("t2"))->Reveal(), "t3");
}

TEST(RestAuthTest, GoesOnWithATokenThatCannotBeRenewedYet) {
  Hands clock;
  std::atomic<bool> away = false;
  std::atomic<int> asked = 0;
  FaultServer server([&](const auto&) {
    ++asked;
    return away ? FaultServer::Json(503, "{}") : FaultServer::Json(200, R"({"access_token": "t", "expires_in": 100})");
  });
  http::HttpClient http({});
  RestAuth auth(http, RestAuthOptionsOf(server.url(), Secret("a:b"), {}), clock);
  ASSERT_TRUE(auth.Token());
  away = true;
  clock.now += 91'000;
  EXPECT_EQ(auth.Token()->Reveal(), "t");
  EXPECT_EQ(auth.Token()->Reveal(), "t");
  EXPECT_EQ(asked, 2) << "asks again after a while only";
  clock.now += 9'000;
  EXPECT_EQ(auth.Token().error().kind, ErrorKind::kUnavailable) << "it has ended";
  away = false;
  EXPECT_TRUE(auth.Token());
}

TEST(RestAuthTest, ReadsFromAJwtWhenItEnds) {
  Hands clock;
  std::string claims = R"({"exp": 1100, "sub": "~~~???"})";  // whose base64 has both of the URL's own letters
  std::atomic<int> asked = 0;
  FaultServer server([&](const auto&) {
    ++asked;
    std::string payload = EncodeBase64(claims);
    while (payload.ends_with('=')) payload.pop_back();
    for (char& c : payload) c = c == '+' ? '-' : c == '/' ? '_' : c;
    return FaultServer::Json(200, fmt::format(R"({{"access_token": "e30.{}.sig"}})", payload));
  });
  http::HttpClient http({});
  RestAuth auth(http, RestAuthOptionsOf(server.url(), Secret("a:b"), {}), clock);
  ASSERT_TRUE(auth.Token());
  clock.now += 89'000;
  ASSERT_TRUE(auth.Token());
  EXPECT_EQ(asked, 1);
  clock.now += 2'000;
  claims = "no claims";
  ASSERT_TRUE(auth.Token());
  EXPECT_EQ(asked, 2);
  clock.now += 1'000'000'000;
  ASSERT_TRUE(auth.Token());
  EXPECT_EQ(asked, 2) << "nobody has said that it ends";
}

TEST(RestCatalogTest, ShowsNoSecret) {
  RestServer server([](const FaultServer::Request& request) -> std::optional<FaultServer::Reply> {
    // A server that repeats what it was told.
    return FaultServer::Json(400,
                             fmt::format(R"({{"error": "invalid_client", "error_description": "{}"}})",
                                         request.target.ends_with("tokens") ? "bad hunter2" : "bad hunter2 token"));
  });
  for (const char* credential : {"me:hunter2", "hunter2"}) {
    RestCatalogOptions options = server.options();
    options.credential = Secret(credential);
    const auto opened = OpenRestCatalog(options);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().message, AllOf(HasSubstr("bad ***"), Not(HasSubstr("hunter2")))) << credential;
  }
  EXPECT_EQ(fmt::format("{} {:>5}|", Secret("hunter2"), Secret("x")), "***   ***|");
}

TEST(RestCatalogTest, ShowsNoPartOfASecretThatAServerRepeats) {
  const std::string jwt = std::string(900, 'j') + "wt";
  RestServer server([&](const FaultServer::Request& request) -> std::optional<FaultServer::Reply> {
    if (request.target == "/v1/oauth/tokens") {
      return FaultServer::Json(200, fmt::format(R"({{"access_token": "{}"}})", jwt));
    }
    return FaultServer::Json(
        403, fmt::format(R"({{"error": {{"message": "no: {} gate-key-1 \"hunter2\"", "code": 403}}}})", jwt));
  });
  RestCatalogOptions options = server.options();
  options.credential = "me:\"hunter2\"";
  options.properties = {{"header.X-Api-Key", "gate-key-1"}};
  const auto opened = OpenRestCatalog(options);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, AllOf(HasSubstr("no: *** *** ***"), Not(HasSubstr("jjj"))));
}

TEST(RestCatalogTest, RefusesWhatIsNotBuilt) {
  RestServer server;
  RestCatalogOptions options = server.options();
  options.properties = {{"rest.auth.type", "basic"}};
  EXPECT_EQ(OpenRestCatalog(options).error().kind, ErrorKind::kUnsupported);
  RestServer odd({}, "[1, 2]");
  EXPECT_EQ(OpenRestCatalog(odd.options()).error().kind, ErrorKind::kCorrupt);
}

TEST(VendedStorageTest, TakesTheBestFittingCredentialAndTheUsersWordOverAll) {
  const auto reply = iceberg::json::Parse(R"({
    "config": {"s3.endpoint": "http://inside", "s3.access-key-id": "table", "s3.secret-access-key": "s",
               "client.region": "eu"},
    "storage-credentials": [
      {"prefix": "s3", "config": {"s3.access-key-id": "wide"}},
      {"prefix": "s3://bucket/t", "config": {"s3.access-key-id": "narrow", "s3.secret-access-key": "n",
        "s3.session-token": "token", "s3.session-token-expires-at-ms": "2000000"}},
      {"prefix": "s3://other", "config": {"s3.access-key-id": "other"}}]})")
                         .value();
  const auto vended = VendedStorageOf(reply, "s3://bucket/t/1", {{"s3.access-key-id", "base"}, {"x", "y"}},
                                      {{"s3.endpoint", "http://outside"}}, kNobody, 1'000'000)
                          .value();
  EXPECT_THAT(vended.properties,
              AllOf(Contains(Pair("s3.access-key-id", "narrow")), Contains(Pair("x", "y")),
                    Contains(Pair("s3.endpoint", "http://outside")), Contains(Pair("client.region", "eu"))));
  EXPECT_EQ(vended.expire_at_ms, 2'000'000);
  EXPECT_EQ(vended.renew_at_ms, 1'800'000);

  const io::Properties mine = {
      {"s3.access-key-id", "mine"}, {"s3.secret-access-key", "m"}, {"s3.endpoint", "http://outside"}};
  const auto own = VendedStorageOf(reply, "s3://bucket/t/1", {}, mine, kNobody, 1'000'000).value();
  EXPECT_THAT(own.properties, Contains(Pair("s3.access-key-id", "mine")));
  EXPECT_FALSE(own.properties.contains("s3.session-token")) << "a key of one's own has no foreign token";
  EXPECT_GT(own.renew_at_ms, int64_t{1} << 60);
}

TEST(VendedStorageTest, TokensOfEachStorageEndAsTheCatalogSays) {
  const auto of = [](const io::Properties& config, const io::Properties& own) {
    return VendedStorageOf({{"config", config}}, "x://b/t", {}, own, kNobody, 1'000'000).value();
  };
  const io::Properties google = {{"gcs.oauth2.token", "t"}, {"gcs.oauth2.token-expires-at", "2000000"}};
  EXPECT_EQ(of(google, {}).expire_at_ms, 2'000'000);
  const auto mine = of(google, {{"gcs.service-account-key", "{}"}});
  EXPECT_FALSE(mine.properties.contains("gcs.oauth2.token"));
  EXPECT_GT(mine.expire_at_ms, int64_t{1} << 60);
  const io::Properties azure = {{"adls.sas-token.a.dfs.core.windows.net", "sig"},
                                {"adls.sas-token-expires-at-ms.a.dfs.core.windows.net", "1800000"}};
  EXPECT_EQ(of(azure, {}).expire_at_ms, 1'800'000);
  EXPECT_FALSE(of(azure, {{"adls.account-key", "k"}}).properties.contains("adls.sas-token.a.dfs.core.windows.net"));
}

TEST(VendedStorageTest, WhatSaysNobodyDoesNotOpenAnEndpoint) {
  const auto allows = [](const io::Properties& config) {
    return VendedStorageOf({{"config", config}}, "x://b/t", {}, {}, kNobody, 1).has_value();
  };
  EXPECT_FALSE(allows({{"s3.endpoint", "http://evil"}, {"s3.session-token", "t"}}));
  EXPECT_FALSE(allows({{"s3.endpoint", "http://evil"}, {"s3.access-key-id", ""}}));
  EXPECT_FALSE(allows({{"gcs.service.host", "http://evil"}, {"gcs.no-auth", "false"}}));
  EXPECT_FALSE(allows({{"gcs.service.host", "http://evil"}, {"gcs.oauth2.token", ""}}));
  EXPECT_FALSE(allows({{"adls.blob-storage-authority", "evil"}}));
  EXPECT_FALSE(allows({{"adls.dfs-storage-authority", "evil"}}));
  EXPECT_TRUE(allows({{"gcs.service.host", "http://theirs"}, {"gcs.oauth2.token", "t"}}));
}

TEST(VendedStorageTest, KeysOfOnesOwnGoToNoEndpointThatOnlyTheCatalogNames) {
  const auto with = [](const std::string& endpoint, const io::Properties& keys, const io::Properties& own,
                       const TrustedServers& trusted) {
    io::Properties config = keys;
    config["s3.endpoint"] = endpoint;
    return VendedStorageOf({{"config", config}}, "s3://b/t", {}, own, trusted, 1).has_value();
  };
  const io::Properties lent = {{"s3.access-key-id", "l"}, {"s3.secret-access-key", "s"}, {"s3.session-token", "t"}};
  const io::Properties mine = {{"s3.access-key-id", "m"}, {"s3.secret-access-key", "s"}};
  const TrustedServers secure("https://catalog", {"http://plain:9000"});
  EXPECT_FALSE(with("http://evil", {}, mine, kNobody)) << "the user's";
  EXPECT_FALSE(with("http://evil", lent, mine, kNobody)) << "the user's keys go before lent ones";
  EXPECT_FALSE(with("http://evil", {}, {}, kNobody)) << "those of the environment";
  EXPECT_FALSE(with("evil:9000", {}, mine, kNobody));
  EXPECT_TRUE(with("http://other", lent, {}, kNobody)) << "the catalog's own keys";
  EXPECT_FALSE(with("http://other", lent, {}, secure)) << "but not down to http";
  EXPECT_TRUE(with("https://other", lent, {}, secure));
  EXPECT_TRUE(with("other", lent, {}, secure));
  EXPECT_TRUE(with("http://plain:9000", {}, mine, secure)) << "named";
  EXPECT_FALSE(with("http://plain:9001", {}, mine, secure));
  EXPECT_TRUE(with("https://catalog/s3", {}, mine, secure)) << "the catalog's own server";
  EXPECT_TRUE(with("http://evil", {}, {{"s3.endpoint", "http://mine"}}, kNobody)) << "what the user wrote wins";
}

TEST(TrustedServersTest, AnotherServerIsRefused) {
  const TrustedServers trusted("https://Catalog:443/api", {"https://login.example.com", "http://plain:80"});
  const auto allows = [&](const std::string& url) { return trusted.Check("its uri", url).has_value(); };
  EXPECT_TRUE(allows("https://catalog/other/path"));
  EXPECT_TRUE(allows("https://login.example.com/x"));
  EXPECT_TRUE(allows("http://plain/x"));
  for (const char* url :
       {"http://catalog", "https://catalog:8443", "https://evil", "http://login.example.com",
        "https://login.example.com.evil", "https://evil/https://catalog", "https://catalog@evil",
        "https://evil@catalog", "https://catalog\\@evil", "https://catalog .evil", "ftp://catalog", "catalog", ""}) {
    EXPECT_FALSE(allows(url)) << url;
  }
  const TrustedServers plain("http://catalog", {});
  EXPECT_TRUE(plain.Check("its uri", "https://catalog").has_value()) << "a step up";
  const std::string told = trusted.Check("its uri", "http://user:pw@evil/x?y=z").error().message;
  EXPECT_THAT(told, AllOf(HasSubstr("http://evil/x"), HasSubstr("trusted_servers"), Not(HasSubstr("pw"))));
}

// A catalog that sends its clients elsewhere hears nothing more, nor does that place.
TEST(RestCatalogTest, SecretsFollowToNoOtherServer) {
  FaultServer elsewhere([](const auto&) { return FaultServer::Json(200, R"({"access_token": "t"})"); });
  for (const char* where : {"overrides", "defaults"}) {
    for (const char* key : {"uri", "oauth2-server-uri"}) {
      if (where == std::string("defaults") && key == std::string("uri")) continue;  // the user's goes before it
      RestServer server({}, fmt::format(R"({{"{}": {{"{}": "{}/v1"}}}})", where, key, elsewhere.url()));
      RestCatalogOptions options = server.options();
      options.credential = Secret("a-bearer-token");
      const auto refused = OpenRestCatalog(options);
      ASSERT_FALSE(refused) << where << key;
      EXPECT_EQ(refused.error().kind, ErrorKind::kInvalidArgument);
      EXPECT_THAT(refused.error().message, AllOf(HasSubstr(elsewhere.url()), HasSubstr("trusted_servers")));
      EXPECT_THAT(elsewhere.requests(), SizeIs(0));
      options.trusted_servers = {elsewhere.url()};
      EXPECT_TRUE(OpenRestCatalog(options));
    }
  }
}

TEST(RestCatalogTest, TheUsersTokenServerGoesBeforeTheCatalogs) {
  FaultServer elsewhere([](const auto&) { return FaultServer::Json(200, R"({"access_token": "theirs"})"); });
  FaultServer tokens([](const auto&) { return FaultServer::Json(200, R"({"access_token": "ours"})"); });
  RestServer server({}, fmt::format(R"({{"overrides": {{"oauth2-server-uri": "{}"}}}})", elsewhere.url()));
  RestCatalogOptions options = server.options();
  options.credential = Secret("me:a-client-secret");
  options.properties["oauth2-server-uri"] = tokens.url();
  const auto catalog = server.Open(options);
  ASSERT_TRUE(catalog->LoadTable(kEvents));
  EXPECT_THAT(elsewhere.requests(), SizeIs(0));
  EXPECT_THAT(server.requests().back().headers, HasSubstr("Bearer ours"));
}

TEST(RestCatalogTest, APrefixIsTakenAsItIsMeant) {
  for (const auto& [prefix, path] : std::map<std::string, std::string>{{"/ws/", "/v1/ws/"},
                                                                       {" ws ", "/v1/ws/"},
                                                                       {"my ws", "/v1/my%20ws/"},
                                                                       {"main|w", "/v1/main%7Cw/"},
                                                                       {"main%7Cw", "/v1/main%7Cw/"},
                                                                       {"/", "/v1/"},
                                                                       {" ", "/v1/"}}) {
    RestServer server;
    RestCatalogOptions options = server.options();
    options.properties["prefix"] = prefix;
    ASSERT_TRUE(server.Open(options)->LoadTable(kEvents)) << prefix;
    EXPECT_THAT(server.requests().back().target, StartsWith(path + "namespaces/")) << prefix;
  }
}

TEST(VendedFileIoTest, AsksForNewCredentialsWhenTheyEnd) {
  int asked = 0;
  VendedStorage old{{{"s3.session-token", "1"}}, 0, 0};  // at an end already
  auto io = VendedFileIo::Make(old, [&asked]() -> Result<VendedStorage> {
              if (++asked == 1) return Fail(ErrorKind::kUnavailable, "not now");
              return VendedStorage{{{"s3.session-token", "2"}}};
            }).value();
  EXPECT_FALSE(io->Exists("/no/such/file").value()) << "goes on with what it has";
  EXPECT_FALSE(io->Exists("/no/such/file").value());
  EXPECT_EQ(asked, 1) << "asks again after a while only";
  ASSERT_TRUE(io->Update({{{"s3.session-token", "3"}, {"s3.endpoint", "http://new"}}, 0, 0}));
  EXPECT_FALSE(io->Exists("/no/such/file").value());
  EXPECT_FALSE(io->Exists("/no/such/file").value());
  EXPECT_EQ(asked, 2);
}

TEST(VendedFileIoTest, PreparesItsStore) {
  const auto io = VendedFileIo::Make({}, []() -> Result<VendedStorage> { return VendedStorage(); }).value();
  EXPECT_TRUE(io->PrepareToWrite("/tmp/x"));
  EXPECT_FALSE(io->PrepareToWrite("hdfs://namenode/x"));
}

TEST(VendedFileIoTest, SaysByWhenAFileIsToBeClosed) {
  Hands clock;
  const auto lasting = [&](int64_t renew, int64_t expire) {
    return VendedStorage{{{"s3.session-token", std::to_string(expire)}}, clock.now + renew, clock.now + expire};
  };
  int asked = 0;
  const auto renew = [&]() -> Result<VendedStorage> {
    ++asked;
    return lasting(800, 1000);
  };
  auto io = VendedFileIo::Make(lasting(80, 100), renew, clock).value();
  EXPECT_EQ(io->CloseByMillis(), clock.now + 80);
  clock.now += 90;
  EXPECT_EQ(io->CloseByMillis(), clock.now - 10);
  EXPECT_EQ(asked, 0) << "who only wants to know is not made to wait for a server";
  EXPECT_FALSE(io->Exists("/no/such/file").value());
  EXPECT_EQ(io->CloseByMillis(), clock.now + 800);
  EXPECT_GT(storage::MakeFileIo({}).value()->CloseByMillis(), int64_t{1} << 60);
}

TEST(VendedFileIoTest, ARefusalAfterTheEndMayPass) {
  Hands clock;
  FaultServer store([](const auto&) {
    return FaultServer::Json(403, "<Error><Code>ExpiredToken</Code><Message>over</Message></Error>");
  });
  VendedStorage storage{{{"s3.endpoint", store.url()},
                         {"s3.access-key-id", "k"},
                         {"s3.secret-access-key", "s"},
                         {"s3.session-token", "t"}},
                        clock.now + 80,
                        clock.now + 100};
  const auto away = []() -> Result<VendedStorage> { return Fail(ErrorKind::kUnavailable, "away"); };
  const auto io = VendedFileIo::Make(storage, away, clock).value();
  const std::string where = "s3://bucket/file";
  EXPECT_EQ(io->WriteAll(where, "x").error().kind, ErrorKind::kUnauthorized) << "they have not ended: they are wrong";
  auto file = io->Create(where).value();
  ASSERT_TRUE(file->Write("x"));
  clock.now += 100;
  const auto late = file->Close();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(late.error().message, HasSubstr("lent have ended"));
  EXPECT_EQ(io->Exists(where).error().kind, ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace frazil::catalog
