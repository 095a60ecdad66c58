#include "ops/repair.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "catalog/metadata_files.h"
#include "common/random.h"
#include "common/time/clock.h"
#include "iceberg/snapshot_manifests.h"
#include "table/committer.h"
#include "table/offset_history.h"
#include "table/offset_store.h"
#include "table/state_validity.h"

namespace frazil::ops {
namespace {

using table::OffsetState;
using table::StoredState;

std::string Positions(const OffsetState& state) {
  std::string text;
  for (const auto& [id, partition] : state.partitions) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", id, partition.next);
  }
  return text;
}

class Proposer {
 public:
  Proposer(std::shared_ptr<table::Table> table, const VerifyReport& report)
      : table_(std::move(table)), loaded_(table_->current()), report_(report) {}

  Result<std::vector<Repair>> Run() {
    FRAZIL_ASSIGN_OR_RETURN(stored_, StoredStatesIfReadable());
    for (const AccountReport& each : report_.accounts) FRAZIL_RETURN_IF_ERROR(Propose(each));
    FRAZIL_RETURN_IF_ERROR(ProposeForFiles());
    return std::move(repairs_);
  }

 private:
  // The stored states; none if they cannot be read, which is a finding already.
  Result<std::vector<StoredState>> StoredStatesIfReadable() const {
    auto states = table::StoredStates(*loaded_.metadata, *loaded_.io);
    if (!states && states.error().kind == ErrorKind::kCorrupt) return std::vector<StoredState>();
    return states;
  }

  // The states of other pipelines that write to the branch. Their commits do not count for this pipeline.
  std::vector<OffsetState> Others(const std::string& pipeline, const std::string& ref) const {
    std::vector<OffsetState> others;
    for (const StoredState& each : stored_) {
      if (each.state.pipeline != pipeline && each.state.ref == ref) others.push_back(each.state);
    }
    return others;
  }

  Status Propose(const AccountReport& each) {
    const table::OffsetAccount& account = each.account;
    if (!account.stored) return ProposePuttingBack(each.ref, account);
    if (CheckValidity(account.stored->state, *loaded_.metadata) == table::StateValidity::kCopied) {
      ProposeRemoval(*account.stored);
      return {};
    }
    return account.sound() ? Status() : ProposeRestating(account.stored->state);
  }

  Status ProposePuttingBack(const std::string& ref, const table::OffsetAccount& account) {
    FRAZIL_ASSIGN_OR_RETURN(const auto older, NewestOf(account.pipeline, account.topic, ref));
    if (!older || CheckValidity(*older, *loaded_.metadata) != table::StateValidity::kValid) return {};
    const auto others = Others(account.pipeline, ref);
    const auto now = table::CaughtUp(*older, {*loaded_.metadata, *loaded_.io, others});
    if (!now) return {};  // commits are missing in between
    Add(fmt::format(
            "The table does not say where pipeline '{}' stands in topic '{}'. An older metadata file does; with "
            "the commits since, it stands at (partition: next) {}. Put that back?",
            account.pipeline, account.topic, Positions(*now)),
        [this, state = *now] { return PutRight(state, std::nullopt); });
    return {};
  }

  // The state in the newest older metadata file that has it.
  Result<std::optional<OffsetState>> NewestOf(const std::string& pipeline, const std::string& topic,
                                              const std::string& ref) const {
    const auto& log = loaded_.metadata->metadata_log;
    for (auto entry = log.rbegin(); entry != log.rend(); ++entry) {
      const auto older = catalog::ReadMetadataFile(*loaded_.io, entry->metadata_file);
      if (!older && older.error().kind == ErrorKind::kNotFound) continue;
      if (!older) return tl::unexpected<Error>(older.error());
      const auto states = table::StoredStates(**older, *loaded_.io);
      if (!states) continue;
      for (const StoredState& each : *states) {
        const OffsetState& state = each.state;
        if (state.pipeline == pipeline && state.topic == topic && state.ref == ref) return state;
      }
    }
    return std::nullopt;
  }

