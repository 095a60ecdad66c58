// Reading and writing metadata files, for catalogs that store only a pointer to a table's current one.
#pragma once

#include <string>

#include "common/result.h"
#include "iceberg/table_metadata.h"

namespace frazil::io {
class FileIo;
}

namespace frazil::catalog {

// The number at the beginning of a metadata file's name, which grows by one with each commit. -1 if the name has none,
// as names of other programs may.
int MetadataVersion(const std::string& location);

// Reads a metadata file, plain or compressed with gzip. The first bytes tell which, so ".gz.metadata.json" and the
// older ".metadata.json.gz" both work. kNotFound if the file is missing, kCorrupt if it is malformed.
Result<iceberg::TableMetadataPtr> ReadMetadataFile(io::FileIo& io, const std::string& location);

// Writes `metadata` to a new file "00003-<uuid>.metadata.json", and returns its location. The number is one higher than
// that of `previous_location`, which is empty for a new table. With write.metadata.compression-codec "gzip" the name
// ends with ".gz.metadata.json". write.metadata.path is honoured.
Result<std::string> WriteMetadataFile(io::FileIo& io, const iceberg::TableMetadata& metadata,
                                      const std::string& previous_location);

// Writes <table>/metadata/version-hint.text, in which readers without a catalog look for the current metadata file. It
// holds "00003-<uuid>" (or "00003-<uuid>.gz"), to which DuckDB's iceberg_scan adds ".metadata.json". Without the hint,
// DuckDB does not read a table's folder unless it is told to guess. (ClickHouse's icebergLocal takes the newest file by
// itself. Readers of Hadoop tables want v<number>.metadata.json, and do not find one either way.)
//
// The file is only a hint. It is written after the commit, and errors are ignored. If two commits come at the same
// moment, the older one may be written last; the next commit corrects that. Nothing is written if the metadata file is
// in another folder (write.metadata.path), or if the table property "frazil.version-hint.enabled" is "false".
void WriteVersionHint(io::FileIo& io, const iceberg::TableMetadata& metadata, const std::string& metadata_location);
inline constexpr char kVersionHintProperty[] = "frazil.version-hint.enabled";

// Implements write.metadata.delete-after-commit.enabled: deletes metadata files that were in the log of `base` and are
// not in the log of `committed`, whose own file is `metadata_location`. Others may have written the log, so only files
// with the name of a metadata file are deleted, and only where `io` allows it. Errors are ignored.
void DeleteDroppedMetadataFiles(io::FileIo& io, const iceberg::TableMetadata& base,
                                const iceberg::TableMetadata& committed, const std::string& metadata_location);

}  // namespace frazil::catalog
