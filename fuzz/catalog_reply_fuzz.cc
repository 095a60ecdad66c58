// What a REST catalog answers: tables, storage settings, the beginning of a reply to a commit, refusals.
#include <string>
#include <string_view>

#include "catalog/commit_reply.h"
#include "catalog/rest_errors.h"
#include "catalog/rest_storage.h"
#include "fuzz.h"
#include "http/http_client.h"
#include "iceberg/json_members.h"
#include "iceberg/metadata_json.h"

namespace {

using frazil::catalog::RestAction;
using frazil::fuzz::Check;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  frazil::http::HttpResponse response;
  response.body = text;
  for (const int status : {400, 404, 409, 503}) {
    response.status = status;
    for (const auto action : {RestAction::kRead, RestAction::kCreateTable, RestAction::kCommit}) {
      const auto error = RestErrorOf(action, response, "load table a.b", "http://catalog");
      Check(error.message.size() < 10'000, "a refusal is told in short");
    }
  }
  if (const auto reply = frazil::iceberg::json::Parse(text)) {
    const frazil::catalog::TrustedServers trusted("http://catalog", {});
    const auto storage =
        frazil::catalog::VendedStorageOf(*reply, "s3://b/t", {{"s3.region", "eu"}}, {}, trusted, 1'700'000'000'000);
    if (storage) Check(storage->renew_at_ms <= storage->expire_at_ms, "credentials are renewed before they end");
  }
  const auto table = frazil::iceberg::ParseTableReply(text);
  const std::vector<frazil::iceberg::TableUpdate> updates;
  frazil::catalog::CommitReply commit(table ? table->metadata : nullptr, updates);
  for (size_t at = 0; at < text.size(); at += 100) {
    if (commit.Suffices(std::string_view(text).substr(0, at))) break;
  }
  (void)commit.Take();
  return 0;
}