  Status ProposeRestating(const OffsetState& state) {
    // Begins with an empty state and applies every commit of the branch.
    OffsetState begin = state;
    begin.partitions.clear();
    begin.pending.clear();
    begin.rewinds = begin.replays = begin.snapshot_id = begin.sequence_number = 0;
    begin.unmarked.clear();
    const iceberg::Snapshot* first = nullptr;
    for (const auto* at = loaded_.metadata->RefHead(state.ref); at != nullptr; at = loaded_.metadata->ParentOf(*at)) {
      first = at;
    }
    if (first == nullptr || !table::BeginsHistory(*first)) return {};
    if (CheckValidity(state, *loaded_.metadata) != table::StateValidity::kValid) return {};
    const auto others = Others(state.pipeline, state.ref);
    auto by_commits = table::CaughtUp(std::move(begin), {*loaded_.metadata, *loaded_.io, others});
    if (!by_commits) return {};
    // Values that commits do not contain are kept.
    for (auto& [id, partition] : by_commits->partitions) {
      const auto known = state.partitions.find(id);
      if (known == state.partitions.end()) continue;
      partition.leader_epoch = known->second.leader_epoch;
      partition.reread_to = std::max(partition.reread_to, known->second.reread_to);
    }
    if (by_commits->partitions == state.partitions) return {};
    by_commits->pending = state.pending;
    by_commits->rewinds = std::max(by_commits->rewinds, state.rewinds);
    by_commits->replays = std::max(by_commits->replays, state.replays);
    Add(fmt::format(
            "What the table says of pipeline '{}', topic '{}' (partition: next) {} is not what its commits come to: "
            "{}. Put down what they come to, with their counts?",
            state.pipeline, state.topic, Positions(state), Positions(*by_commits)),
        [this, right = *by_commits, state] { return PutRight(right, state); });
    return {};
  }

  Status PutRight(const OffsetState& state, const std::optional<OffsetState>& instead_of) {
    table::CommitterOptions options = Options(state.pipeline);
    options.ref = state.ref;
    options.exactly_once = true;
    options.cluster_id = state.cluster_id;
    options.topic_ids = {{state.topic, state.topic_id}};
    table::Committer committer(table_, std::move(options));
    FRAZIL_RETURN_IF_ERROR(committer.PutRight(state, instead_of));
    return {};
  }

  void ProposeRemoval(const StoredState& stored) {
    Add(fmt::format(
            "The table is a copy and carries the offsets of the original's pipeline '{}', topic '{}'. Remove them "
            "here, so that a pipeline can begin anew?",
            stored.state.pipeline, stored.state.topic),
        [this, stored]() -> Status {
          // The new snapshot records the removal. Otherwise the next start would miss the offsets of the commits in the
          // history.
          iceberg::SnapshotWriter rowless(
              stored.state.ref, iceberg::NoFiles(),
              {{std::string(table::kSummaryForgotten), table::OffsetsKey(stored.state)},
               {std::string(table::kSummaryRepaired), std::string(ToString(table::FindingKind::kCopiedTable))}});
          FRAZIL_ASSIGN_OR_RETURN(iceberg::SnapshotWriter::Attempt change,
                                  rowless.Prepare(*loaded_.metadata, *loaded_.io, Clock::System().NowMillis()));
          for (const auto form : table::kOffsetForms) {
            table::OffsetStore::Of(form).Remove(stored.state, *loaded_.metadata, change);
          }
          FRAZIL_RETURN_IF_ERROR(table_->Send(change.requirements, change.updates, RandomUuid()));
          return {};
        });
  }

  // --- Files of the current snapshot

