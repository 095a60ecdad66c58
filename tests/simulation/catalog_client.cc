#include "catalog_client.h"

#include "catalog/commit_reply.h"
#include "world.h"

namespace frazil::simulation {
namespace {

constexpr Millis kTimeout = 5000;
constexpr Millis kLatest = 90'000;  // that a request may be under way

}  // namespace

Result<catalog::LoadedTable> CatalogClient::CreateTable(const catalog::TableIdent& /*ident*/,
                                                        const iceberg::NewTable& table) {
  actor_.Step("creates the errors table");
  if (world_.Happens(world_.scenario.refusal)) return Fail(ErrorKind::kUnavailable, "try again later");
  FRAZIL_ASSIGN_OR_RETURN(auto created, world_.server.Create(table));
  if (world_.Happens(world_.scenario.lost_reply)) return Fail(ErrorKind::kUnavailable, "no reply");
  actor_.Step("hears of the errors table");
  return Answer(std::move(created));
}

Result<catalog::LoadedTable> CatalogClient::LoadTable(const catalog::TableIdent& ident) { return Load(WhichOf(ident)); }

Result<catalog::LoadedTable> CatalogClient::LoadHeads(const catalog::TableIdent& ident) {
  FRAZIL_ASSIGN_OR_RETURN(catalog::LoadedTable table, Load(WhichOf(ident)));
  return Cut(std::move(table));
}

catalog::LoadedTable CatalogClient::Cut(catalog::LoadedTable table) const {
  if (world_.scenario.shows_heads) table.metadata = catalog::HeadsOf(*table.metadata);
  return table;
}

Result<catalog::LoadedTable> CatalogClient::Load(Which which) {
  actor_.Step(which == Which::kMain ? "loads the table" : "loads the errors table");
  if (world_.Happens(world_.scenario.refusal)) return Fail(ErrorKind::kUnavailable, "try again later");
  const iceberg::TableMetadataPtr table = world_.server.table(which);
  // What comes back is how it stood when the request arrived.
  actor_.Step("gets the table");
  if (table == nullptr) return Fail(ErrorKind::kNotFound, "no such table");
  return Answer(table);
}

Result<catalog::LoadedTable> CatalogClient::Commit(const catalog::TableIdent& ident,
                                                   const std::vector<iceberg::TableRequirement>& requirements,
                                                   const std::vector<iceberg::TableUpdate>& updates,
                                                   const std::string& idempotency_key) {
  const Which which = WhichOf(ident);
  actor_.Step(which == Which::kMain ? "sends a commit" : "sends a commit of errors");
  const Scenario& scenario = world_.scenario;
  if (world_.Happens(scenario.refusal)) return Fail(ErrorKind::kUnavailable, "try again later");
  if (world_.Happens(scenario.false_conflict)) return Fail(ErrorKind::kCommitConflict, "try again on a fresh table");

  struct Exchange {
    CommitRequest request;
    std::optional<Result<iceberg::TableMetadataPtr>> answer;
  };
  const auto exchange = std::make_shared<Exchange>();
  exchange->request = told_;
  exchange->request.which = which;
  exchange->request.requirements = requirements;
  exchange->request.updates = updates;
  exchange->request.idempotency_key = idempotency_key;
  const auto arrive = [&world = world_, exchange, sent = world_.scheduler.now()] {
    if (world.IsGone(exchange->request, sent)) return;
    world.trace.Say("network", "a commit of {} arrives", exchange->request.sender);
    auto answer = world.server.Apply(exchange->request);
    if (!exchange->answer) exchange->answer = std::move(answer);
  };

  const auto no_reply = [&] {
    world_.trace.Say(actor_.name(), "hears nothing of its commit");
    return Fail(ErrorKind::kCommitUnknown, "no reply");
  };
  if (world_.Happens(scenario.lost_request)) {
    actor_.Wait(kTimeout);
    return no_reply();
  }
  if (world_.Happens(scenario.late_request)) {
    world_.scheduler.After(world_.dice.Between(1, kLatest), arrive);
    // The connection breaks at some time: perhaps before it arrives.
    actor_.Wait(world_.dice.Between(1, kTimeout));
    return no_reply();
  }
  world_.scheduler.After(world_.dice.Between(0, 20), arrive);
  if (world_.Happens(scenario.doubled_request)) world_.scheduler.After(world_.dice.Between(0, kLatest), arrive);
  while (!exchange->answer) actor_.Step("waits for the answer");
  if (world_.Happens(scenario.lost_reply)) {
    actor_.Wait(world_.dice.Between(1, kTimeout));
    return no_reply();
  }
  actor_.Step("hears of its commit");
  const auto& answer = *exchange->answer;
  if (!answer) return tl::unexpected<Error>(answer.error());
  // As of a reply of which no more is read than is new.
  return Cut(Answer(*answer));
}

}  // namespace frazil::simulation
