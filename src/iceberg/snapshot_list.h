// The snapshots of a table, in the order of its metadata.
//
// Nobody looks at most of them: they are carried from one metadata to the next. So a list keeps of a snapshot the text
// that it was read from, and parses that when it is asked for; and copies share what they hold. A table with 10,000
// snapshots then costs a commit little more than one with ten, and what others wrote in an old snapshot is written
// again byte for byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <set>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "iceberg/snapshot.h"

namespace frazil::iceberg {

// Like a vector of snapshots that do not change. Const access from several threads is safe; references stay good as
// long as any list holds the snapshot.
class SnapshotList {
 public:
  SnapshotList() = default;
  SnapshotList(std::initializer_list<Snapshot> snapshots);

  // Adds the snapshots of a JSON array, of which each is checked as ParseSnapshot does. `text` is followed by
  // simdjson's padding, `owner` keeps it. kCorrupt also if an id is there twice.
  Status AddAll(const std::shared_ptr<const void>& owner, std::string_view text);
  void push_back(Snapshot snapshot);
  void Remove(const std::set<int64_t>& ids);
  // Removes all others, and lets go of the text that they were read from.
  void Keep(const std::set<int64_t>& ids);

  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  const Snapshot& operator[](size_t at) const;
  const Snapshot& back() const { return (*this)[size() - 1]; }
  const Snapshot* Find(int64_t id) const;  // null if absent
  bool Contains(int64_t id) const;
  // The highest of all; 0 if there is none.
  int64_t newest_timestamp_ms() const;
  int64_t newest_sequence_number() const;
  // The snapshots separated by commas, as they stand in a JSON array.
  void AppendTo(std::string* json) const;
  size_t text_size() const;  // bytes that AppendTo adds

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Snapshot;
    using difference_type = std::ptrdiff_t;
    using pointer = const Snapshot*;
    using reference = const Snapshot&;

    Iterator(const SnapshotList* list, size_t at) : list_(list), at_(at) {}
    reference operator*() const { return (*list_)[at_]; }
    pointer operator->() const { return &(*list_)[at_]; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    const SnapshotList* list_;
    size_t at_;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  struct Item;  // text, and the snapshot once it was asked for
  // What is looked for in all snapshots stands here, so that a search goes through little memory.
  struct Entry {
    int64_t id;
    int64_t timestamp_ms;
    int64_t sequence_number;
    // Those that were read together have one owner: a copy counts up in one place, not in 10,000.
    std::shared_ptr<const Item> item;
  };

  struct Index;

  const Entry* Look(int64_t id) const;  // null if absent
  void Add(const Snapshot& snapshot, std::shared_ptr<const Item> item);
  void IndexAnew();

  std::vector<Entry> entries_;
  std::shared_ptr<const Index> index_;  // of the first entries; null while there are few
};

}  // namespace frazil::iceberg
