#include "storage/s3.h"

#include <arrow/filesystem/s3fs.h>
#include <arrow/io/interfaces.h>
#include <arrow/util/io_util.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "common/text/url.h"
#include "io/location.h"
#include "storage/arrow_file_io.h"

namespace frazil::storage {
namespace {

namespace afs = arrow::fs;

constexpr int64_t kPartBytes = 10 << 20;  // Arrow collects a part of this size before it sends it

// Starts Arrow's S3 library, and registers its shutdown. The shutdown must come before statics are destroyed: otherwise
// the AWS SDK's threads and OpenSSL lose their state and crash. Exit handlers and destructors of statics run in reverse
// order of registration, however main ends. So the handler must be registered after all statics that FinalizeS3 uses
// exist. Some of them are made by the first client, and therefore one client is made here and dropped. FinalizeS3 waits
// for calls of other threads and cannot be undone, so no FileIo calls it. Calls after it fail cleanly.
arrow::Status StartS3Library() {
  afs::S3GlobalOptions options = afs::S3GlobalOptions::Defaults();
  options.log_level = afs::S3LogLevel::Off;  // errors are returned as Status, and the SDK's own log would repeat them
  options.install_sigpipe_handler = true;    // a broken connection must be an error, not the end of the process
  ARROW_RETURN_NOT_OK(afs::InitializeS3(options));
  afs::S3Options client = afs::S3Options::Anonymous();
  client.region = "us-east-1";  // otherwise the client would search for a region
  const arrow::Status made = afs::S3FileSystem::Make(client).status();
  std::atexit([] { (void)afs::EnsureS3Finalized(); });
  return made;
}

Status StartS3() {
  static std::once_flag once;
  static arrow::Status started;
  std::call_once(once, [] { started = StartS3Library(); });
  if (!started.ok()) return Fail(ErrorKind::kInternal, "cannot start the S3 library: {}", started.ToString());
  return {};
}

// Arrow returns the AWS error as text: "... AWS Error ACCESS_DENIED during HeadObject operation: ...". For codes that
// the SDK does not know it is "AWS Error UNKNOWN (HTTP status 403) during ...".
Error ErrorOf(const arrow::Status& status, std::string_view what, const std::string& location) {
  const std::string& text = status.message();
  if (arrow::internal::ErrnoFromStatus(status) == ENOENT || ContainsAny(text, {"NO_SUCH_KEY", "RESOURCE_NOT_FOUND"})) {
    return Failed(ErrorKind::kNotFound, "cannot {} {}: no such object", what, location);
  }
  if (ContainsAny(text, {"NO_SUCH_BUCKET"})) {
    return Failed(ErrorKind::kNotFound, "cannot {} {}: no such bucket at this endpoint. Create it, or correct the name",
                  what, location);
  }
  if (ContainsAny(text, {"ACCESS_DENIED", "SIGNATURE_DOES_NOT_MATCH", "INVALID_ACCESS_KEY_ID", "INVALID_SIGNATURE",
                         "INVALID_CLIENT_TOKEN_ID", "MISSING_AUTHENTICATION_TOKEN", "UNRECOGNIZED_CLIENT",
                         "EXPIRED_TOKEN", "ExpiredToken", "REQUEST_EXPIRED", "HTTP status 403", "HTTP status 401",
                         "HTTP status 400) during HeadObject"})) {
    return Failed(
        ErrorKind::kUnauthorized,
        "Access Denied (Service: S3, Status Code: 403): cannot {} {}: {}. Check the access key, the secret and "
        "the session token (s3.access-key-id, s3.secret-access-key, s3.session-token or the AWS_* environment) "
        "and that they may read, write and delete there",
        what, location, text);
  }
  if (ContainsAny(text, {"NETWORK_CONNECTION", "curlCode", "SLOW_DOWN", "SERVICE_UNAVAILABLE", "REQUEST_TIMEOUT",
                         "INTERNAL_FAILURE", "THROTTLING", "HTTP status 500", "HTTP status 502", "HTTP status 503",
                         "HTTP status 504"})) {
    return Failed(ErrorKind::kUnavailable, "cannot {} {}: the S3 endpoint does not answer as it should: {}", what,
                  location, text);
  }
  return Failed(ErrorKind::kIo, "cannot {} {}: {}", what, location, text);
}

Result<std::string> ObjectOf(std::string_view location) {
  const std::string_view object = BucketAndKey(location);
  if (!object.empty()) return std::string(object);
  return Fail(ErrorKind::kInvalidArgument, "'{}' is not an object in S3: write it as s3://bucket/key", location);
}

Status CheckPlace(std::string_view location) {
  if (!HasUserInfo(location)) return {};
  return Fail(ErrorKind::kInvalidArgument,
              "a location in S3 holds a user or a password before \"@\", which would be shown with it: keys are given "
              "as s3.access-key-id and s3.secret-access-key");
}

Result<afs::S3Options> OptionsOf(const io::Properties& properties) {
  afs::S3Options options;
  options.region = FirstOf({PropertyOf(properties, "s3.region"), PropertyOf(properties, "client.region"),
                            VariableOf("AWS_REGION"), VariableOf("AWS_DEFAULT_REGION"), "us-east-1"});

  std::string endpoint = FirstOf(
      {PropertyOf(properties, "s3.endpoint"), VariableOf("AWS_ENDPOINT_URL_S3"), VariableOf("AWS_ENDPOINT_URL")});
  const std::string path_style = PropertyOf(properties, "s3.path-style-access");
  if (endpoint.empty() && path_style == "true") endpoint = fmt::format("https://s3.{}.amazonaws.com", options.region);
  if (HasUserInfo(endpoint)) {
    return Fail(ErrorKind::kInvalidArgument,
                "s3.endpoint holds a user or a password before \"@\", which would be shown with it: keys are given as "
                "s3.access-key-id and s3.secret-access-key");
  }
  if (const auto scheme_end = endpoint.find("://"); scheme_end != std::string::npos) {
    options.scheme = endpoint.substr(0, scheme_end);
    endpoint.erase(0, scheme_end + 3);
    if (options.scheme != "http" && options.scheme != "https") {
      return Fail(ErrorKind::kInvalidArgument,
                  "s3.endpoint begins with '{}://': an S3 endpoint is written as http://host:port or https://host",
                  options.scheme);
    }
  }
  options.endpoint_override = io::StripTrailingSlashes(endpoint);
  options.force_virtual_addressing = path_style == "false";  // otherwise a custom endpoint is addressed path-style

  const std::string key = PropertyOf(properties, "s3.access-key-id");
  const std::string secret = PropertyOf(properties, "s3.secret-access-key");
  if (key.empty() != secret.empty()) {
    return Fail(ErrorKind::kInvalidArgument, "{} is given without {}: an S3 key is both or neither",
                key.empty() ? "s3.secret-access-key" : "s3.access-key-id",
                key.empty() ? "s3.access-key-id" : "s3.secret-access-key");
  }
  if (key.empty()) {
    options.ConfigureDefaultCredentials();
  } else {
    options.ConfigureAccessKey(key, secret, PropertyOf(properties, "s3.session-token"));
  }

  // the caller is on an I/O thread already, and this saves a second copy of each part
  options.background_writes = false;
  options.allow_delayed_open = true;  // a file smaller than one part is one PUT instead of three requests
  options.connect_timeout = 10;
  options.retry_strategy = afs::S3RetryStrategy::GetAwsStandardRetryStrategy(5);  // also retries 503 Slow Down
  return options;
}

Result<std::unique_ptr<io::FileIo>> Open(const io::Properties& properties) {
  FRAZIL_RETURN_IF_ERROR(StartS3());
  FRAZIL_ASSIGN_OR_RETURN(const afs::S3Options options, OptionsOf(properties));
  auto made = afs::S3FileSystem::Make(options);
  if (!made.ok()) return Fail(ErrorKind::kInvalidArgument, "cannot set up S3: {}", made.status().ToString());
  return MakeArrowFileIo({.fs = *std::move(made),
                          .object_of = &ObjectOf,
                          .error_of = &ErrorOf,
                          .part_bytes = kPartBytes,
                          .abort_leaves = false});
}

}  // namespace

const Storage& S3() {
  static const Storage s3 = {
      .name = "S3",
      .schemes = {"s3", "s3a", "s3n"},
      .form = "s3://bucket/key",
      .traits = {.write_buffer_bytes = kPartBytes},
      .settings = {.names = {"s3.", "client.region"},
                   .endpoints = {"s3.endpoint"},
                   .endpoint_variables = {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"},
                   .credentials = {"s3.access-key-id", "s3.secret-access-key", "s3.session-token",
                                   "s3.session-token-expires-at-ms"},
                   .sufficient = {"s3.access-key-id"},
                   .temporary = "s3.session-token",
                   .expiry = "s3.session-token-expires-at-ms"},
      .check = &CheckPlace,
      .open = &Open,
  };
  return s3;
}

}  // namespace frazil::storage
