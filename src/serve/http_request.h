// The head of an HTTP/1 request (RFC 9112), as far as this server wants to know it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace frazil::serve {

struct HttpRequest {
  std::string method;
  std::string path;           // without query
  std::string authorization;  // of the header of that name; empty without one
};

constexpr size_t kMostHeadBytes = 8192;

enum class HeadState {
  kIncomplete,  // more has to come
  kComplete,
  kMalformed,
  kTooLarge,
};

// Reads the head that `bytes` begin with; what follows it, a body or another request, is not looked at.
HeadState ReadHead(std::string_view bytes, HttpRequest& request);

}  // namespace frazil::serve
