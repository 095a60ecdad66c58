// Parses those parts of an HTTP/1 request's head (RFC 9112) that the server needs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace frazil::serve {

struct HttpRequest {
  std::string method;
  std::string path;           // without the query
  std::string authorization;  // the value of the Authorization header; empty if there is none
};

constexpr size_t kMostHeadBytes = 8192;

enum class HeadState {
  kIncomplete,  // the head is not complete yet
  kComplete,
  kMalformed,
  kTooLarge,
};

// Parses the head at the beginning of `bytes`. Ignores what follows it: a body or another request. A head longer than
// kMostHeadBytes is kTooLarge.
HeadState ReadHead(std::string_view bytes, HttpRequest& request);

}  // namespace frazil::serve
