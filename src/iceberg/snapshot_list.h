// The snapshots of a table, in the order of its metadata.
//
// Most snapshots are never looked at, but only copied from one metadata file to the next. So the list keeps the JSON
// text of each snapshot, and parses it only on access. Copies of the list share their content. So a table with 10,000
// snapshots costs a commit little more than one with ten, and old snapshots of other writers are written back byte for
// byte.
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

// Behaves like a vector of constant snapshots. Const access is thread-safe. A reference stays valid as long as any list
// contains the snapshot.
class SnapshotList {
 public:
  SnapshotList() = default;
  SnapshotList(std::initializer_list<Snapshot> snapshots);

  // Adds the snapshots of a JSON array, each checked as by ParseSnapshot. simdjson's padding must follow `text`, and
  // `owner` keeps the text alive. kCorrupt if a snapshot is invalid, or if an id occurs twice.
  Status AddAll(const std::shared_ptr<const void>& owner, std::string_view text);
  void push_back(Snapshot snapshot);
  void Remove(const std::set<int64_t>& ids);
  // Removes all other snapshots, and frees the text that they were read from.
  void Keep(const std::set<int64_t>& ids);

  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  const Snapshot& operator[](size_t at) const;
  const Snapshot& back() const { return (*this)[size() - 1]; }
  const Snapshot* Find(int64_t id) const;  // null if there is none
  bool Contains(int64_t id) const;
  // The highest number of all snapshots; 0 if the list is empty.
  int64_t newest_timestamp_ms() const;
  int64_t newest_sequence_number() const;
  // Appends the snapshots as the elements of a JSON array, separated by commas.
  void AppendTo(std::string* json) const;
  size_t text_size() const;  // how many bytes AppendTo adds

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
  struct Item;  // the text, and the snapshot after the first access
  // Holds the values that searches need, so that a search reads little memory.
  struct Entry {
    int64_t id;
    int64_t timestamp_ms;
    int64_t sequence_number;
    // Snapshots that were read together share one owner, so that a copy increments one counter instead of 10,000.
    std::shared_ptr<const Item> item;
  };

  struct Index;

  const Entry* Look(int64_t id) const;  // null if there is none
  void Add(const Snapshot& snapshot, std::shared_ptr<const Item> item);
  void IndexAnew();

  std::vector<Entry> entries_;
  std::shared_ptr<const Index> index_;  // covers the first entries; null while there are few
};

}  // namespace frazil::iceberg
