#include "common/warn_once.h"

#include <mutex>
#include <set>

#include "common/log.h"

namespace frazil::log {

void WarnOnce(const std::string& text) {
  static std::mutex mutex;
  static std::set<std::string> told;
  const std::lock_guard lock(mutex);
  if (told.insert(text).second) warn("{}", text);
}

}  // namespace frazil::log
