#include "storage/gcs.h"

#include <arrow/filesystem/gcsfs.h>
#include <arrow/util/io_util.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <utility>

#include "common/text/url.h"
#include "io/location.h"
#include "storage/arrow_file_io.h"

namespace frazil::storage {
namespace {

namespace afs = arrow::fs;

// How many bytes Google's client collects before it sends them.
constexpr int64_t kPartBytes = 8 << 20;
// How long the client retries by itself; its default is 15 minutes. Code that writes tables retries too, and logs it.
constexpr double kRetrySeconds = 15;

// Arrow passes Google's status on as text: "google::cloud::Status(PERMISSION_DENIED: …)".
Error ErrorOf(const arrow::Status& status, std::string_view what, const std::string& location) {
  const std::string& text = status.message();
  if (ContainsAny(text, {"bucket does not exist", "The specified bucket"})) {
    return Failed(ErrorKind::kNotFound, "cannot {} {}: no such bucket. Create it, or correct the name", what, location);
  }
  if (arrow::internal::ErrnoFromStatus(status) == ENOENT || ContainsAny(text, {"NOT_FOUND", "Path does not exist"})) {
    return Failed(ErrorKind::kNotFound, "cannot {} {}: no such object, or no such bucket", what, location);
  }
  if (ContainsAny(text, {"PERMISSION_DENIED", "UNAUTHENTICATED", "http_status_code=401", "http_status_code=403"})) {
    return Failed(ErrorKind::kUnauthorized,
                  "Access Denied (Service: Google Cloud Storage): cannot {} {}: {}. Check the service account's key or "
                  "token (gcs.service-account-key, gcs.oauth2.token or GOOGLE_APPLICATION_CREDENTIALS) and that it may "
                  "read, write, list and delete there",
                  what, location, text);
  }
  if (ContainsAny(text, {"UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "INTERNAL", "Retry policy exhausted",
                         "retry policy exhausted", "ABORTED", "curl", "CURL"})) {
    return Failed(ErrorKind::kUnavailable, "cannot {} {}: Google Cloud Storage does not answer as it should: {}", what,
                  location, text);
  }
  return Failed(ErrorKind::kIo, "cannot {} {}: {}", what, location, text);
}

Result<std::string> ObjectOf(std::string_view location) {
  const std::string_view object = BucketAndKey(location);
  if (!object.empty()) return std::string(object);
  return Fail(ErrorKind::kInvalidArgument, "'{}' is not an object in Google Cloud Storage: write it as gs://bucket/key",
              location);
}

Status CheckPlace(std::string_view location) {
  if (!HasUserInfo(location)) return {};
  return Fail(
      ErrorKind::kInvalidArgument,
      "a location in Google Cloud Storage holds a user or a password before \"@\", which would be shown with it: "
      "keys are given as gcs.service-account-key");
}

Result<afs::GcsOptions> CredentialsOf(const io::Properties& properties) {
  if (const std::string token = PropertyOf(properties, "gcs.oauth2.token"); !token.empty()) {
    const std::string until = PropertyOf(properties, "gcs.oauth2.token-expires-at");
    int64_t until_ms = 0;
    (void)std::from_chars(until.data(), until.data() + until.size(), until_ms);
    // Without a known expiry, the token counts as valid. The server decides.
    const auto never = afs::TimePoint(std::chrono::hours(24 * 365 * 200));
    return afs::GcsOptions::FromAccessToken(token,
                                            until_ms > 0 ? afs::TimePoint(std::chrono::milliseconds(until_ms)) : never);
  }
  if (const std::string key = PropertyOf(properties, "gcs.service-account-key"); !key.empty()) {
    // Only JSON is accepted, not the path of a file: a catalog may set this property, and a path would make us sign
    // with any key on this machine.
    if (key.find('{') == std::string::npos) {
      return Fail(ErrorKind::kInvalidArgument, "gcs.service-account-key is not the JSON of a service account's key");
    }
    return afs::GcsOptions::FromServiceAccountCredentials(key);
  }
  if (PropertyOf(properties, "gcs.no-auth") == "true") return afs::GcsOptions::Anonymous();
  return afs::GcsOptions::Defaults();
}

Result<std::unique_ptr<io::FileIo>> Open(const io::Properties& properties) {
  FRAZIL_ASSIGN_OR_RETURN(afs::GcsOptions options, CredentialsOf(properties));
  std::string endpoint = FirstOf({PropertyOf(properties, "gcs.service.host"), VariableOf("STORAGE_EMULATOR_HOST")});
  if (HasUserInfo(endpoint)) {
    return Fail(ErrorKind::kInvalidArgument,
                "gcs.service.host holds a user or a password before \"@\", which would be shown with it");
  }
  if (const auto scheme_end = endpoint.find("://"); scheme_end != std::string::npos) {
    options.scheme = endpoint.substr(0, scheme_end);
    endpoint.erase(0, scheme_end + 3);
  }
  options.endpoint_override = io::StripTrailingSlashes(endpoint);
  options.retry_limit_seconds = kRetrySeconds;
  if (const std::string project = PropertyOf(properties, "gcs.project-id"); !project.empty()) {
    options.project_id = project;
  }
  auto made = afs::GcsFileSystem::Make(options);
  if (!made.ok()) {
    return Fail(ErrorKind::kInvalidArgument, "cannot set up Google Cloud Storage: {}", made.status().ToString());
  }
  return MakeArrowFileIo(
      {.fs = *std::move(made), .object_of = &ObjectOf, .error_of = &ErrorOf, .part_bytes = kPartBytes});
}

}  // namespace

const Storage& Gcs() {
  static const Storage gcs = {
      .name = "Google Cloud Storage",
      .schemes = {"gs"},
      .form = "gs://bucket/key",
      .traits = {.write_buffer_bytes = kPartBytes},
      .settings = {.names = {"gcs."},
                   .endpoints = {"gcs.service.host"},
                   .endpoint_variables = {"STORAGE_EMULATOR_HOST"},
                   .credentials = {"gcs.oauth2.token", "gcs.oauth2.token-expires-at", "gcs.service-account-key",
                                   "gcs.no-auth"},
                   .sufficient = {"gcs.oauth2.token", "gcs.service-account-key"},
                   .temporary = "gcs.oauth2.token",
                   .expiry = "gcs.oauth2.token-expires-at"},
      .check = &CheckPlace,
      .open = &Open,
  };
  return gcs;
}

}  // namespace frazil::storage
