// Where a table stores its offset states. There are two forms; a state has the same key and text in both:
//
//   property   in the table's properties
//   tag        in the snapshot of the state's commit: in its summary, or, if the text is long, in the header of its
//              manifest list. A tag without expiry keeps that snapshot. For catalogs that refuse or drop properties
//
// One commit writes all states of its pipeline in the same form.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "common/result.h"
#include "iceberg/snapshot_writer.h"
#include "iceberg/table_metadata.h"
#include "table/offset_state.h"

namespace frazil::io {
class FileIo;
}

namespace frazil::table {

enum class OffsetForm : uint8_t { kProperty, kTag };
inline constexpr std::array kOffsetForms = {OffsetForm::kProperty, OffsetForm::kTag};

// One form. It has no state of its own, so it is thread-safe. `states` are the states of one pipeline and ref; each
// must already name the snapshot that it belongs to.
class OffsetStore {
 public:
  static const OffsetStore& Of(OffsetForm form);

  virtual ~OffsetStore() = default;
  // The place of a state, for messages: "table property 'frazil.offsets/p/t/main'", "tag 'frazil-p/t/main'". `name` is
  // a state of which only pipeline, topic and ref matter.
  virtual std::string Place(const OffsetState& name) const = 0;
  // All states that the table stores in this form.
  virtual Result<std::vector<OffsetState>> Read(const iceberg::TableMetadata& metadata, io::FileIo& io) const = 0;

  // To write states: NotesOf goes into the snapshot, and Add adds further updates to its request.
  virtual iceberg::SnapshotWriter::Notes NotesOf(const StatesByTopic& states) const = 0;
  virtual Status Add(const StatesByTopic& states, const iceberg::TableMetadata& base,
                     iceberg::SnapshotWriter::Attempt& attempt) const = 0;
  // Adds updates that remove the state, if the table has it.
  virtual void Remove(const OffsetState& name, const iceberg::TableMetadata& base,
                      iceberg::SnapshotWriter::Attempt& attempt) const = 0;
  // True if the table has the state that came with `snapshot`, or a later one.
  virtual bool Holds(const OffsetState& name, const iceberg::Snapshot& snapshot,
                     const iceberg::TableMetadata& metadata) const = 0;
};

struct StoredState {
  OffsetState state;
  OffsetForm form = OffsetForm::kProperty;
  std::string Place() const { return OffsetStore::Of(form).Place(state); }
};

// Every state in the table. If a state is there in both forms, its form has changed: the one with the higher sequence
// number counts, because each commit takes a new highest number and does not touch the other form.
Result<std::vector<StoredState>> StoredStates(const iceberg::TableMetadata& metadata, io::FileIo& io);

// Removes from `states` those that another pipeline has taken over and that only wait to be removed from the table.
void EraseOutlived(std::vector<StoredState>& states);

// The name of a state's tag: "frazil-PIPELINE/TOPIC/REF". In names, all characters except letters, digits, '.', '_',
// '-' and '~' are percent-encoded.
std::string OffsetsTag(const OffsetState& name);

}  // namespace frazil::table
