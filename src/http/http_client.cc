#include "http/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <mutex>
#include <new>
#include <optional>

#include "common/log.h"
#include "common/text/ascii_case.h"
#include "common/text/trim.h"
#include "common/time/stop_flag.h"
#include "io/gzip.h"

namespace frazil::http {
namespace {

using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using HeaderList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

// Runs before the first handle is made, once: curl_global_init is not thread-safe in every build of libcurl.
void InitOnce() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

// libcurl calls this at least once a second. A value other than 0 ends the request.
int AbortOnStop(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) { return StopScope::Asked() ? 1 : 0; }

// Receives a reply, within its limits. If the caller may end the body early (`enough`), this class decompresses it, so
// that the unwanted rest is not decompressed.
class Reply {
 public:
  Reply(CURL* curl, const HttpRequest& request, HttpResponse* response)
      : curl_(curl), request_(request), response_(*response) {}

  // Callbacks of libcurl. Returning less than was passed ends the transfer.
  static size_t AddHeader(char* data, size_t size, size_t count, void* self) {
    return static_cast<Reply*>(self)->Taken(&Reply::TakeHeader, {data, size * count});
  }
  static size_t AddBody(char* data, size_t size, size_t count, void* self) {
    return static_cast<Reply*>(self)->Taken(&Reply::TakeBody, {data, size * count});
  }

  // True if the body of an error reply was cut at its limit. The status is known, so this is not an error.
  bool cut() const { return cut_; }
  const std::string& refused() const { return refused_; }  // why its transfer was ended

 private:
  // Exceptions must not pass through libcurl.
  size_t Taken(bool (Reply::*take)(std::string_view), std::string_view bytes) {
    try {
      return (this->*take)(bytes) ? bytes.size() : 0;
    } catch (const std::bad_alloc&) {
      refused_ = "memory is short";
      return 0;
    }
  }

  bool TakeHeader(std::string_view line) {
    header_bytes_ += static_cast<int64_t>(line.size());
    const Limit& most = CurrentLimits().http_headers;
    if (header_bytes_ > most.amount()) return Refuse(fmt::format("the headers of the reply exceed {}", most));
    if (line.starts_with("HTTP/")) response_.headers.clear();  // an interim reply (1xx) or a proxy's came before
    if (const auto colon = line.find(':'); colon != std::string_view::npos) {
      response_.headers[Lower(line.substr(0, colon))] = Trim(line.substr(colon + 1));
    }
    return true;
  }

  bool TakeBody(std::string_view bytes) {
    if (done_) return true;
    if (!begun_ && !Begin()) return false;
    if (!is_success_) return TakeErrorBody(bytes);
    // JSON often shrinks tenfold or more. Asking `enough` after small steps costs less than decompressing bytes that
    // nobody wants.
    constexpr size_t kStep = 2048;
    const size_t step_size = request_.enough ? kStep : bytes.size();
    for (; !bytes.empty() && !done_; bytes.remove_prefix(std::min(step_size, bytes.size()))) {
      const std::string_view step = bytes.substr(0, step_size);
      if (gunzipper_) {
        if (const Status added = gunzipper_->Add(step, &response_.body); !added) return Refuse(added.error().message);
      } else {
        if (static_cast<int64_t>(response_.body.size() + step.size()) > request_.most.amount()) return RefuseLength();
        response_.body.append(step);
      }
      done_ = request_.enough && request_.enough(response_.body);
    }
    return true;
  }

  // A body that is too long or broken is cut, not refused: for an error reply the status is what matters.
  bool TakeErrorBody(std::string_view bytes) {
    if (gunzipper_) {
      cut_ = !gunzipper_->Add(bytes, &response_.body);
    } else {
      const auto room = static_cast<size_t>(kErrorBody.amount()) - response_.body.size();
      response_.body.append(bytes.substr(0, room));
      cut_ = bytes.size() > room;
    }
    return !cut_;
  }

