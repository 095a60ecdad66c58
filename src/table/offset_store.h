// Where a table keeps its offset states. A state has one key and one text wherever it stands:
//
//   property   in the table's properties
//   tag        in the snapshot that the state's commit made: in its summary, or in the header of its manifest list
//              when the text is long. A tag that no expiry ends keeps that snapshot. For catalogs that refuse
//              properties, or drop them
//
// One commit writes all states of its pipeline in one form.
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

// One form. Stateless; `states` are those of one pipeline and ref, each stamped with the snapshot that it stands for.
class OffsetStore {
 public:
  static const OffsetStore& Of(OffsetForm form);

  virtual ~OffsetStore() = default;
  // "table property 'frazil.offsets/p/t/main'", "tag 'frazil-p/t/main'": where the state of this name stands.
  virtual std::string Place(const OffsetState& name) const = 0;
  virtual Result<std::vector<OffsetState>> Read(const iceberg::TableMetadata& metadata, io::FileIo& io) const = 0;

  // To write: what the snapshot says, then what its request says besides.
  virtual iceberg::SnapshotWriter::Notes NotesOf(const StatesByTopic& states) const = 0;
  virtual Status Add(const StatesByTopic& states, const iceberg::TableMetadata& base,
                     iceberg::SnapshotWriter::Attempt& attempt) const = 0;
  // Takes the state of this name away, if it is there.
  virtual void Remove(const OffsetState& name, const iceberg::TableMetadata& base,
                      iceberg::SnapshotWriter::Attempt& attempt) const = 0;
  // Whether the state of this name that came with `snapshot` is there, or a later one.
  virtual bool Holds(const OffsetState& name, const iceberg::Snapshot& snapshot,
                     const iceberg::TableMetadata& metadata) const = 0;
};

struct StoredState {
  OffsetState state;
  OffsetForm form = OffsetForm::kProperty;
  std::string Place() const { return OffsetStore::Of(form).Place(state); }
};

// Every state in the table. A name found in both forms changed from one to the other: the state of the higher sequence
// number is the one, since each commit takes a number above all before it, and leaves the other form as it was.
Result<std::vector<StoredState>> StoredStates(const iceberg::TableMetadata& metadata, io::FileIo& io);

// Takes out those that another has taken over, and that only wait to be removed from the table.
void EraseOutlived(std::vector<StoredState>& states);

// "frazil-PIPELINE/TOPIC/REF"; signs in names other than letters, digits, '.', '_', '-' and '~' percent-encoded.
std::string OffsetsTag(const OffsetState& name);

}  // namespace frazil::table