  Status ProposeForFiles() {
    std::set<std::string> doubled;
    std::set<std::string> missing;
    for (const table::Finding& finding : report_.findings) {
      if (finding.kind == table::FindingKind::kDoubledFile) doubled.insert(finding.where);
      if (finding.kind == table::FindingKind::kMissingFile) missing.insert(finding.where);
    }
    const iceberg::Snapshot* head = loaded_.metadata->RefHead(iceberg::kMainBranch);
    if (head == nullptr || (doubled.empty() && missing.empty())) return {};
    std::map<std::string, iceberg::DataFile> once, twice, gone;
    const Status read =
        iceberg::VisitLiveEntries(*head, *loaded_.io, [&](const iceberg::ManifestEntry& entry) -> Status {
          const iceberg::DataFile& file = entry.data_file;
          if (file.content != iceberg::FileContent::kData) return {};
          if (doubled.contains(file.file_path) && !once.emplace(file.file_path, file).second) {
            twice[file.file_path] = file;
          }
          if (missing.contains(file.file_path)) gone[file.file_path] = file;
          return {};
        });
    if (!read && read.error().kind == ErrorKind::kNotFound) return {};  // a manifest is missing: the advice stands
    FRAZIL_RETURN_IF_ERROR(read);
    for (const auto& [path, file] : gone) twice.erase(path);
    if (!twice.empty()) {
      Add(fmt::format("{} data files ({} rows) stand in the current snapshot twice, among them {}. Leave each once?",
                      twice.size(), Rows(twice), twice.begin()->first),
          [this, twice] {
            return TakeOut(iceberg::RemoveSurplus(KeysOf(twice)), ToString(table::FindingKind::kDoubledFile));
          });
    }
    if (!gone.empty()) {
      Add(fmt::format("{} data files ({} rows) of the current snapshot are not there, among them {}. If no backup has "
                      "them their rows are lost, and until they are taken out the table cannot be read. Take them out?",
                      gone.size(), Rows(gone), gone.begin()->first),
          [this, gone] {
            return TakeOut(iceberg::OverwriteFiles(KeysOf(gone), {}), ToString(table::FindingKind::kMissingFile));
          });
    }
    return {};
  }

  static int64_t Rows(const std::map<std::string, iceberg::DataFile>& files) {
    int64_t rows = 0;
    for (const auto& [path, file] : files) rows += file.record_count;
    return rows;
  }

  static std::set<iceberg::FileKey> KeysOf(const std::map<std::string, iceberg::DataFile>& files) {
    std::set<iceberg::FileKey> keys;
    for (const auto& [path, file] : files) keys.insert(iceberg::KeyOf(file));
    return keys;
  }

  Status TakeOut(iceberg::FileChangePtr change, std::string_view what) {
    table::CommitterOptions options = Options("");
    options.exactly_once = false;  // no offset moves
    table::Committer committer(table_, std::move(options));
    FRAZIL_RETURN_IF_ERROR(
        committer.Change(std::move(change), {{std::string(table::kSummaryRepaired), std::string(what)}}));
    return {};
  }

  // A person waits for the repair, so it does not retry for long.
  static table::CommitterOptions Options(const std::string& pipeline) {
    table::CommitterOptions options;
    options.pipeline = pipeline;
    options.independent = true;
    options.patience = std::chrono::seconds(30);
    return options;
  }

  void Add(std::string question, std::function<Status()> apply) {
    repairs_.push_back({std::move(question), std::move(apply)});
  }

  const std::shared_ptr<table::Table> table_;
  const catalog::LoadedTable loaded_;
  const VerifyReport& report_;
  std::vector<StoredState> stored_;
  std::vector<Repair> repairs_;
};

}  // namespace

Result<std::vector<Repair>> ProposeRepairs(const std::shared_ptr<table::Table>& table, const VerifyReport& report) {
  const auto proposer = std::make_shared<Proposer>(table, report);
  FRAZIL_ASSIGN_OR_RETURN(std::vector<Repair> repairs, proposer->Run());
  // Each repair keeps the proposer alive, which holds what it needs.
  for (Repair& repair : repairs) {
    repair.apply = [proposer, apply = std::move(repair.apply)] { return apply(); };
  }
  return repairs;
}

}  // namespace frazil::ops
