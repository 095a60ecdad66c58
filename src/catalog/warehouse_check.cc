#include "catalog/warehouse_check.h"

#include "io/confined_file_io.h"

namespace frazil::catalog {
namespace {

constexpr int kMostLookedAt = 1000;

}  // namespace

Status CheckWarehouseIsThere(PointerStore& store, io::FileIo& io, const std::string& warehouse) {
  const auto folder = io::PlainLocation(warehouse);
  if (!io::IsLocal(warehouse) || !folder) return {};
  int looked = 0;
  std::string one;  // that is missing
  FRAZIL_ASSIGN_OR_RETURN(const auto namespaces, store.ListNamespaces());
  for (const Namespace& ns : namespaces) {
    FRAZIL_ASSIGN_OR_RETURN(const auto names, store.ListTables(ns));
    for (const std::string& name : names) {
      if (++looked > kMostLookedAt) break;
      const auto pointer = store.Get({ns, name});
      if (!pointer) continue;  // dropped meanwhile, or no Iceberg table
      const auto file = io::PlainLocation(pointer->location);
      if (!io::IsLocal(pointer->location) || !file || !io::LiesIn(*file, *folder)) continue;
      if (io.Exists(pointer->location).value_or(false)) return {};
      one = TableIdent{ns, name}.ToString();
    }
  }
  if (one.empty()) return {};
  return Fail(
      ErrorKind::kUnavailable,
      "{} says that there are tables below {}, {} among them, and the files of none of them can be found. Has its "
      "file system not been mounted? Nothing is written there. If the tables are gone for good, drop them from the "
      "catalog",
      store.Describe(), warehouse, one);
}

}  // namespace frazil::catalog
