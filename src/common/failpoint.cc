#include "common/failpoint.h"

#ifdef FRAZIL_FAILPOINTS
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace frazil::failpoint {
namespace {

struct Action {
  std::string verb;  // kill, fail, sleep
  int millis = 0;
  int at = 0;  // the pass it acts on; 0: each
  int passes = 0;
};

struct Registry {
  std::mutex mutex;
  std::map<std::string, Action, std::less<>> actions;

  Registry() {
    const char* text = std::getenv("FRAZIL_FAILPOINTS_SET");
    std::string_view rest = text ? text : "";
    while (!rest.empty()) {
      const auto end = rest.find(';');
      std::string_view one = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
      const auto equals = one.find('=');
      if (equals == std::string_view::npos) continue;
      Action action;
      std::string_view what = one.substr(equals + 1);
      if (const auto at = what.find('@'); at != std::string_view::npos) {
        action.at = std::atoi(std::string(what.substr(at + 1)).c_str());
        what = what.substr(0, at);
      }
      if (const auto colon = what.find(':'); colon != std::string_view::npos) {
        action.millis = std::atoi(std::string(what.substr(colon + 1)).c_str());
        what = what.substr(0, colon);
      }
      action.verb = what;
      actions.emplace(one.substr(0, equals), action);
    }
  }
};

}  // namespace

Status Hit(std::string_view name) {
  static Registry registry;
  if (registry.actions.empty()) return {};
  Action action;
  {
    std::lock_guard lock(registry.mutex);
    auto found = registry.actions.find(name);
    if (found == registry.actions.end()) return {};
    ++found->second.passes;
    if (found->second.at != 0 && found->second.at != found->second.passes) return {};
    action = found->second;
  }
  if (action.verb == "kill") std::raise(SIGKILL);
  if (action.verb == "fail") return Fail(ErrorKind::kIo, "failpoint {}", name);
  if (action.verb == "unknown") return Fail(ErrorKind::kCommitUnknown, "failpoint {}", name);
  if (action.verb == "sleep") std::this_thread::sleep_for(std::chrono::milliseconds(action.millis));
  return {};
}

}  // namespace frazil::failpoint
#endif
