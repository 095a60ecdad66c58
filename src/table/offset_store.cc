#include "table/offset_store.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "common/text/url.h"
#include "iceberg/manifest.h"
#include "io/file_io.h"
#include "table/offset_history.h"
#include "table/offset_state_json.h"

namespace frazil::table {
namespace {

using iceberg::Snapshot;
using iceberg::TableMetadata;
using Attempt = iceberg::SnapshotWriter::Attempt;
using Notes = iceberg::SnapshotWriter::Notes;
using Texts = std::map<std::string, std::string>;

constexpr std::string_view kTagPrefix = "frazil-";
// Summary key that replaces the states if they are long. Its value says where they are.
const std::string kStandAt = "frazil.offsets-at";
const std::string kManifestList = "manifest-list";

Texts TextsOf(const StatesByTopic& states) {
  Texts texts;
  for (const auto& [topic, state] : states) texts[OffsetsKey(state)] = WriteOffsetState(state);
  return texts;
}

// Parses the states in `texts`. `where` is for messages.
Result<std::vector<OffsetState>> StatesAmong(const Texts& texts, std::string_view where) {
  std::vector<OffsetState> states;
  for (auto at = texts.lower_bound(std::string(kOffsetsKeyPrefix));
       at != texts.end() && at->first.starts_with(kOffsetsKeyPrefix); ++at) {
    auto state = ParseOffsetState(at->second);
    if (!state) return Wrap(state.error(), fmt::format("{} '{}'", where, at->first));
    if (const std::string key = OffsetsKey(*state); key != at->first) {
      return Fail(ErrorKind::kCorrupt,
                  "{} '{}' holds what belongs under '{}': the offsets of another name. Put its own value back from "
                  "an older metadata file of the table",
                  where, at->first, key);
    }
    states.push_back(*std::move(state));
  }
  return states;
}

class PropertyStore final : public OffsetStore {
 public:
  std::string Place(const OffsetState& name) const override {
    return fmt::format("table property '{}'", OffsetsKey(name));
  }

  Result<std::vector<OffsetState>> Read(const TableMetadata& metadata, io::FileIo& /*io*/) const override {
    return StatesAmong(metadata.properties, "property");
  }

  Notes NotesOf(const StatesByTopic& /*states*/) const override { return {}; }

  Status Add(const StatesByTopic& states, const TableMetadata& /*base*/, Attempt& attempt) const override {
    if (!states.empty()) attempt.updates.emplace_back(iceberg::SetProperties{TextsOf(states)});
    return {};
  }

  void Remove(const OffsetState& name, const TableMetadata& base, Attempt& attempt) const override {
    const std::string key = OffsetsKey(name);
    if (base.properties.contains(key)) attempt.updates.emplace_back(iceberg::RemoveProperties{{key}});
  }

  bool Holds(const OffsetState& name, const Snapshot& snapshot, const TableMetadata& metadata) const override {
    const auto state = ParseOffsetState(metadata.Property(OffsetsKey(name), ""));
    return state && (state->snapshot_id == snapshot.snapshot_id || state->sequence_number > snapshot.sequence_number);
  }
};

class TagStore final : public OffsetStore {
 public:
  std::string Place(const OffsetState& name) const override { return fmt::format("tag '{}'", OffsetsTag(name)); }

  Result<std::vector<OffsetState>> Read(const TableMetadata& metadata, io::FileIo& io) const override {
    std::map<int64_t, std::set<std::string>> tags;  // by snapshot, each of which is read once
    for (auto at = metadata.refs.lower_bound(std::string(kTagPrefix));
         at != metadata.refs.end() && at->first.starts_with(kTagPrefix); ++at) {
      if (!at->second.is_branch) tags[at->second.snapshot_id].insert(at->first);
    }
    // A branch that was put where another one stands has its own tag of that one's snapshot.
    std::set<std::string> branches;
    for (const auto& [name, ref] : metadata.refs) {
      if (ref.is_branch) branches.insert(name);
    }
    std::vector<OffsetState> found;
    for (const auto& [id, names] : tags) {
      const Snapshot* snapshot = metadata.FindSnapshot(id);
      if (snapshot == nullptr) continue;
      const std::string where = fmt::format("snapshot {} of tag '{}'", id, *names.begin());
      auto states = StatesOf(*snapshot, io);
      if (!states) return Wrap(states.error(), where);
      for (OffsetState& state : *states) {
        // A snapshot holds all states of its commit. Each counts only as long as its own tag points at the snapshot.
        std::set<std::string> refs = branches;
        refs.insert(state.ref);
        for (const std::string& ref : refs) {
          state.ref = ref;
          if (names.contains(OffsetsTag(state))) found.push_back(state);
        }
      }
    }
    return found;
  }

  Notes NotesOf(const StatesByTopic& states) const override {
    Notes notes;
    if (states.empty()) return notes;
    Texts texts = TextsOf(states);
    size_t size = 0;
    for (const auto& [key, text] : texts) size += key.size() + text.size();
    if (size <= kMaxSummaryText) {
      notes.summary = std::move(texts);
    } else {
      notes.summary[kStandAt] = kManifestList;
      notes.manifest_list = std::move(texts);
    }
    return notes;
  }

