#include "catalog/memory_catalog.h"

#include <fmt/ranges.h>

#include <map>
#include <mutex>
#include <set>

#include "catalog/pointer_catalog.h"

namespace frazil::catalog {
namespace {

class MemoryStore final : public PointerStore {
 public:
  std::string Describe() const override { return "the in-memory catalog"; }

  Result<std::vector<Namespace>> ListNamespaces() override {
    std::lock_guard lock(mutex_);
    return std::vector<Namespace>(namespaces_.begin(), namespaces_.end());
  }
  Status CreateNamespace(const Namespace& ns) override {
    std::lock_guard lock(mutex_);
    if (!namespaces_.insert(ns).second) {
      return Fail(ErrorKind::kAlreadyExists, "namespace {} already exists in {}", fmt::join(ns, "."), Describe());
    }
    return {};
  }
  Result<bool> NamespaceExists(const Namespace& ns) override {
    std::lock_guard lock(mutex_);
    return namespaces_.contains(ns);
  }
  Result<std::vector<std::string>> ListTables(const Namespace& ns) override {
    std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [key, location] : pointers_) {
      if (key.first == ns) names.push_back(key.second);
    }
    return names;
  }
  Result<Pointer> Get(const TableIdent& ident) override {
    std::lock_guard lock(mutex_);
    const auto found = pointers_.find({ident.ns, ident.name});
    if (found == pointers_.end()) {
      return Fail(ErrorKind::kNotFound, "table {} does not exist in {}", ident.ToString(), Describe());
    }
    return Pointer{found->second, ""};
  }
  Status Insert(const TableIdent& ident, const std::string& location,
                const iceberg::TableMetadata& /*metadata*/) override {
    std::lock_guard lock(mutex_);
    if (!pointers_.emplace(Key{ident.ns, ident.name}, location).second) {
      return Fail(ErrorKind::kAlreadyExists, "table {} already exists in {}", ident.ToString(), Describe());
    }
    return {};
  }
  Status Swap(const TableIdent& ident, const Pointer& from, const std::string& to,
              const iceberg::TableMetadata& /*metadata*/) override {
    std::lock_guard lock(mutex_);
    const auto found = pointers_.find({ident.ns, ident.name});
    if (found == pointers_.end() || found->second != from.location) {
      return Fail(ErrorKind::kCommitConflict, "Commit conflict - table was modified concurrently: {} in {}",
                  ident.ToString(), Describe());
    }
    found->second = to;
    return {};
  }
  Status Remove(const TableIdent& ident) override {
    std::lock_guard lock(mutex_);
    if (pointers_.erase({ident.ns, ident.name}) == 1) return {};
    return Fail(ErrorKind::kNotFound, "table {} does not exist in {}", ident.ToString(), Describe());
  }
  Status Rename(const TableIdent& from, const TableIdent& to) override {
    std::lock_guard lock(mutex_);
    const auto found = pointers_.find({from.ns, from.name});
    if (found == pointers_.end()) {
      return Fail(ErrorKind::kNotFound, "table {} does not exist in {}", from.ToString(), Describe());
    }
    if (!pointers_.emplace(Key{to.ns, to.name}, found->second).second) {
      return Fail(ErrorKind::kAlreadyExists, "table {} already exists in {}", to.ToString(), Describe());
    }
    pointers_.erase(found);
    return {};
  }

 private:
  using Key = std::pair<Namespace, std::string>;
  std::mutex mutex_;
  std::set<Namespace> namespaces_;
  std::map<Key, std::string> pointers_;
};

}  // namespace

Result<std::shared_ptr<Catalog>> OpenMemoryCatalog(const MemoryCatalogOptions& options) {
  return PointerCatalog::Open(std::make_unique<MemoryStore>(), options.warehouse, options.io);
}

}  // namespace frazil::catalog