  bool Begin() {
    begun_ = true;
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    is_success_ = status / 100 == 2;
    curl_off_t length = -1;
    curl_easy_getinfo(curl_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (is_success_ && !request_.enough && length > request_.most.amount()) return RefuseLength();
    const auto encoding = response_.headers.find("content-encoding");
    const bool packed = encoding != response_.headers.end() && encoding->second == "gzip";
    if (request_.enough && packed) gunzipper_.emplace(is_success_ ? request_.most : kErrorBody);
    return true;
  }

  bool RefuseLength() {
    return Refuse(fmt::format("the reply is more than {} allows. Raise that if it is right", request_.most));
  }
  bool Refuse(std::string why) {
    refused_ = std::move(why);
    return false;
  }

  static constexpr Limit kErrorBody{"", 1, 1, 1, Limits::kMiB};

  CURL* const curl_;
  const HttpRequest& request_;
  HttpResponse& response_;
  std::optional<io::Gunzipper> gunzipper_;
  int64_t header_bytes_ = 0;
  bool begun_ = false;
  bool is_success_ = false;
  bool done_ = false;
  bool cut_ = false;
  std::string refused_;
};

tl::unexpected<Error> Stopped(const HttpRequest& request) {
  return Fail(ErrorKind::kCancelled, "{} {}: asked to stop", request.method, PrintableUrl(request.url));
}

}  // namespace

std::string PrintableUrl(const std::string& url) {
  std::string shown = url.substr(0, url.find_first_of("?#"));
  const auto scheme_end = shown.find("://");
  const auto host = scheme_end == std::string::npos ? 0 : scheme_end + 3;
  const auto at = shown.substr(0, shown.find('/', host)).rfind('@');
  if (at != std::string::npos && at >= host) shown.erase(host, at + 1 - host);
  return shown;
}

// Idle libcurl handles, each with its kept connection.
struct HttpClient::Handles {
  std::mutex mutex;
  std::vector<Easy> idle;

  Easy Take() {
    {
      std::lock_guard lock(mutex);
      if (!idle.empty()) {
        Easy handle = std::move(idle.back());
        idle.pop_back();
        curl_easy_reset(handle.get());  // keeps the connection
        return handle;
      }
    }
    return {curl_easy_init(), &curl_easy_cleanup};
  }
  void Give(Easy handle) {
    std::lock_guard lock(mutex);
    idle.push_back(std::move(handle));
  }
};

HttpClient::HttpClient(HttpOptions options) : options_(std::move(options)), handles_(std::make_unique<Handles>()) {
  InitOnce();
}
HttpClient::~HttpClient() = default;

Result<HttpResponse> HttpClient::Send(const HttpRequest& request) {
  if (StopScope::Asked()) return Stopped(request);
  Easy handle = handles_->Take();
  if (!handle) return Fail(ErrorKind::kInternal, "libcurl gives no handle");
  CURL* curl = handle.get();
  const bool repeatable = request.changes_nothing || request.method == "GET" || request.method == "HEAD";
  const bool has_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";

  HttpResponse response;
  char reason[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.amount()));
  curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);  // else it would wait for a name server in spite of all
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &AbortOnStop);
  // With HTTP/2, libcurl would repeat a refused stream by itself.
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  // Without `enough` libcurl decodes every encoding that it knows; with it, Reply decodes gzip (below).
  if (!request.enough) curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
  if (options_.past_proxies) curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
  if (!options_.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options_.ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.method == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  if (has_body) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  if (!repeatable) {
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
  }
  HeaderList headers(nullptr, &curl_slist_free_all);
  const auto add_header = [&headers](const std::string& line) {
    curl_slist* longer = curl_slist_append(headers.get(), line.c_str());
    if (longer != headers.get()) {
      (void)headers.release();
      headers.reset(longer);
    }
  };
  add_header("Expect:");  // a body is sent with its request; "100-continue" would make libcurl send again after a 417
  if (request.enough) add_header("Accept-Encoding: gzip");
  for (const auto& [name, value] : request.headers) add_header(fmt::format("{}: {}", name, value));
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  Reply reply(curl, request, &response);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Reply::AddBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &Reply::AddHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &reply);

  const CURLcode code = curl_easy_perform(curl);
  long status = 0;
  curl_off_t before_transfer_us = 0;
  curl_off_t total_us = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &before_transfer_us);
  curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME_T, &total_us);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, nullptr);
  response.status = static_cast<int>(status);
  if (code == CURLE_OK) {
    log::debug("{} {}: {} in {} ms", request.method, PrintableUrl(request.url), status, total_us / 1000);
    handles_->Give(std::move(handle));
    return response;
  }
  if (reply.cut()) return response;

  if (code == CURLE_ABORTED_BY_CALLBACK) return Stopped(request);
  // libcurl sets this time when it is connected and about to send. If it is 0, nothing was sent. A handle that failed
  // is not used again.
  const bool sent = before_transfer_us != 0;
  std::string why = reason[0] != '\0' ? reason : curl_easy_strerror(code);
  if (!reply.refused().empty()) why = reply.refused();
  // libcurl returns this code for a single header longer than 100 KiB, before it calls AddHeader.
  if (code == CURLE_OUT_OF_MEMORY) {
    why += fmt::format(", or a header of the reply that is longer than {} allows", CurrentLimits().http_headers);
  }
  if (sent && code == CURLE_OPERATION_TIMEDOUT) why += fmt::format(" ({})", options_.timeout);
  log::debug("{} {}: {} after {} ms", request.method, PrintableUrl(request.url), why, total_us / 1000);
  return Fail(sent ? ErrorKind::kIo : ErrorKind::kUnavailable, "{} {}: {}", request.method, PrintableUrl(request.url),
              why);
}

}  // namespace frazil::http
