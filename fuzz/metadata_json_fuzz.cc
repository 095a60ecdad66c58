// Table metadata, gzip-packed or not, and name mappings: whatever is read is written as text that reads the same.
#include <string_view>

#include "fuzz.h"
#include "iceberg/metadata_json.h"
#include "iceberg/name_mapping.h"
#include "iceberg/schema_update.h"
#include "iceberg/snapshot_writer.h"
#include "iceberg/spec_update.h"
#include "iceberg/table_update.h"
#include "io/memory_file_io.h"

namespace {

using frazil::fuzz::Check;
using frazil::iceberg::NameMapping;
using frazil::iceberg::ParseTableMetadata;
using frazil::iceberg::WriteTableMetadata;

// What the next commit would count on from.
void CountOn(const frazil::iceberg::TableMetadata& table) {
  frazil::iceberg::Field field;
  field.name = "of-the-fuzzer";
  field.type = frazil::iceberg::Type::Primitive(frazil::iceberg::TypeKind::kLong);
  (void)AddColumns(table, {{0, field}});
  (void)ChangeDefaultSpec(table, {});
  frazil::io::MemoryFileIo io;
  frazil::iceberg::SnapshotWriter producer("main", frazil::iceberg::NoFiles(), {});
  const auto attempt = producer.Prepare(table, io, 1'700'000'000'000);
  if (!attempt) return;
  const auto applied = ApplyUpdates(table, "s3://b/t/metadata/1.json", attempt->updates, 1'700'000'000'000);
  if (applied) Check(ParseTableMetadata(WriteTableMetadata(*applied)).has_value(), "the next metadata can be read");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto table = ParseTableMetadata(text)) {
    const auto written = WriteTableMetadata(**table);
    const auto again = ParseTableMetadata(written);
    Check(again.has_value(), "metadata that was written can be read");
    Check(WriteTableMetadata(**again) == written, "metadata is written again as it was");
    // What was taken can be looked at, each snapshot too.
    for (const auto& snapshot : (*again)->snapshots) {
      Check((*table)->FindSnapshot(snapshot.snapshot_id) != nullptr, "a snapshot is still there");
    }
    Check((*again)->schema() != nullptr && (*again)->spec() != nullptr, "metadata has a schema and a spec");
    CountOn(**table);
  }
  (void)frazil::iceberg::ParseTableReply(text);
  if (const auto mapping = NameMapping::Parse(text)) {
    const auto again = NameMapping::Parse(mapping->ToJson());
    Check(again && again->fields() == mapping->fields(), "a name mapping is written as it was read");
  }
  return 0;
}
