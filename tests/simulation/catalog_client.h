// The catalog as one process sees it: over a network that loses, delays and doubles requests.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actor.h"
#include "catalog_server.h"

namespace frazil::simulation {

class CatalogClient final : public catalog::Catalog {
 public:
  // `told` is what the requests of this process carry for the oracle: its sender, and what that was told.
  CatalogClient(World& world, Actor& actor, std::shared_ptr<io::FileIo> io, CommitRequest told)
      : world_(world), actor_(actor), io_(std::move(io)), told_(std::move(told)) {}

  std::string Describe() const override { return "the simulated catalog"; }
  Result<catalog::LoadedTable> CreateTable(const catalog::TableIdent& ident, const iceberg::NewTable& table) override;
  Result<catalog::LoadedTable> LoadTable(const catalog::TableIdent& ident) override;
  Result<catalog::LoadedTable> LoadHeads(const catalog::TableIdent& ident) override;
  Result<catalog::LoadedTable> Commit(const catalog::TableIdent& ident,
                                      const std::vector<iceberg::TableRequirement>& requirements,
                                      const std::vector<iceberg::TableUpdate>& updates,
                                      const std::string& idempotency_key) override;

  Result<std::vector<catalog::Namespace>> ListNamespaces() override { return Absent(); }
  Status CreateNamespace(const catalog::Namespace& /*ns*/) override { return Absent(); }
  Result<bool> NamespaceExists(const catalog::Namespace& /*ns*/) override { return Absent(); }
  Result<std::vector<catalog::TableIdent>> ListTables(const catalog::Namespace& /*ns*/) override { return Absent(); }
  Status DropTable(const catalog::TableIdent& /*ident*/) override { return Absent(); }

 private:
  static tl::unexpected<Error> Absent() { return Fail(ErrorKind::kUnsupported, "not simulated"); }
  Result<catalog::LoadedTable> Load(Which which);
  // To the heads, where this catalog tells them alone on demand.
  catalog::LoadedTable Cut(catalog::LoadedTable table) const;
  catalog::LoadedTable Answer(iceberg::TableMetadataPtr table) const { return {std::move(table), "", io_}; }

  World& world_;
  Actor& actor_;
  const std::shared_ptr<io::FileIo> io_;
  const CommitRequest told_;
};

}  // namespace frazil::simulation
