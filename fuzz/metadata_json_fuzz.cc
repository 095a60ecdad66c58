// Table metadata, gzip-packed or not, and name mappings: whatever is read is written as text that reads the same.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "iceberg/metadata_json.h"
#include "iceberg/name_mapping.h"

namespace {

using frazil::iceberg::NameMapping;
using frazil::iceberg::ParseTableMetadata;
using frazil::iceberg::WriteTableMetadata;

void Check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto table = ParseTableMetadata(text)) {
    const auto written = WriteTableMetadata(**table);
    const auto again = ParseTableMetadata(written);
    Check(again.has_value(), "metadata that was written can not be read");
    Check(WriteTableMetadata(**again) == written, "metadata changes when it is written again");
    Check((*again)->schema() != nullptr && (*again)->spec() != nullptr, "metadata without schema or spec");
  }
  if (const auto mapping = NameMapping::Parse(text)) {
    const auto again = NameMapping::Parse(mapping->ToJson());
    Check(again && again->fields() == mapping->fields(), "a name mapping changes when it is written");
  }
  return 0;
}
