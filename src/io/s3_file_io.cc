#include "io/s3_file_io.h"

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

namespace frazil::io {
namespace {

namespace afs = arrow::fs;

// Arrow wants its S3 library shut down before the process's statics go: the AWS SDK's threads and OpenSSL would
// otherwise be torn down under it, which crashes. Exit handlers and destructors of statics run in the reverse order of
// their registration, whichever way main is left, so the handler is registered once all statics that FinalizeS3 uses
// exist: some are made by the first client, hence the one made here and dropped. FinalizeS3 waits for calls that other
// threads are in and cannot be undone, so it is not tied to the life of a FileIo; later calls fail cleanly.
arrow::Status StartS3Library() {
  afs::S3GlobalOptions options = afs::S3GlobalOptions::Defaults();
  options.log_level = afs::S3LogLevel::Off;  // errors come back as Status; the SDK's own log would repeat them
  options.install_sigpipe_handler = true;    // a broken connection is an error to return, not a death
  ARROW_RETURN_NOT_OK(afs::InitializeS3(options));
  afs::S3Options client = afs::S3Options::Anonymous();
  client.region = "us-east-1";  // else it would be looked for
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

bool ContainsAny(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (text.find(word) != std::string_view::npos) return true;
  }
  return false;
}

// Arrow gives the AWS error as text: "... AWS Error ACCESS_DENIED during HeadObject operation: ...", or for codes the
// SDK does not know "AWS Error UNKNOWN (HTTP status 403) during ...".
tl::unexpected<Error> FailS3(const arrow::Status& status, std::string_view what, const std::string& location) {
  const std::string& text = status.message();
  if (arrow::internal::ErrnoFromStatus(status) == ENOENT || ContainsAny(text, {"NO_SUCH_KEY", "RESOURCE_NOT_FOUND"})) {
    return Fail(ErrorKind::kNotFound, "cannot {} {}: no such object", what, location);
  }
  if (ContainsAny(text, {"NO_SUCH_BUCKET"})) {
    return Fail(ErrorKind::kNotFound, "cannot {} {}: no such bucket at this endpoint. Create it, or correct the name",
                what, location);
  }
  if (ContainsAny(text, {"ACCESS_DENIED", "SIGNATURE_DOES_NOT_MATCH", "INVALID_ACCESS_KEY_ID", "INVALID_SIGNATURE",
                         "INVALID_CLIENT_TOKEN_ID", "MISSING_AUTHENTICATION_TOKEN", "UNRECOGNIZED_CLIENT",
                         "EXPIRED_TOKEN", "ExpiredToken", "REQUEST_EXPIRED", "HTTP status 403", "HTTP status 401",
                         "HTTP status 400) during HeadObject"})) {
    return Fail(ErrorKind::kUnauthorized,
                "Access Denied (Service: S3, Status Code: 403): cannot {} {}: {}. Check the access key, the secret and "
                "the session token (s3.access-key-id, s3.secret-access-key, s3.session-token or the AWS_* environment) "
                "and that they may read, write and delete there",
                what, location, text);
  }
  if (ContainsAny(text, {"NETWORK_CONNECTION", "curlCode", "SLOW_DOWN", "SERVICE_UNAVAILABLE", "REQUEST_TIMEOUT",
                         "INTERNAL_FAILURE", "THROTTLING", "HTTP status 500", "HTTP status 502", "HTTP status 503",
                         "HTTP status 504"})) {
    return Fail(ErrorKind::kUnavailable, "cannot {} {}: the S3 endpoint does not answer as it should: {}", what,
                location, text);
  }
  return Fail(ErrorKind::kIo, "cannot {} {}: {}", what, location, text);
}

// "bucket/key" of "s3://bucket/key", as Arrow addresses objects.
Result<std::string> ObjectOf(const std::string& location) {
  const std::string_view scheme = SchemeOf(location);
  std::string_view rest = std::string_view(location).substr(scheme.size());
  if (IsS3Scheme(scheme) && rest.starts_with("://")) {
    rest.remove_prefix(3);
    const auto slash = rest.find('/');
    if (slash != std::string_view::npos && slash > 0 && slash + 1 < rest.size()) return std::string(rest);
  }
  return Fail(ErrorKind::kInvalidArgument, "'{}' is not an object in S3: write it as s3://bucket/key", location);
}

class S3OutputFile final : public OutputFile {
 public:
  S3OutputFile(std::string location, std::shared_ptr<arrow::io::OutputStream> stream)
      : location_(std::move(location)), stream_(std::move(stream)) {}

  ~S3OutputFile() override {
    // Without this Arrow's destructor would complete the upload.
    if (!stream_->closed()) (void)stream_->Abort();
  }

  Status Write(std::string_view bytes) override {
    const arrow::Status status = stream_->Write(bytes.data(), static_cast<int64_t>(bytes.size()));
    if (!status.ok()) return FailS3(status, "write", location_);
    position_ += static_cast<int64_t>(bytes.size());
    return {};
  }

  Status Close() override {
    const arrow::Status status = stream_->Close();
    if (!status.ok()) return FailS3(status, "write", location_);
    return {};
  }

  int64_t position() const override { return position_; }
  // Arrow gathers a part before it sends it.
  int64_t buffered() const override { return std::min(position_, kS3PartBytes); }

