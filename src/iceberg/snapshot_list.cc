#include "iceberg/snapshot_list.h"

#include <simdjson.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <unordered_set>
#include <utility>

#include "iceberg/json_members.h"

namespace frazil::iceberg {

struct SnapshotList::Item {
  explicit Item(std::string_view part) : text(part) {}
  explicit Item(Snapshot snapshot)
      : own_text(json::Dump(ToJson(snapshot))),
        text(own_text),
        parsed(std::make_unique<const Snapshot>(std::move(snapshot))) {}

  // A copy with its own text.
  Item(const Item& other) : own_text(other.text), text(own_text) {}

  const Snapshot& Get() const {
    std::call_once(once, [this] {
      // The text was parsed when the list took it, so this cannot fail.
      if (parsed == nullptr) parsed = std::make_unique<const Snapshot>(ParseSnapshot(text).value());
    });
    return *parsed;
  }

  std::string own_text;  // empty if `text` is part of a larger text
  std::string_view text;
  mutable std::once_flag once;
  mutable std::unique_ptr<const Snapshot> parsed;
};

namespace {
constexpr size_t kNewest = 64;  // the newest snapshots, which are searched one by one
constexpr int kUnindexed = 16;  // lookups of older snapshots before they are indexed
}  // namespace

// The positions of the first `covered` entries of a list, by id. Copies of the list have the same entries and share the
// index. It is built at the first search.
struct SnapshotList::Index {
  explicit Index(size_t entries) : covered(entries) {}

  std::optional<size_t> Find(int64_t id, const std::vector<Entry>& entries) const {
    std::call_once(once, [&] {
      places.reserve(covered);
      for (size_t at = 0; at < covered; ++at) places.emplace_back(entries[at].id, at);
      std::sort(places.begin(), places.end());
    });
    const auto found = std::lower_bound(places.begin(), places.end(), std::pair(id, size_t{0}));
    return found == places.end() || found->first != id ? std::nullopt : std::optional(found->second);
  }

  const size_t covered;
  mutable std::atomic<int> asked{0};
  mutable std::once_flag once;
  mutable std::vector<std::pair<int64_t, size_t>> places;  // by id
};

SnapshotList::SnapshotList(std::initializer_list<Snapshot> snapshots) {
  for (const Snapshot& snapshot : snapshots) push_back(snapshot);
}

Status SnapshotList::AddAll(const std::shared_ptr<const void>& owner, std::string_view text) {
  struct Batch {
    std::shared_ptr<const void> text;
    std::deque<Item> items;
  };
  const auto batch = std::make_shared<Batch>();
  batch->text = owner;
  std::unordered_set<int64_t> ids;
  for (const Entry& entry : entries_) ids.insert(entry.id);

  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::array array;
  const simdjson::padded_string_view padded(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING);
  auto error = parser.iterate(padded).get(document);
  if (error == simdjson::SUCCESS) error = document.get_array().get(array);
  if (error != simdjson::SUCCESS) return Fail(ErrorKind::kCorrupt, "member \"snapshots\": expected an array");
  for (auto element : array) {
    std::string_view one;
    error = element.raw_json().get(one);
    if (error != simdjson::SUCCESS) break;
    one = one.substr(0, one.find_last_not_of(" \t\r\n") + 1);  // raw_json may end with white space
    FRAZIL_ASSIGN_OR_RETURN(const Snapshot snapshot, ParseSnapshot(one));
    if (!ids.insert(snapshot.snapshot_id).second) {
      return Fail(ErrorKind::kCorrupt, "snapshot {} stands there twice", snapshot.snapshot_id);
    }
    const Item& item = batch->items.emplace_back(one);
    Add(snapshot, {batch, &item});
  }
  IndexAnew();
  if (error != simdjson::SUCCESS || !document.at_end()) {
    return Fail(ErrorKind::kCorrupt, "member \"snapshots\" is no valid JSON");
  }
  return {};
}

void SnapshotList::push_back(Snapshot snapshot) {
  const auto item = std::make_shared<const Item>(std::move(snapshot));
  Add(item->Get(), item);
  const size_t covered = index_ == nullptr ? 0 : index_->covered;
  if (entries_.size() - covered > kNewest + covered / 8) IndexAnew();
}

void SnapshotList::Add(const Snapshot& snapshot, std::shared_ptr<const Item> item) {
  entries_.push_back({snapshot.snapshot_id, snapshot.timestamp_ms, snapshot.sequence_number, std::move(item)});
}

void SnapshotList::Remove(const std::set<int64_t>& ids) {
  std::erase_if(entries_, [&](const Entry& entry) { return ids.contains(entry.id); });
  IndexAnew();
}

void SnapshotList::Keep(const std::set<int64_t>& ids) {
  std::erase_if(entries_, [&](const Entry& entry) { return !ids.contains(entry.id); });
  for (Entry& entry : entries_) entry.item = std::make_shared<const Item>(*entry.item);
  IndexAnew();
}

const Snapshot& SnapshotList::operator[](size_t at) const { return entries_[at].item->Get(); }

// The newest snapshots are needed most, and they are found without an index. So are a few older ones, about as many as
// a table has tags. Only code that walks through the history needs the index.
const SnapshotList::Entry* SnapshotList::Look(int64_t id) const {
  const size_t covered = index_ == nullptr ? 0 : index_->covered;
  const size_t newest = std::min(entries_.size(), std::max(entries_.size() - covered, kNewest));
  const auto is_it = [id](const Entry& entry) { return entry.id == id; };
  const auto old = entries_.rbegin() + static_cast<std::ptrdiff_t>(newest);
  if (const auto found = std::find_if(entries_.rbegin(), old, is_it); found != old) return &*found;
  if (old == entries_.rend()) return nullptr;
  if (index_->asked.fetch_add(1, std::memory_order_relaxed) < kUnindexed) {
    const auto found = std::find_if(old, entries_.rend(), is_it);
    return found == entries_.rend() ? nullptr : &*found;
  }
  const std::optional<size_t> at = index_->Find(id, entries_);
  return at ? &entries_[*at] : nullptr;
}

const Snapshot* SnapshotList::Find(int64_t id) const {
  const Entry* found = Look(id);
  return found == nullptr ? nullptr : &found->item->Get();
}

bool SnapshotList::Contains(int64_t id) const { return Look(id) != nullptr; }

void SnapshotList::IndexAnew() {
  index_ = entries_.size() > kNewest ? std::make_shared<const Index>(entries_.size()) : nullptr;
}

int64_t SnapshotList::newest_timestamp_ms() const {
  int64_t newest = 0;
  for (const Entry& entry : entries_) newest = std::max(newest, entry.timestamp_ms);
  return newest;
}

int64_t SnapshotList::newest_sequence_number() const {
  int64_t newest = 0;
  for (const Entry& entry : entries_) newest = std::max(newest, entry.sequence_number);
  return newest;
}

size_t SnapshotList::text_size() const {
  size_t size = 0;
  for (const Entry& entry : entries_) size += entry.item->text.size() + 1;
  return size;
}

void SnapshotList::AppendTo(std::string* json) const {
  for (const Entry& entry : entries_) {
    if (&entry != entries_.data()) *json += ',';
    *json += entry.item->text;
  }
}

}  // namespace frazil::iceberg
