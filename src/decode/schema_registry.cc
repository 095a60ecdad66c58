#include "decode/schema_registry.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/log.h"
#include "common/text/shown.h"
#include "common/time/backoff.h"
#include "common/time/interruptible_sleep.h"
#include "http/basic_auth.h"
#include "http/http_error_text.h"
#include "iceberg/json_members.h"

namespace frazil::decode {
namespace {

namespace json = iceberg::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

// After this time an unknown id is asked for again, so that a schema registered later is found.
constexpr auto kUnknownFor = seconds(10);
constexpr auto kSayEvery = seconds(30);
// Confluent's error code for an id that is not registered.
constexpr int64_t kSchemaNotFound = 40403;

std::string Authorization(const SchemaRegistryOptions& options) {
  if (!options.token.empty()) return "Bearer " + options.token.Reveal();
  if (options.username.empty()) return {};
  return http::BasicAuth{options.username, options.password}.Header();
}

std::string Blotted(const SchemaRegistryOptions& options, std::string text) {
  return options.token.BlotFrom(http::BasicAuth{options.username, options.password}.BlotFrom(std::move(text)));
}

// The registry's own message, with secrets replaced by "***".
std::string WordsOf(const SchemaRegistryOptions& options, http::HttpResponse response) {
  // Secrets are also replaced before the text is shortened, because a cut could leave a part of one.
  response.body = Blotted(options, std::move(response.body));
  return Blotted(options, http::HttpErrorText(response));
}

bool MayPass(int status) { return status >= 500 || status == 429 || status == 408; }

// True if the registry itself says that there is no such schema. Any other 404 means a wrong address.
bool SaysUnknown(const http::HttpResponse& response) {
  if (response.status != 404) return false;
  const auto body = json::Parse(response.body);
  if (!body || !body->is_object()) return false;
  return json::Otherwise<int64_t>(*body, "error_code", 0).value_or(0) == kSchemaNotFound;
}

Result<SchemaRegistry::Answer> ReadAnswer(uint32_t id, const std::string& body) {
  FRAZIL_ASSIGN_OR_RETURN(const auto parsed, json::Parse(body));
  FRAZIL_RETURN_IF_ERROR(json::ExpectObject(parsed, "the reply"));
  FRAZIL_ASSIGN_OR_RETURN(const auto type, json::Otherwise<std::string>(parsed, "schemaType", "AVRO"));
  if (type != "AVRO") {
    return SchemaRegistry::Answer{nullptr, fmt::format("schema {} of the registry is {}, not AVRO", id, Shown(type))};
  }
  FRAZIL_ASSIGN_OR_RETURN(const auto references,
                          json::Otherwise<std::vector<json::Json>>(parsed, "references", std::vector<json::Json>()));
  if (!references.empty()) {
    return SchemaRegistry::Answer{
        nullptr, fmt::format("schema {} refers to other schemas of the registry, which is not supported yet", id)};
  }
  FRAZIL_ASSIGN_OR_RETURN(const auto text, json::Required<std::string>(parsed, "schema"));
  auto schema = avro::Schema::Parse(text);
  if (!schema) return SchemaRegistry::Answer{nullptr, fmt::format("schema {}: {}", id, schema.error().message)};
  if ((*schema)->root().kind != avro::Kind::kRecord) {
    return SchemaRegistry::Answer{nullptr, fmt::format("schema {} is no record but {}: only a record has columns", id,
                                                       avro::ToString((*schema)->root().kind))};
  }
  return SchemaRegistry::Answer{*std::move(schema), {}};
}

}  // namespace

std::optional<FramedPayload> ReadFrame(std::string_view value) {
  constexpr size_t kFrame = 5;
  if (value.size() < kFrame || value[0] != '\0') return std::nullopt;
  FramedPayload framed;
  for (size_t i = 1; i < kFrame; ++i) framed.schema_id = framed.schema_id << 8 | static_cast<unsigned char>(value[i]);
  framed.payload = value.substr(kFrame);
  return framed;
}

SchemaRegistry::SchemaRegistry(SchemaRegistryOptions options, Clock& clock)
    : options_(std::move(options)), clock_(clock), http_([this] {
        http::HttpOptions http_options;
        http_options.ca_file = options_.ca_location;
        return http_options;
      }()) {}

Result<SchemaRegistry::Answer> SchemaRegistry::Find(uint32_t id) {
  const auto known = [&]() -> std::optional<Answer> {
    std::lock_guard lock(mutex_);
    const auto found = known_.find(id);
    if (found == known_.end()) return std::nullopt;
    const auto end = forget_at_.find(id);
    if (end != forget_at_.end() && clock_.Steady() >= end->second) return std::nullopt;
    return found->second;
  };
  if (auto answer = known()) return *answer;
  std::lock_guard asking(asking_);
  if (auto answer = known()) return *answer;
  FRAZIL_ASSIGN_OR_RETURN(Answer answer, Ask(id));
  std::lock_guard lock(mutex_);
  forget_at_.erase(id);
  if (answer.schema == nullptr) forget_at_[id] = clock_.Steady() + kUnknownFor;
  known_[id] = answer;
  return answer;
}

Status SchemaRegistry::Try() {
  constexpr uint32_t kNobodys = 0;  // registries count from 1
  FRAZIL_RETURN_IF_ERROR(AskOnce(kNobodys));
  return {};
}

Result<SchemaRegistry::Answer> SchemaRegistry::Ask(uint32_t id) {
  Backoff backoff(milliseconds(200), seconds(10));
  std::optional<std::chrono::steady_clock::time_point> said;
  for (;;) {
    auto answer = AskOnce(id);
    if (answer || answer.error().kind != ErrorKind::kUnavailable) return answer;
    const std::string& trouble = answer.error().message;
    if (!said || clock_.Steady() - *said >= kSayEvery) {
      log::warn("waiting for the schema registry at {}, which is asked for schema {}: {}", ToString(), id, trouble);
      said = clock_.Steady();
    }
    if (!SleepUnlessStopped(clock_, backoff.Next())) {
      return Fail(ErrorKind::kCancelled, "asked to stop while waiting for the schema registry at {}: {}", ToString(),
                  trouble);
    }
  }
}

Result<SchemaRegistry::Answer> SchemaRegistry::AskOnce(uint32_t id) {
  http::HttpRequest request;
  request.url = fmt::format("{}{}schemas/ids/{}", options_.url, options_.url.ends_with('/') ? "" : "/", id);
  request.headers = {{"Accept", "application/vnd.schemaregistry.v1+json, application/json"}};
  if (std::string authorization = Authorization(options_); !authorization.empty()) {
    request.headers.emplace_back("Authorization", std::move(authorization));
  }
  const auto response = http_.Send(request);
  if (!response) {
    const bool cancelled = response.error().kind == ErrorKind::kCancelled;
    return tl::unexpected(Error{cancelled ? ErrorKind::kCancelled : ErrorKind::kUnavailable, response.error().message});
  }
  const int status = response->status;
  if (status == 200) {
    auto answer = ReadAnswer(id, response->body);
    if (answer) return answer;
    return Fail(ErrorKind::kUnavailable, "its reply is none of a registry: {}", answer.error().message);
  }
  if (SaysUnknown(*response)) {
    return Answer{nullptr, fmt::format("the schema registry at {} has no schema {}", ToString(), id)};
  }
  const std::string words = WordsOf(options_, *response);
  if (status == 401 || status == 403) {
    return Fail(ErrorKind::kUnauthorized,
                "the schema registry at {} gives no schema {} (status {}: {}). Check schema_registry: username, "
                "password, token",
                ToString(), id, status, words);
  }
  if (MayPass(status)) return Fail(ErrorKind::kUnavailable, "status {}: {}", status, words);
  return Fail(ErrorKind::kInvalidArgument,
              "what answers at {} is no schema registry, or its API stands under another path: status {} for "
              "schema {}: {}. Check schema_registry: url",
              ToString(), status, id, words);
}

}  // namespace frazil::decode
