// An object store that keeps metadata files as they are, and of data files only which records are in them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actor.h"
#include "io/memory_file_io.h"
#include "table/decided_by.h"

namespace frazil::simulation {

// The records of offsets [first, next).
struct Stretch {
  int partition = 0;
  int64_t first = 0;
  int64_t next = 0;
  bool replayed = false;  // bad records that became rows; else rows of a main table are its good ones
};

struct DataContent {
  std::string topic_id;  // empty: another writer's
  std::vector<Stretch> stretches;
  int64_t rows = 0;
  // Of an errors table: by partition and offset, what was replayed, and by which snapshot if that is known.
  std::map<std::pair<int, int64_t>, std::optional<int64_t>> marks = {};
  std::vector<table::DecidedBy> decided = {};  // which of its records are rows
};

class Storage {
 public:
  // False if the name was used before.
  bool PutData(const std::string& path, DataContent content) { return data_.emplace(path, std::move(content)).second; }
  void DeleteData(const std::string& path) { data_.erase(path); }
  const DataContent* FindData(const std::string& path) const {
    const auto found = data_.find(path);
    return found == data_.end() ? nullptr : &found->second;
  }

  const std::shared_ptr<io::MemoryFileIo>& files() const { return files_; }

 private:
  std::map<std::string, DataContent> data_;
  std::shared_ptr<io::MemoryFileIo> files_ = std::make_shared<io::MemoryFileIo>();
};

class World;

// The store as one process sees it: each request is a step, and may fail.
class StorageClient final : public io::FileIo {
 public:
  StorageClient(World& world, Actor& actor) : world_(world), actor_(actor) {}

  Result<std::unique_ptr<io::OutputFile>> Create(const std::string& location) override;
  Result<std::unique_ptr<io::InputFile>> Open(const std::string& location) override;
  Result<bool> Exists(const std::string& location) override;
  Status Delete(const std::string& location) override;
  Status Replace(const std::string& location, std::string_view bytes) override;

 private:
  class Put;

  World& world_;
  Actor& actor_;
};

}  // namespace frazil::simulation
