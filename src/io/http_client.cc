#include "io/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <mutex>
#include <optional>

#include "common/ascii_case.h"
#include "common/log.h"
#include "common/stop_flag.h"
#include "io/gzip.h"

namespace frazil::io {
namespace {

using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using HeaderList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

// Called once before the first handle; curl_global_init is not thread-safe by itself in every build.
void InitOnce() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

// Takes the body of a reply in. Where it may end early, it is unpacked here, so that what is not wanted need not be.
class Body {
 public:
  Body(CURL* curl, const HttpRequest& request, HttpResponse* response)
      : curl_(curl), enough_(request.enough), response_(*response) {}

  static size_t Write(char* data, size_t size, size_t count, void* self) {
    // Less than all of it tells libcurl that the transfer has failed.
    return static_cast<Body*>(self)->Take({data, size * count}) ? size * count : 0;
  }

 private:
  bool Take(std::string_view bytes) {
    if (done_) return true;
    if (!enough_) {
      response_.body.append(bytes);
      return true;
    }
    if (!begun_) {
      const auto encoding = response_.headers.find("content-encoding");
      if (encoding != response_.headers.end() && encoding->second == "gzip") gunzipper_.emplace();
    }
    begun_ = true;
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    // Packed tenfold and more: what is unpacked in vain costs more than to look again.
    constexpr size_t kStep = 2048;
    for (; !bytes.empty() && !done_; bytes.remove_prefix(std::min(kStep, bytes.size()))) {
      const std::string_view step = bytes.substr(0, kStep);
      if (!gunzipper_) {
        response_.body.append(step);
      } else if (!gunzipper_->Add(step, &response_.body)) {
        return false;
      }
      done_ = status / 100 == 2 && enough_(response_.body);
    }
    return true;
  }

  CURL* const curl_;
  const std::function<bool(std::string_view)>& enough_;
  HttpResponse& response_;
  std::optional<Gunzipper> gunzipper_;
  bool begun_ = false;
  bool done_ = false;
};

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return text;
}

// Asked once a second and more often; not 0 ends the request.
int AbortOnStop(void*, curl_off_t, curl_off_t, curl_off_t, curl_off_t) { return StopScope::Asked() ? 1 : 0; }

size_t AddHeader(char* data, size_t size, size_t count, void* to) {
  const std::string_view line(data, size * count);
  auto& headers = *static_cast<std::map<std::string, std::string>*>(to);
  if (line.starts_with("HTTP/")) headers.clear();  // an interim reply (1xx) or a proxy's came before
  if (const auto colon = line.find(':'); colon != std::string_view::npos) {
    headers[Lower(line.substr(0, colon))] = Trim(line.substr(colon + 1));
  }
  return size * count;
}

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
  const bool repeatable = request.method == "GET" || request.method == "HEAD";
  const bool has_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";

  HttpResponse response;
  char reason[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);  // else it would wait for a name server in spite of all
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &AbortOnStop);
  // HTTP/2 lets libcurl repeat a refused stream.
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  // What this libcurl can decode, or Body.
  if (!request.enough) curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
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
  Body body(curl, request, &response);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Body::Write);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &AddHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &response.headers);

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

  if (code == CURLE_ABORTED_BY_CALLBACK) return Stopped(request);
  // libcurl notes the time when all is connected and it is about to send: before that, nothing was. A handle that has
  // failed is not used again.
  const bool sent = before_transfer_us != 0;
  const std::string_view why = reason[0] != '\0' ? reason : curl_easy_strerror(code);
  log::debug("{} {}: {} after {} ms", request.method, PrintableUrl(request.url), why, total_us / 1000);
  return Fail(sent ? ErrorKind::kIo : ErrorKind::kUnavailable, "{} {}: {}", request.method, PrintableUrl(request.url),
              why);
}

}  // namespace frazil::io
