// The topics a pipeline reads, and the id that each has in its cluster.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace frazil::table {

// Copies share what they know: a topic that comes while the pipeline runs (source.topic_pattern) is known to all of its
// committers at once. Thread-safe.
class TopicIds {
 public:
  TopicIds() = default;
  TopicIds(std::initializer_list<std::pair<const std::string, std::string>> ids) { shared_->ids = ids; }

  // An empty id: the broker gives none.
  void Learn(const std::string& topic, std::string id) {
    std::lock_guard lock(shared_->mutex);
    shared_->ids.insert_or_assign(topic, std::move(id));
  }
  bool Contains(const std::string& topic) const { return Find(topic).has_value(); }
  // None: the topic is not one of ours.
  std::optional<std::string> Find(const std::string& topic) const {
    std::lock_guard lock(shared_->mutex);
    const auto found = shared_->ids.find(topic);
    return found == shared_->ids.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  struct Shared {
    std::mutex mutex;
    std::map<std::string, std::string> ids;
  };
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace frazil::table
