// Drives the Parquet room from tests/conformance/parquet_test.py:
//   parquet_tool schema SCHEMA.json OUT.arrow            an Arrow IPC file without rows, in the schema's Arrow form
//   parquet_tool write SCHEMA.json ROWS.arrow OUT.parquet OPTIONS.json
//                                                        writes the rows, prints the data file as JSON, bytes as hex
// OPTIONS.json: {"compression": …, "row_group_bytes": …, "properties": {…}}
#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <fmt/core.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "iceberg/schema_json.h"
#include "parquet/data_file_writer.h"
#include "parquet/schema_bridge.h"
#include "storage/storage.h"

namespace frazil {
namespace {

template <class T>
Result<T> FromArrow(arrow::Result<T> result) {
  if (!result.ok()) return Fail(ErrorKind::kIo, "{}", result.status().ToString());
  return *std::move(result);
}

Status FromArrow(const arrow::Status& status) {
  if (!status.ok()) return Fail(ErrorKind::kIo, "{}", status.ToString());
  return {};
}

Result<iceberg::SchemaPtr> ReadSchema(const std::string& path) {
  return iceberg::ParseSchema(nlohmann::json::parse(std::ifstream(path)));
}

Status WriteSchema(const std::string& schema_path, const std::string& out) {
  FRAZIL_ASSIGN_OR_RETURN(const auto schema, ReadSchema(schema_path));
  FRAZIL_ASSIGN_OR_RETURN(const auto arrow_schema, parquet::ToArrowSchema(*schema));
  FRAZIL_ASSIGN_OR_RETURN(const auto sink, FromArrow(arrow::io::FileOutputStream::Open(out)));
  FRAZIL_ASSIGN_OR_RETURN(const auto writer, FromArrow(arrow::ipc::MakeFileWriter(sink, arrow_schema)));
  return FromArrow(writer->Close());
}

std::string Hex(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return text;
}

template <class Value>
nlohmann::json ById(const std::map<int32_t, Value>& values) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [id, value] : values) {
    if constexpr (std::is_same_v<Value, std::string>) {
      json[std::to_string(id)] = Hex(value);
    } else {
      json[std::to_string(id)] = value;
    }
  }
  return json;
}

nlohmann::json ToJson(const iceberg::DataFile& file) {
  return {{"file_path", file.file_path},
          {"file_format", file.file_format},
          {"record_count", file.record_count},
          {"file_size_in_bytes", file.file_size_in_bytes},
          {"column_sizes", ById(file.column_sizes)},
          {"value_counts", ById(file.value_counts)},
          {"null_value_counts", ById(file.null_value_counts)},
          {"nan_value_counts", ById(file.nan_value_counts)},
          {"lower_bounds", ById(file.lower_bounds)},
          {"upper_bounds", ById(file.upper_bounds)},
          {"split_offsets", file.split_offsets}};
}

Status WriteRows(const std::string& schema_path, const std::string& rows_path, const std::string& out,
                 const std::string& options_path) {
  const nlohmann::json json = nlohmann::json::parse(std::ifstream(options_path));
  parquet::DataFileOptions options;
  FRAZIL_ASSIGN_OR_RETURN(options.compression, parquet::ParseCompression(json.value("compression", "zstd")));
  options.row_group_bytes = json.value("row_group_bytes", options.row_group_bytes);
  options.table_properties = json.value("properties", std::map<std::string, std::string>());

  FRAZIL_ASSIGN_OR_RETURN(const auto schema, ReadSchema(schema_path));
  FRAZIL_ASSIGN_OR_RETURN(const auto io, storage::MakeFileIo({}));
  FRAZIL_ASSIGN_OR_RETURN(const auto writer, parquet::OpenDataFile(*io, out, schema, 0, {}, options));
  FRAZIL_ASSIGN_OR_RETURN(const auto source, FromArrow(arrow::io::ReadableFile::Open(rows_path)));
  FRAZIL_ASSIGN_OR_RETURN(const auto reader, FromArrow(arrow::ipc::RecordBatchFileReader::Open(source)));
  for (int i = 0; i < reader->num_record_batches(); ++i) {
    FRAZIL_ASSIGN_OR_RETURN(const auto batch, FromArrow(reader->ReadRecordBatch(i)));
    FRAZIL_RETURN_IF_ERROR(writer->Write(*batch));
  }
  FRAZIL_ASSIGN_OR_RETURN(const auto file, writer->Close({{"frazil.test", "footer entry"}}));
  fmt::print("{}\n", ToJson(file).dump());
  return {};
}

Status Run(const std::vector<std::string>& arguments) {
  if (arguments.size() == 3 && arguments[0] == "schema") return WriteSchema(arguments[1], arguments[2]);
  if (arguments.size() == 5 && arguments[0] == "write") {
    return WriteRows(arguments[1], arguments[2], arguments[3], arguments[4]);
  }
  return Fail(ErrorKind::kInvalidArgument, "usage: parquet_tool schema|write …, see the head of parquet_tool.cc");
}

}  // namespace
}  // namespace frazil

int main(int argc, char** argv) {
  const auto status = frazil::Run({argv + 1, argv + argc});
  if (status) return 0;
  fmt::print(stderr, "{}\n", status.error().message);
  return 1;
}
