// `frazil table branch|tag|publish|rollback`: what a table's readers see under which name.
#include "app/verbs/table_refs_verb.h"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "app/duration_text.h"
#include "app/moment.h"
#include "app/text_table.h"
#include "app/verbs/table_change.h"
#include "app/verbs/verb.h"
#include "iceberg/ancestry.h"
#include "table/references.h"

namespace frazil::app {
namespace {

using Json = nlohmann::ordered_json;
using table::RefMove;

constexpr char kTableHelp[] = "NAMESPACE.TABLE; with -c: the sink's table unless given";

struct RefFlags {
  TableFlags table;
  std::string name;
  std::string from = "main";
  std::string to;
  std::optional<int64_t> snapshot;
  std::string keep;
  std::string snapshot_age;
  std::optional<int32_t> least_snapshots;
  bool yes = false;
};
using Flags = std::shared_ptr<RefFlags>;

enum class RefKind : uint8_t { kBranch, kTag };
const char* Word(RefKind kind) { return kind == RefKind::kBranch ? "branch" : "tag"; }

int Print(const RefFlags& flags, const Json& json, const std::string& text) {
  fmt::print("{}", flags.table.json ? FormatJson(json) : text);
  return kDone;
}

Status ReadDuration(const char* flag, const std::string& text, std::optional<int64_t>& millis) {
  if (text.empty()) return {};
  const auto read = ParseDuration(text);
  if (!read) return Wrap(read.error(), flag);
  if (read->count() == 0) return Fail(ErrorKind::kInvalidArgument, "{}: nothing is kept for no time", flag);
  millis = read->count();
  return {};
}

Result<table::NewRef> NewRefOf(const RefFlags& flags) {
  table::NewRef wanted;
  wanted.name = flags.name;
  wanted.from = flags.from;
  wanted.snapshot_id = flags.snapshot;
  wanted.retention.min_snapshots_to_keep = flags.least_snapshots;
  FRAZIL_RETURN_IF_ERROR(ReadDuration("--keep", flags.keep, wanted.retention.max_ref_age_ms));
  FRAZIL_RETURN_IF_ERROR(ReadDuration("--max-snapshot-age", flags.snapshot_age, wanted.retention.max_snapshot_age_ms));
  return wanted;
}

int Create(const RefFlags& flags, RefKind kind) {
  const auto wanted = NewRefOf(flags);
  if (!wanted) return Failed(wanted.error(), kUsage);
  return WithTable(flags.table, [&](Subject& subject) {
    const auto made = kind == RefKind::kBranch ? table::CreateBranch(*subject.table, *wanted)
                                               : table::CreateTag(*subject.table, *wanted);
    if (!made) return FailedChange(made.error());
    return Print(flags, MoveJson(subject, Word(kind), flags.name, *made),
                 fmt::format("{} {} is at snapshot {}\n{}", Word(kind), flags.name, *made->to, OffsetsText(*made)));
  });
}

int Delete(const RefFlags& flags, RefKind kind) {
  return WithTable(flags.table, [&](Subject& subject) {
    const int64_t own = table::CommitsOnlyIn(flags.name, *subject.table->current().metadata);
    const int may = AskFirst(
        fmt::format("Delete {} {} of {}?{}", Word(kind), flags.name, subject.ident.ToString(),
                    own == 0 ? std::string()
                             : fmt::format(" It alone holds {}, whose rows go with it.", FormatNumber(own, "commit"))),
        flags.yes);
    if (may != kDone) return may;
    const auto gone = kind == RefKind::kBranch ? table::DeleteBranch(*subject.table, flags.name)
                                               : table::DeleteTag(*subject.table, flags.name);
    if (!gone) return FailedChange(gone.error());
    return Print(flags, MoveJson(subject, Word(kind), flags.name, *gone),
                 fmt::format("{} {} was at snapshot {} and is gone\n", Word(kind), flags.name, *gone->from));
  });
}

// How many commits a branch has that main has not; null where it has left main's line, or that cannot be told.
Json AheadOfMain(const iceberg::Snapshot& head, const iceberg::TableMetadata& metadata) {
  const iceberg::Snapshot* main = metadata.RefHead(iceberg::kMainBranch);
  if (main == nullptr || iceberg::IsAncestor(main->snapshot_id, head, metadata) != iceberg::Descent::kYes) {
    return nullptr;
  }
  return iceberg::SnapshotsSince(main->snapshot_id, head, metadata);
}

Json RefRows(const iceberg::TableMetadata& metadata, RefKind kind) {
  const auto number = [](const auto& value) { return value ? Json(*value) : Json(nullptr); };
  Json rows = Json::array();
  for (const auto& [name, ref] : metadata.refs) {
    if (ref.is_branch != (kind == RefKind::kBranch)) continue;
    const iceberg::Snapshot* head = metadata.FindSnapshot(ref.snapshot_id);
    Json row = {{"name", name},
                {"snapshot_id", ref.snapshot_id},
                {"timestamp_ms", head == nullptr ? Json(nullptr) : Json(head->timestamp_ms)}};
    if (kind == RefKind::kBranch) {
      row["ahead_of_main"] = head == nullptr ? Json(nullptr) : AheadOfMain(*head, metadata);
      row["min_snapshots_to_keep"] = number(ref.min_snapshots_to_keep);
      row["max_snapshot_age_ms"] = number(ref.max_snapshot_age_ms);
    }
    row["max_ref_age_ms"] = number(ref.max_ref_age_ms);
    rows.push_back(std::move(row));
  }
  return rows;
}

int List(const RefFlags& flags, RefKind kind) {
  return WithTable(flags.table, [&](Subject& subject) {
    const Json rows = RefRows(*subject.table->current().metadata, kind);
    std::vector<TextColumn> columns = {
        {"name", "NAME"}, {"snapshot_id", "SNAPSHOT", Show::kNumber}, {"timestamp_ms", "OF", Show::kTime}};
    if (kind == RefKind::kBranch) columns.push_back({"ahead_of_main", "AHEAD OF MAIN", Show::kCount});
    columns.push_back({"max_ref_age_ms", "KEPT FOR MS", Show::kCount});
    return Print(flags, rows, FormatTable(columns, rows));
  });
}

int BringForward(const RefFlags& flags, const std::string& branch, const std::string& to) {
  return WithTable(flags.table, [&](Subject& subject) {
    const auto moved = table::FastForward(*subject.table, branch, to);
    if (!moved) return FailedChange(moved.error());
    const std::string text = moved->changed ? fmt::format("branch {} is at snapshot {}, where {} stands\n{}", branch,
                                                          *moved->to, to, OffsetsText(*moved))
                                            : fmt::format("branch {} stands where {} does already, at snapshot {}\n",
                                                          branch, to, *moved->to);
    return Print(flags, MoveJson(subject, "branch", branch, *moved), text);
  });
}

void AddRetention(CLI::App& verb, RefFlags& flags, RefKind kind) {
  verb.add_option("--keep", flags.keep, "Expiry may take it once its snapshot is so old (30d; unless: never)");
  if (kind == RefKind::kTag) return;
  verb.add_option("--min-snapshots", flags.least_snapshots, "As many of its snapshots expiry leaves at least")
      ->check(CLI::PositiveNumber);
  verb.add_option("--max-snapshot-age", flags.snapshot_age, "Expiry may take those of its snapshots that are older");
}

void AddRefVerb(CLI::App& group, Action& action, RefKind kind) {
  const std::string word = Word(kind);
  auto flags = std::make_shared<RefFlags>();
  auto* verb = group.add_subcommand(
      word, fmt::format("Make, delete or list {}", kind == RefKind::kBranch ? "branches, bring them forward" : "tags"));
  AddTableFlags(*verb, "TABLE", kTableHelp, flags->table);
  verb->require_subcommand(1);
  verb->footer(kind == RefKind::kBranch
                   ? "Examples:\n  frazil table branch default.weather create audit\n"
                     "  frazil table branch -c weather.yaml list"
                   : "Examples:\n  frazil table tag default.weather create end-of-2026 --keep 365d\n"
                     "  frazil table tag default.weather delete end-of-2026 --yes");
  auto* create = verb->add_subcommand("create", "Make a " + word);
  create->add_option("NAME", flags->name)->required();
  auto* from =
      create->add_option("--from", flags->from, "At the snapshot of this branch or tag")->capture_default_str();
  create->add_option("--at", flags->snapshot, "At the snapshot of this id")->excludes(from);
  AddRetention(*create, *flags, kind);
  create->callback([flags, kind, &action] { action = [flags, kind] { return Create(*flags, kind); }; });

  auto* remove = verb->add_subcommand("delete", "Delete a " + word);
  remove->add_option("NAME", flags->name)->required();
  AddYesFlag(*remove, flags->yes);
  remove->callback([flags, kind, &action] { action = [flags, kind] { return Delete(*flags, kind); }; });

  auto* list = verb->add_subcommand("list", kind == RefKind::kBranch ? "The branches" : "The tags");
  list->callback([flags, kind, &action] { action = [flags, kind] { return List(*flags, kind); }; });
  if (kind == RefKind::kTag) return;

  auto* forward = verb->add_subcommand("fast-forward", "Bring a branch forward to where another branch or tag stands");
  forward->add_option("NAME", flags->name)->required();
  forward->add_option("TO", flags->to, "Its history must hold the branch's head")->required();
  forward->callback([flags, &action] { action = [flags] { return BringForward(*flags, flags->name, flags->to); }; });
}

void AddPublishVerb(CLI::App& group, Action& action) {
  auto flags = std::make_shared<RefFlags>();
  flags->to = "main";
  auto* verb = group.add_subcommand("publish", "Bring main forward to a branch that was written to and audited");
  AddTableFlags(*verb, "TABLE", kTableHelp, flags->table);
  verb->add_option("--branch", flags->name, "What is published")->required();
  verb->add_option("--to", flags->to, "Where to")->capture_default_str();
  verb->footer("Example:\n  frazil table publish default.weather --branch audit");
  verb->callback([flags, &action] { action = [flags] { return BringForward(*flags, flags->to, flags->name); }; });
}

struct RollbackFlags {
  RefFlags ref;
  std::string before;
  bool reingest = false;
};

int RollBack(const RollbackFlags& flags) {
  table::RollbackTarget target;
  target.snapshot_id = flags.ref.snapshot;
  if (!flags.before.empty()) {
    target.before_ms = ParseMoment(flags.before);
    if (!target.before_ms) {
      return Failed({ErrorKind::kInvalidArgument, fmt::format("--before: \"{}\" is not {}", flags.before, kMomentForm)},
                    kUsage);
    }
  }
  return WithTable(flags.ref.table, [&](Subject& subject) {
    const std::string goal = target.snapshot_id ? fmt::format("to snapshot {}", *target.snapshot_id)
                                                : fmt::format("to before {}", FormatMillis(*target.before_ms));
    const int may = AskFirst(fmt::format("Roll branch {} of {} back {}? Readers no longer see what came since.",
                                         flags.ref.from, subject.ident.ToString(), goal),
                             flags.ref.yes);
    if (may != kDone) return may;
    const auto moved = table::RollBack(*subject.table, flags.ref.from, target, flags.reingest);
    if (!moved) return FailedChange(moved.error());
    const std::string text = moved->changed
                                 ? fmt::format("branch {} was at snapshot {} and is at {}\n{}", flags.ref.from,
                                               *moved->from, *moved->to, OffsetsText(*moved))
                                 : fmt::format("branch {} stands at snapshot {} already\n", flags.ref.from, *moved->to);
    return Print(flags.ref, MoveJson(subject, "branch", flags.ref.from, *moved), text);
  });
}

void AddRollbackVerb(CLI::App& group, Action& action) {
  auto flags = std::make_shared<RollbackFlags>();
  auto* verb = group.add_subcommand("rollback", "Bring a branch back to an earlier snapshot");
  AddTableFlags(*verb, "TABLE", kTableHelp, flags->ref.table);
  auto* where = verb->add_option_group("where");
  where->add_option("--to", flags->ref.snapshot,
                    "Snapshot of its history; or one that came after its head, to undo a rollback");
  where->add_option("--before", flags->before, "The newest snapshot made before this moment");
  where->require_option(1);
  verb->add_option("--branch", flags->ref.from, "Which branch")->capture_default_str();
  verb->add_flag("--reingest", flags->reingest,
                 "Take the offsets back as well: what is lost is read again, by a pipeline that runs too");
  AddYesFlag(*verb, flags->ref.yes);
  verb->footer(
      "Without --reingest offsets stay, and the on_rollback of each pipeline says what follows.\n\n"
      "Examples:\n  frazil table rollback default.weather --to 5781349573498\n"
      "  frazil table rollback default.weather --before 2026-01-08T14:00:00Z --yes");
  verb->callback([flags, &action] { action = [flags] { return RollBack(*flags); }; });
}

}  // namespace

void AddTableRefVerbs(CLI::App& group, Action& action) {
  AddRefVerb(group, action, RefKind::kBranch);
  AddRefVerb(group, action, RefKind::kTag);
  AddPublishVerb(group, action);
  AddRollbackVerb(group, action);
}

}  // namespace frazil::app
