#include "catalog/catalog.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace frazil::catalog {

std::string TableIdent::ToString() const { return ns.empty() ? name : fmt::format("{}.{}", fmt::join(ns, "."), name); }

Namespace ParseNamespace(const std::string& dotted) {
  Namespace levels;
  if (dotted.empty()) return levels;
  size_t begin = 0;
  for (size_t dot; (dot = dotted.find('.', begin)) != std::string::npos; begin = dot + 1) {
    levels.push_back(dotted.substr(begin, dot - begin));
  }
  levels.push_back(dotted.substr(begin));
  return levels;
}

Result<TableIdent> ParseTableIdent(const std::string& dotted) {
  TableIdent ident;
  ident.ns = ParseNamespace(dotted);
  const bool has_gap = std::find(ident.ns.begin(), ident.ns.end(), "") != ident.ns.end();
  if (has_gap || ident.ns.size() < 2) {
    return Fail(ErrorKind::kInvalidArgument, "'{}' is not a table's name: write it as namespace.table", dotted);
  }
  ident.name = std::move(ident.ns.back());
  ident.ns.pop_back();
  return ident;
}

}  // namespace frazil::catalog
