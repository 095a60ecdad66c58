#include "catalog/database_names.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <string>

#include "common/text/shown.h"

namespace frazil::catalog {
namespace {

Status CheckName(const std::string& name, std::string_view server, size_t longest) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  if (!name.empty() && name.size() <= longest && std::all_of(name.begin(), name.end(), fits)) return {};
  return Fail(ErrorKind::kInvalidArgument,
              "'{}' cannot be a name in {}, which takes small letters, digits and underscores, {} of them at most",
              Shown(name), server, longest);
}

}  // namespace

Status DatabaseNames::Check(const Namespace& ns) const {
  if (ns.size() != 1) {
    return Fail(ErrorKind::kInvalidArgument, "'{}' is no namespace of {}: its databases have one level",
                fmt::join(ns, "."), server);
  }
  return CheckName(ns.front(), server, longest_database);
}

Status DatabaseNames::Check(const TableIdent& ident) const {
  FRAZIL_RETURN_IF_ERROR(Check(ident.ns));
  return CheckName(ident.name, server, longest_table);
}

}  // namespace frazil::catalog
