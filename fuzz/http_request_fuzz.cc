// The head of a request to the metrics server: any bytes are read or refused, and the same however they are cut.
#include <string_view>

#include "fuzz.h"
#include "serve/http_request.h"

std::vector<std::string> frazil::fuzz::Seeds() {
  return {"GET /metrics HTTP/1.1\r\nHost: a:1\r\nAuthorization: Bearer t\r\n\r\n",
          "HEAD /health?x HTTP/1.0\r\n\r\nbody", "POST / HTTP/1.1\r\nno colon\r\n\r\n",
          "GET / HTTP/1.1\r\n" + std::string(serve::kMostHeadBytes, 'x')};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using frazil::serve::HeadState;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  frazil::serve::HttpRequest whole;
  const auto state = frazil::serve::ReadHead(bytes, whole);
  if (state != HeadState::kComplete) return 0;
  frazil::fuzz::Check(whole.path.starts_with('/') && !whole.method.empty(), "what is complete says what is asked");
  frazil::serve::HttpRequest again;
  const auto longer = frazil::serve::ReadHead(std::string(bytes) + "more", again);
  frazil::fuzz::Check(longer == state && again.path == whole.path && again.authorization == whole.authorization,
                      "what follows a head changes nothing of it");
  return 0;
}