  Status Add(const StatesByTopic& states, const TableMetadata& base, Attempt& attempt) const override {
    for (const auto& [topic, state] : states) {
      const std::string tag = OffsetsTag(state);
      iceberg::AssertRefSnapshotId stands{tag, std::nullopt};
      if (const auto there = base.refs.find(tag); there != base.refs.end()) {
        if (there->second.is_branch) {
          return Fail(ErrorKind::kInvalidArgument,
                      "the table has a branch '{}', which is the name of the tag that is to hold offsets: rename it",
                      tag);
        }
        stands.snapshot_id = there->second.snapshot_id;
      }
      iceberg::SnapshotRef ref;
      ref.snapshot_id = state.snapshot_id;
      ref.is_branch = false;
      // This overrides the table's settings for the age of refs.
      ref.max_ref_age_ms = std::numeric_limits<int64_t>::max();
      attempt.updates.emplace_back(iceberg::SetSnapshotRef{tag, ref});
      attempt.requirements.emplace_back(std::move(stands));
    }
    return {};
  }

  void Remove(const OffsetState& name, const TableMetadata& base, Attempt& attempt) const override {
    const std::string tag = OffsetsTag(name);
    const auto there = base.refs.find(tag);
    if (there == base.refs.end() || there->second.is_branch) return;
    attempt.updates.emplace_back(iceberg::RemoveSnapshotRef{tag});
    attempt.requirements.emplace_back(iceberg::AssertRefSnapshotId{tag, there->second.snapshot_id});
  }

  bool Holds(const OffsetState& name, const Snapshot& snapshot, const TableMetadata& metadata) const override {
    const Snapshot* tagged = metadata.RefHead(OffsetsTag(name));
    if (tagged == nullptr) return false;
    // Perhaps under another branch's key, whose snapshot it was.
    const auto key = tagged->summary.lower_bound(std::string(kOffsetsKeyPrefix));
    const bool tells = key != tagged->summary.end() && key->first.starts_with(kOffsetsKeyPrefix);
    if (!tells && !tagged->summary.contains(kStandAt)) return false;
    return tagged->snapshot_id == snapshot.snapshot_id || tagged->sequence_number > snapshot.sequence_number;
  }

 private:
  static Result<std::vector<OffsetState>> StatesOf(const Snapshot& snapshot, io::FileIo& io) {
    const auto at = snapshot.summary.find(kStandAt);
    if (at == snapshot.summary.end()) return StatesAmong(snapshot.summary, "summary key");
    if (at->second != kManifestList) {
      return Fail(ErrorKind::kUnsupported, "offsets that stand at '{}' were written by a newer Frazil: use that one",
                  at->second);
    }
    FRAZIL_ASSIGN_OR_RETURN(const std::string bytes, io.ReadAll(snapshot.manifest_list));
    FRAZIL_ASSIGN_OR_RETURN(const Texts notes, iceberg::ReadManifestListNotes(bytes));
    FRAZIL_ASSIGN_OR_RETURN(auto states, StatesAmong(notes, snapshot.manifest_list));
    if (states.empty()) {
      return Fail(ErrorKind::kCorrupt, "{} does not hold the offsets that are said to stand there",
                  snapshot.manifest_list);
    }
    return states;
  }
};

}  // namespace

const OffsetStore& OffsetStore::Of(OffsetForm form) {
  static const PropertyStore property;
  static const TagStore tag;
  return form == OffsetForm::kProperty ? static_cast<const OffsetStore&>(property) : tag;
}

std::string OffsetsTag(const OffsetState& name) {
  return fmt::format("{}{}/{}/{}", kTagPrefix, EncodeUrl(name.pipeline), EncodeUrl(name.topic), EncodeUrl(name.ref));
}

Result<std::vector<StoredState>> StoredStates(const TableMetadata& metadata, io::FileIo& io) {
  std::map<std::string, StoredState> newest;  // by key
  for (const OffsetForm form : kOffsetForms) {
    FRAZIL_ASSIGN_OR_RETURN(auto states, OffsetStore::Of(form).Read(metadata, io));
    for (OffsetState& state : states) {
      const auto [at, first] = newest.try_emplace(OffsetsKey(state));
      const bool newer = state.sequence_number > at->second.state.sequence_number;
      if (first || newer) at->second = {std::move(state), form};
    }
  }
  std::vector<StoredState> all;
  all.reserve(newest.size());
  for (auto& [key, stored] : newest) all.push_back(std::move(stored));
  return all;
}

void EraseOutlived(std::vector<StoredState>& states) {
  const std::vector<StoredState> all = states;
  std::erase_if(states, [&](const StoredState& one) {
    return std::any_of(all.begin(), all.end(),
                       [&](const StoredState& other) { return HasTakenOver(other.state, one.state); });
  });
}

}  // namespace frazil::table
