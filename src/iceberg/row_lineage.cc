#include "iceberg/row_lineage.h"

#include "iceberg/plausible.h"

namespace frazil::iceberg {

Result<int64_t> AssignRowIds(int64_t next_row_id, std::vector<ManifestFile>& manifests) {
  FRAZIL_RETURN_IF_ERROR(CheckPlausible("next-row-id", next_row_id, kLargestTotal));
  int64_t next = next_row_id;
  for (ManifestFile& manifest : manifests) {
    if (manifest.content != ManifestContent::kData || manifest.first_row_id) continue;
    if (manifest.added_rows_count < 0 || manifest.existing_rows_count < 0) {
      return Fail(ErrorKind::kCorrupt, "manifest {} does not tell how many rows it has", manifest.manifest_path);
    }
    manifest.first_row_id = next;
    next += manifest.added_rows_count + manifest.existing_rows_count;  // each at most kLargestCount
    FRAZIL_RETURN_IF_ERROR(CheckPlausible("next-row-id", next, kLargestTotal));
  }
  return next - next_row_id;
}

}  // namespace frazil::iceberg
