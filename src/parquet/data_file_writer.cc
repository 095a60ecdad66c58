#include "parquet/data_file_writer.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>
#include <arrow/util/compression.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>
#include <parquet/file_writer.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/text/ascii_case.h"
#include "iceberg/schema_json.h"
#include "parquet/arrow_error.h"
#include "parquet/dictionary_choice.h"
#include "parquet/metrics.h"
#include "parquet/metrics_config.h"
#include "parquet/nan_counter.h"
#include "parquet/output_stream.h"
#include "parquet/parquet_schema.h"
#include "parquet/parquet_status.h"
#include "parquet/required_check.h"
#include "parquet/row_group_tracker.h"
#include "parquet/schema_bridge.h"

namespace frazil::parquet {
namespace {

namespace pq = ::parquet;

// Readers trust statistics only if they can parse the writer's name: "NAME version X".
constexpr char kCreatedBy[] = "frazil version " FRAZIL_VERSION;
constexpr int64_t kDataPageBytes = 1 << 20;
constexpr int64_t kDictionaryPageBytes = 1 << 20;  // a larger dictionary falls back to plain pages
// How many bytes of rows are collected before the dictionary columns are chosen.
constexpr int64_t kBytesThatTell = 4 << 20;
// How much is encoded before the sizes of row group and pages are checked again. Otherwise long rows would all end in
// one page.
constexpr int64_t kSliceRows = 1 << 16;
constexpr int64_t kSliceBytes = kDataPageBytes;

arrow::Compression::type ToArrow(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return arrow::Compression::UNCOMPRESSED;
    case Compression::kSnappy:
      return arrow::Compression::SNAPPY;
    case Compression::kGzip:
      return arrow::Compression::GZIP;
    case Compression::kLz4:
      return arrow::Compression::LZ4;  // LZ4_RAW in the file; the framed LZ4 codec is deprecated
    case Compression::kZstd:
      return arrow::Compression::ZSTD;
    case Compression::kBrotli:
      return arrow::Compression::BROTLI;
  }
  return arrow::Compression::UNCOMPRESSED;
}

bool HasLevels(Compression compression) {
  return compression == Compression::kGzip || compression == Compression::kZstd || compression == Compression::kBrotli;
}

std::shared_ptr<pq::WriterProperties> MakeProperties(const DataFileOptions& options,
                                                     const std::vector<std::string>& without_dictionary) {
  pq::WriterProperties::Builder builder;
  builder.created_by(kCreatedBy)
      ->version(pq::ParquetVersion::PARQUET_2_6)
      ->data_page_version(pq::ParquetDataPageVersion::V1)
      ->compression(ToArrow(options.compression))
      ->data_pagesize(kDataPageBytes)
      ->dictionary_pagesize_limit(kDictionaryPageBytes)
      ->max_row_group_length(std::numeric_limits<int64_t>::max());  // row groups are cut on bytes
  if (options.level && HasLevels(options.compression)) builder.compression_level(*options.level);
  for (const std::string& path : without_dictionary) builder.disable_dictionary(path);
  return builder.build();
}

class ParquetDataFileWriter : public DataFileWriter {
 public:
  ParquetDataFileWriter(std::string location, iceberg::SchemaPtr schema, int32_t spec_id,
                        std::vector<iceberg::Literal> partition, const DataFileOptions& options)
      : location_(std::move(location)),
        schema_(std::move(schema)),
        spec_id_(spec_id),
        partition_(std::move(partition)),
        options_(options),
        metrics_config_(options.table_properties, *schema_),
        nans_(*schema_) {}

  // Parquet's writer still writes buffers and a footer when it is destroyed. They must not reach the file.
  ~ParquetDataFileWriter() override {
    if (stream_) stream_->Abandon();
  }

  Status Open(io::FileIo& io) {
    FRAZIL_ASSIGN_OR_RETURN(arrow_schema_, ToArrowSchema(*schema_));
    FRAZIL_ASSIGN_OR_RETURN(parquet_schema_, ToParquetSchema(*schema_));
    FRAZIL_ASSIGN_OR_RETURN(auto file, io.Create(location_));
    stream_ = std::make_shared<OutputStream>(std::move(file));
    return {};
  }

