// Metadata files, for catalogs that keep only a pointer to a table's current one.
#pragma once

#include <string>

#include "common/result.h"
#include "iceberg/table_metadata.h"

namespace frazil::io {
class FileIo;
}

namespace frazil::catalog {

// The number that a metadata file's name begins with, one more with each commit; -1 if it has none, as foreign names
// may.
int MetadataVersion(const std::string& location);

// Plain or gzip: told by its first bytes, so that ".gz.metadata.json" and the older ".metadata.json.gz" are both read.
Result<iceberg::TableMetadataPtr> ReadMetadataFile(io::FileIo& io, const std::string& location);

// Writes `metadata` under a new name, "00003-<uuid>.metadata.json", and returns its location. The number is one above
// that of `previous_location` (empty: the table is new). write.metadata.compression-codec "gzip" gives
// ".gz.metadata.json"; write.metadata.path is honoured.
Result<std::string> WriteMetadataFile(io::FileIo& io, const iceberg::TableMetadata& metadata,
                                      const std::string& previous_location);

// Puts the name of the current metadata file where readers that know no catalog look for it:
// <table>/metadata/version-hint.text holds "00003-<uuid>" ("00003-<uuid>.gz"), to which DuckDB's iceberg_scan adds
// ".metadata.json"; it reads no table directory without the hint, unless told to guess. (ClickHouse's icebergLocal
// takes the newest file by itself; readers of Hadoop tables want v<number>.metadata.json and find none either way.)
// It is a hint: written after the commit, errors are passed over, and of two commits at the same moment the older may
// write last, until the next one. Nothing is written where readers would not find the file beside it
// (write.metadata.path points elsewhere), or when the table property "frazil.version-hint.enabled" is "false".
void WriteVersionHint(io::FileIo& io, const iceberg::TableMetadata& metadata, const std::string& metadata_location);
inline constexpr char kVersionHintProperty[] = "frazil.version-hint.enabled";

// write.metadata.delete-after-commit.enabled: deletes the metadata files that fell out of the log between `base` and
// `committed`, whose own file is at `metadata_location`. The log is what others may have written: only what is named
// like a metadata file goes, and `io` says where. Errors are passed over.
void DeleteDroppedMetadataFiles(io::FileIo& io, const iceberg::TableMetadata& base,
                                const iceberg::TableMetadata& committed, const std::string& metadata_location);

}  // namespace frazil::catalog
