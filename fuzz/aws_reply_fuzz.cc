// Answers of AWS and its files on this machine: Glue's tables and errors, credentials, profiles.
#include <nlohmann/json.hpp>
#include <string>

#include "aws/local_sources.h"
#include "aws/profile.h"
#include "aws/sts.h"
#include "catalog/glue/glue_client.h"
#include "catalog/glue/glue_table.h"
#include "common/text/json.h"
#include "fuzz.h"
#include "http/http_client.h"
#include "iceberg/table_metadata.h"

namespace {

namespace glue = frazil::catalog::glue;
using frazil::fuzz::Check;
using frazil::iceberg::Type;
using frazil::iceberg::TypeKind;

const frazil::catalog::TableIdent kIdent{{"db"}, "t"};

frazil::iceberg::TableMetadata Metadata() {
  frazil::iceberg::NewTable table;
  table.location = "s3://b/db/t";
  const auto text = Type::Primitive(TypeKind::kString);
  table.schema = {{1, "id", Type::Primitive(TypeKind::kLong), true, "a number", {}, {}},
                  {2, "tags", Type::List(3, text, false)},
                  {4, "named", Type::Map(5, text, 6, Type::Decimal(9, 2), false)},
                  {7, "at",
                   Type::Struct({{8, "ts", Type::Primitive(TypeKind::kTimestampTz)},
                                 {9, "day", Type::Primitive(TypeKind::kDate)}})}};
  auto metadata = frazil::iceberg::MakeTableMetadata(table, 1'700'000'000'000);
  Check(metadata.has_value(), "the table can be made");
  return *std::move(metadata);
}

void ReadTable(const nlohmann::json& table) {
  static const auto metadata = Metadata();
  const auto pointer = glue::PointerOf(table, kIdent);
  Check(!pointer || (!pointer->location.empty() && !pointer->version.empty()), "a pointer leads somewhere");
  auto next = glue::TableInputOf("t", "s3://b/db/t/2.json", metadata, table);
  next["VersionId"] = "8";
  const auto moved = glue::PointerOf(next, kIdent);
  Check(moved && moved->location == "s3://b/db/t/2.json", "what is shown is found");
  Check(!pointer || next["Parameters"]["previous_metadata_location"] == pointer->location, "and what was before");
  Check(next["StorageDescriptor"]["Columns"].size() == 4, "it shows the columns of the table");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  frazil::http::HttpResponse response;
  response.body = text;
  for (const int status : {302, 400, 403, 429, 500}) {
    response.status = status;
    for (const auto effect : {glue::Effect::kNone, glue::Effect::kChange}) {
      const auto refusal = RefusalOf(response, "load table db.t", "AWS Glue at http://glue", effect);
      Check(refusal.error.message.size() < 2000, "a refusal is told in short");
      Check(refusal.error.message.find('\n') == std::string::npos, "and on one line");
      const bool lost = status == 500 && effect == glue::Effect::kChange && !refusal.is_throttle;
      Check(!lost || refusal.error.kind == frazil::ErrorKind::kCommitUnknown, "a change may have been made");
    }
  }
  if (const auto table = frazil::ParseJson(text)) ReadTable(*table);
  for (const auto& given : {frazil::aws::ReadLocalCredentials(text), frazil::aws::ReadAssumedRole(text)}) {
    Check(!given || !(given->access_key_id.empty() || given->secret_access_key.empty()), "credentials are keys");
  }
  for (const auto kind : {frazil::aws::ProfileFileKind::kConfig, frazil::aws::ProfileFileKind::kCredentials}) {
    for (const auto& [name, profile] : frazil::aws::ParseProfiles(text, kind)) {
      Check(name.size() <= size && profile.size() <= size, "profiles are of what was read");
    }
  }
  return 0;
}