  Status Write(const arrow::RecordBatch& rows) override {
    if (closed_) return Fail(ErrorKind::kInternal, "{}: written to after it was closed or failed", location_);
    if (!rows.schema()->Equals(*arrow_schema_, /*check_metadata=*/false)) {
      return Fail(ErrorKind::kInternal, "{}: rows of schema ({}) given to a file of schema ({})", location_,
                  rows.schema()->ToString(), arrow_schema_->ToString());
    }
    FRAZIL_RETURN_IF_ERROR(CheckRequired(*schema_, rows));
    rows_ += rows.num_rows();
    if (writer_) return Encode(rows);
    first_rows_.push_back(rows.Slice(0));
    first_bytes_ += arrow::util::ReferencedBufferSize(rows).ValueOr(kBytesThatTell);
    return rows_ < kRowsThatTell && first_bytes_ < kBytesThatTell ? Status() : Begin();
  }

  Status EndRowGroup() override {
    if (closed_) return {};
    FRAZIL_RETURN_IF_ERROR(Begin());
    if (!tracker_->has_open_row_group()) return {};
    nans_.EndRowGroup();
    return Guard([&] {
      tracker_->CloseRowGroup();
      return arrow::Status::OK();
    });
  }

  int64_t rows() const override { return rows_; }
  int64_t EstimatedBytes() const override { return stream_->position() + OpenBytes(); }
  int64_t BufferedBytes() const override { return stream_->buffered() + OpenBytes(); }

  Result<iceberg::DataFile> Close(const std::map<std::string, std::string>& footer) override {
    if (closed_) return Fail(ErrorKind::kInternal, "{}: closed twice or after a failure", location_);
    FRAZIL_RETURN_IF_ERROR(Begin());
    closed_ = true;
    if (tracker_->has_open_row_group()) nans_.EndRowGroup();
    FRAZIL_RETURN_IF_ERROR(Guard([&] {
      auto metadata = std::make_shared<arrow::KeyValueMetadata>();
      metadata->Append("iceberg.schema", iceberg::ToJson(*schema_).dump());
      for (const auto& [key, value] : footer) metadata->Append(key, value);
      ARROW_RETURN_NOT_OK(writer_->AddKeyValueMetadata(metadata));
      return writer_->Close();
    }));
    const std::shared_ptr<pq::FileMetaData> written = writer_->metadata();
    const int64_t bytes = stream_->position();
    FRAZIL_RETURN_IF_ERROR(stream_->CloseFile());

    auto described = DescribeParquetFile(*written, *schema_, metrics_config_, nans_.counts());
    if (!described) return Wrap(described.error(), location_);
    iceberg::DataFile file = *std::move(described);
    file.file_path = location_;
    file.spec_id = spec_id_;
    file.partition = std::move(partition_);
    file.file_size_in_bytes = bytes;
    return file;
  }

 private:
  // Creates the Parquet writer, with settings that depend on the first rows, and encodes these rows.
  Status Begin() {
    if (writer_) return {};
    FRAZIL_RETURN_IF_ERROR(Guard([&] {
      pq::SchemaDescriptor descriptor;
      descriptor.Init(parquet_schema_);
      const auto properties = MakeProperties(options_, ColumnsThatHardlyRepeat(descriptor, first_rows_));
      auto inner = pq::ParquetFileWriter::Open(stream_, parquet_schema_, properties);
      auto tracker = std::make_unique<RowGroupTracker>(std::move(inner), parquet_schema_);
      tracker_ = tracker.get();
      auto outer = std::make_unique<pq::ParquetFileWriter>();
      outer->Open(std::move(tracker));
      const auto arrow_properties = pq::ArrowWriterProperties::Builder().set_use_threads(false)->build();
      return pq::arrow::FileWriter::Make(arrow::default_memory_pool(), std::move(outer), arrow_schema_,
                                         arrow_properties, &writer_);
    }));
    first_bytes_ = 0;
    for (auto& rows : std::exchange(first_rows_, {})) FRAZIL_RETURN_IF_ERROR(Encode(*rows));
    return {};
  }