 private:
  std::string location_;
  std::shared_ptr<arrow::io::OutputStream> stream_;
  int64_t position_ = 0;
};

class S3InputFile final : public InputFile {
 public:
  S3InputFile(std::string location, std::shared_ptr<arrow::io::RandomAccessFile> file)
      : location_(std::move(location)), file_(std::move(file)) {}

  Result<int64_t> Size() override {
    const auto size = file_->GetSize();
    if (!size.ok()) return FailS3(size.status(), "read", location_);
    return *size;
  }

  Status ReadAt(int64_t offset, std::span<char> out) override {
    const auto got = file_->ReadAt(offset, static_cast<int64_t>(out.size()), out.data());
    if (!got.ok()) return FailS3(got.status(), "read", location_);
    if (*got != static_cast<int64_t>(out.size())) {
      return Fail(ErrorKind::kIo, "cannot read {}: {} bytes at {} were asked for, {} came", location_, out.size(),
                  offset, *got);
    }
    return {};
  }

 private:
  std::string location_;
  std::shared_ptr<arrow::io::RandomAccessFile> file_;
};

class S3FileIo final : public FileIo {
 public:
  explicit S3FileIo(std::shared_ptr<afs::S3FileSystem> fs) : fs_(std::move(fs)) {}

  Result<std::unique_ptr<OutputFile>> Create(const std::string& location) override {
    FRAZIL_ASSIGN_OR_RETURN(const std::string object, ObjectOf(location));
    auto stream = fs_->OpenOutputStream(object, nullptr);
    if (!stream.ok()) return FailS3(stream.status(), "write", location);
    return std::make_unique<S3OutputFile>(location, *std::move(stream));
  }

  Result<std::unique_ptr<InputFile>> Open(const std::string& location) override {
    FRAZIL_ASSIGN_OR_RETURN(const std::string object, ObjectOf(location));
    auto file = fs_->OpenInputFile(object);
    if (!file.ok()) return FailS3(file.status(), "read", location);
    return std::make_unique<S3InputFile>(location, *std::move(file));
  }

  Result<bool> Exists(const std::string& location) override {
    FRAZIL_ASSIGN_OR_RETURN(const std::string object, ObjectOf(location));
    const auto info = fs_->GetFileInfo(object);
    if (!info.ok()) return FailS3(info.status(), "look at", location);
    return info->type() == afs::FileType::File;
  }

  Status Delete(const std::string& location) override {
    FRAZIL_ASSIGN_OR_RETURN(const std::string object, ObjectOf(location));
    const arrow::Status status = fs_->DeleteFile(object);
    if (status.ok() || arrow::internal::ErrnoFromStatus(status) == ENOENT) return {};
    return FailS3(status, "delete", location);
  }

  Status Replace(const std::string& location, std::string_view bytes) override {
    return WriteAll(location, bytes);  // an object is always replaced whole
  }

 private:
  std::shared_ptr<afs::S3FileSystem> fs_;
};

std::string Get(const Properties& properties, const std::string& key) {
  const auto found = properties.find(key);
  return found == properties.end() ? std::string() : found->second;
}

std::string FirstOf(std::initializer_list<std::string> values) {
  for (const std::string& value : values) {
    if (!value.empty()) return value;
  }
  return {};
}

std::string Env(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Result<afs::S3Options> OptionsOf(const Properties& properties) {
  afs::S3Options options;
  options.region = FirstOf({Get(properties, "s3.region"), Get(properties, "client.region"), Env("AWS_REGION"),
                            Env("AWS_DEFAULT_REGION"), "us-east-1"});

  std::string endpoint = FirstOf({Get(properties, "s3.endpoint"), Env("AWS_ENDPOINT_URL_S3"), Env("AWS_ENDPOINT_URL")});
  const std::string path_style = Get(properties, "s3.path-style-access");
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
  options.endpoint_override = StripTrailingSlashes(endpoint);
  options.force_virtual_addressing = path_style == "false";  // otherwise an endpoint of one's own is path-style

  const std::string key = Get(properties, "s3.access-key-id");
  const std::string secret = Get(properties, "s3.secret-access-key");
  if (key.empty() != secret.empty()) {
    return Fail(ErrorKind::kInvalidArgument, "{} is given without {}: an S3 key is both or neither",
                key.empty() ? "s3.secret-access-key" : "s3.access-key-id",
                key.empty() ? "s3.access-key-id" : "s3.secret-access-key");
  }
  if (key.empty()) {
    options.ConfigureDefaultCredentials();
  } else {
    options.ConfigureAccessKey(key, secret, Get(properties, "s3.session-token"));
  }

  options.background_writes = false;  // who writes is on an I/O thread already; no second copy of each part in memory
  options.allow_delayed_open = true;  // a file below one part's size is one PUT, not three requests
  options.connect_timeout = 10;
  options.retry_strategy = afs::S3RetryStrategy::GetAwsStandardRetryStrategy(5);  // also 503 Slow Down
  return options;
}

}  // namespace

Result<std::unique_ptr<FileIo>> MakeS3FileIo(const Properties& properties) {
  FRAZIL_RETURN_IF_ERROR(StartS3());
  FRAZIL_ASSIGN_OR_RETURN(const afs::S3Options options, OptionsOf(properties));
  auto made = afs::S3FileSystem::Make(options);
  if (!made.ok()) return Fail(ErrorKind::kInvalidArgument, "cannot set up S3: {}", made.status().ToString());
  return std::make_unique<S3FileIo>(*std::move(made));
}

}  // namespace frazil::io
