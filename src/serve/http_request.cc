#include "serve/http_request.h"

#include <algorithm>

#include "common/text/ascii_case.h"
#include "common/text/trim.h"

namespace frazil::serve {
namespace {

constexpr std::string_view kEnd = "\r\n\r\n";

bool IsVisible(char c) { return c > 0x20 && c < 0x7f; }

std::string_view TakeUpTo(std::string_view& text, std::string_view mark) {
  const auto at = text.find(mark);
  const auto taken = text.substr(0, at);
  text.remove_prefix(at == text.npos ? text.size() : at + mark.size());
  return taken;
}

bool ReadRequestLine(std::string_view line, HttpRequest& request) {
  const std::string_view method = TakeUpTo(line, " ");
  const std::string_view target = TakeUpTo(line, " ");
  const bool visible =
      std::all_of(method.begin(), method.end(), IsVisible) && std::all_of(target.begin(), target.end(), IsVisible);
  if (method.empty() || !target.starts_with('/') || !visible || !line.starts_with("HTTP/1.")) return false;
  request.method = method;
  request.path = target.substr(0, target.find('?'));
  return true;
}

}  // namespace

HeadState ReadHead(std::string_view bytes, HttpRequest& request) {
  const auto end = bytes.substr(0, kMostHeadBytes).find(kEnd);
  if (end == bytes.npos) return bytes.size() < kMostHeadBytes ? HeadState::kIncomplete : HeadState::kTooLarge;
  std::string_view head = bytes.substr(0, end);
  request = {};
  if (!ReadRequestLine(TakeUpTo(head, "\r\n"), request)) return HeadState::kMalformed;
  while (!head.empty()) {
    std::string_view line = TakeUpTo(head, "\r\n");
    if (line.find(':') == line.npos) return HeadState::kMalformed;
    const std::string_view name = TakeUpTo(line, ":");
    if (EqualsIgnoringCase(name, "authorization")) request.authorization = Trim(line, " \t");
  }
  return HeadState::kComplete;
}

}  // namespace frazil::serve