  Status Encode(const arrow::RecordBatch& rows) {
    const int64_t bytes = arrow::util::ReferencedBufferSize(rows).ValueOr(0);
    const int64_t slices = std::max(rows.num_rows() / kSliceRows, bytes / kSliceBytes) + 1;
    const int64_t step = (rows.num_rows() + slices - 1) / slices;
    for (int64_t offset = 0; offset < rows.num_rows(); offset += step) {
      Status status = slices == 1 ? WriteSlice(rows) : WriteSlice(*rows.Slice(offset, step));
      if (!status) {
        closed_ = true;  // the row group holds half a slice
        return status;
      }
    }
    return {};
  }

  int64_t OpenBytes() const { return closed_ ? 0 : first_bytes_ + (tracker_ ? tracker_->OpenBytes() : 0); }

  Status WriteSlice(const arrow::RecordBatch& rows) {
    FRAZIL_RETURN_IF_ERROR(Guard([&] {
      if (!tracker_->has_open_row_group()) ARROW_RETURN_NOT_OK(writer_->NewBufferedRowGroup());
      return writer_->WriteRecordBatch(rows);
    }));
    FRAZIL_RETURN_IF_ERROR(nans_.Add(rows));
    return tracker_->OpenBytes() < options_.row_group_bytes ? Status() : EndRowGroup();
  }

  // Runs `call`, which calls Parquet. Exceptions and statuses become errors. An error of the file keeps its kind.
  template <class F>
  Status Guard(F&& call) {
    const arrow::Status status = ParquetStatus(std::forward<F>(call));
    if (status.ok()) return {};
    if (stream_->error()) return tl::unexpected<Error>(*stream_->error());
    return ArrowError(status, location_ + ": writing Parquet");
  }

  const std::string location_;
  const iceberg::SchemaPtr schema_;
  const int32_t spec_id_;
  std::vector<iceberg::Literal> partition_;
  const DataFileOptions options_;
  const MetricsConfig metrics_config_;
  NanCounter nans_;
  std::shared_ptr<arrow::Schema> arrow_schema_;
  std::shared_ptr<pq::schema::GroupNode> parquet_schema_;
  std::vector<std::shared_ptr<arrow::RecordBatch>> first_rows_;  // kept until there are enough to tell from
  int64_t first_bytes_ = 0;
  std::shared_ptr<OutputStream> stream_;
  std::unique_ptr<pq::arrow::FileWriter> writer_;
  RowGroupTracker* tracker_ = nullptr;  // writer_ owns it
  int64_t rows_ = 0;
  bool closed_ = false;
};

}  // namespace

Result<Compression> ParseCompression(const std::string& name) {
  const std::string lower = Lower(name);
  if (lower == "none" || lower == "uncompressed") return Compression::kNone;
  if (lower == "snappy") return Compression::kSnappy;
  if (lower == "gzip") return Compression::kGzip;
  if (lower == "lz4") return Compression::kLz4;
  if (lower == "zstd") return Compression::kZstd;
  if (lower == "brotli") return Compression::kBrotli;
  return Fail(ErrorKind::kInvalidArgument, "unknown compression '{}': none, snappy, gzip, lz4, zstd or brotli", name);
}

Result<std::unique_ptr<DataFileWriter>> OpenDataFile(io::FileIo& io, const std::string& location,
                                                     const iceberg::SchemaPtr& schema, int32_t spec_id,
                                                     std::vector<iceberg::Literal> partition,
                                                     const DataFileOptions& options) {
  auto writer = std::make_unique<ParquetDataFileWriter>(location, schema, spec_id, std::move(partition), options);
  FRAZIL_RETURN_IF_ERROR(writer->Open(io));
  return std::unique_ptr<DataFileWriter>(std::move(writer));
}

}  // namespace frazil::parquet
