#include "catalog/catalog.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace frazil::catalog {
namespace {

constexpr size_t kLongestName = 255;

Status CheckName(const std::string& name, std::string_view of_what) {
  const auto refuse = [&](std::string_view why) {
    return Fail(ErrorKind::kInvalidArgument, "'{}' cannot be the name of a {}: {}", name.substr(0, kLongestName),
                of_what, why);
  };
  if (name.empty()) return refuse("it is empty");
  if (name == "." || name == "..") return refuse("as a part of a path it would lead elsewhere");
  if (name.find('/') != std::string::npos) return refuse("it holds a \"/\"");
  const bool has_control =
      std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (has_control) return Fail(ErrorKind::kInvalidArgument, "the name of a {} holds a control character", of_what);
  if (name.size() > kLongestName) return refuse(fmt::format("it is longer than {} bytes", kLongestName));
  return {};
}

}  // namespace

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
  FRAZIL_RETURN_IF_ERROR(CheckNames(ident));
  return ident;
}

Status CheckNames(const Namespace& ns) {
  for (const std::string& level : ns) FRAZIL_RETURN_IF_ERROR(CheckName(level, "namespace's level"));
  return {};
}

Status CheckNames(const TableIdent& ident) {
  FRAZIL_RETURN_IF_ERROR(CheckNames(ident.ns));
  return CheckName(ident.name, "table");
}

}  // namespace frazil::catalog
