#include "parquet/data_file_reader.h"

#include <arrow/array.h>
#include <arrow/compute/api.h>
#include <arrow/extension_type.h>
#include <arrow/memory_pool.h>
#include <arrow/record_batch.h>
#include <arrow/util/checked_cast.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "parquet/arrow_error.h"
#include "parquet/input_stream.h"
#include "parquet/parquet_status.h"
#include "parquet/schema_bridge.h"

namespace frazil::parquet {
namespace {

namespace pq = ::parquet;

constexpr int64_t kRowsAtATime = 1 << 16;   // of single columns
constexpr int64_t kWholeRowsAtATime = 256;  // which may be long

class ParquetDataFileReader final : public DataFileReader {
 public:
  ParquetDataFileReader(std::string location, arrow::MemoryPool* pool)
      : location_(std::move(location)), pool_(pool == nullptr ? arrow::default_memory_pool() : pool) {}

  Status Open(std::unique_ptr<io::InputFile> file) {
    FRAZIL_ASSIGN_OR_RETURN(const int64_t size, file->Size());
    stream_ = std::make_shared<InputStream>(std::move(file), size);
    size_ = size;
    FRAZIL_RETURN_IF_ERROR(Guard([&] {
      pq::ReaderProperties properties(pool_);
      properties.enable_buffered_stream();  // a column chunk is not read at once
      auto inner = pq::ParquetFileReader::Open(stream_, properties);
      footer_ = inner->metadata();
      pq::ArrowReaderProperties arrow_properties;
      arrow_properties.set_pre_buffer(false);  // that would read on other threads
      return pq::arrow::FileReader::Make(pool_, std::move(inner), arrow_properties).Value(&reader_);
    }));
    FindColumns();
    return {};
  }

  int64_t rows() const override { return footer_->num_rows(); }

  std::optional<std::string> FooterText(const std::string& key) const override {
    const auto& texts = footer_->key_value_metadata();
    const int at = texts == nullptr ? -1 : texts->FindKey(key);
    return at < 0 ? std::nullopt : std::optional(texts->value(at));
  }

  bool HasColumn(int32_t field_id) const override { return columns_.contains(field_id); }

  Status ReadColumns(const std::vector<int32_t>& field_ids, const Take& take) override {
    std::vector<int> columns;
    for (const int32_t id : field_ids) {
      const auto found = columns_.find(id);
      if (found == columns_.end()) return Fail(ErrorKind::kInternal, "{} has no column of id {}", location_, id);
      columns.push_back(found->second);
    }
    return Read(columns, kRowsAtATime, take);
  }

  Result<std::vector<iceberg::Field>> Fields() override {
    std::shared_ptr<arrow::Schema> schema;
    FRAZIL_RETURN_IF_ERROR(Guard([&] { return reader_->GetSchema(&schema); }));
    auto fields = FromArrowSchema(*schema);
    if (!fields) return Wrap(fields.error(), location_);
    return fields;
  }

  Status ReadRows(const Take& take) override {
    std::vector<int> columns(static_cast<size_t>(footer_->num_columns()));
    std::iota(columns.begin(), columns.end(), 0);
    return Read(columns, kWholeRowsAtATime, take);
  }

  FileColumns Columns(const iceberg::NameMapping* mapping) const override {
    return ColumnsOf(*footer_->schema(), mapping);
  }

  std::vector<std::string> WhatHindersReaders(const FileColumns& columns, const iceberg::Schema& schema,
                                              const std::set<int32_t>& told_by_partition) const override {
    return parquet::WhatHindersReaders(*footer_->schema(), columns, schema, told_by_partition);
  }

  int row_groups() const override { return footer_->num_row_groups(); }

  int64_t MiddleOfFirstRowGroup() const override {
    if (row_groups() == 0 || footer_->num_columns() == 0) return 0;
    const auto group = footer_->RowGroup(0);
    return BeginOf(*group->ColumnChunk(0)) + group->total_compressed_size() / 2;
  }

  Result<ColumnStatistics> FooterStatistics(const FileColumn& column, const iceberg::Type& type,
                                            int row_group) const override {
    Result<ColumnStatistics> statistics;
    FRAZIL_RETURN_IF_ERROR(Guard([&] {
      const auto chunk = footer_->RowGroup(row_group)->ColumnChunk(column.index);
      statistics = StatisticsOf(*chunk, *footer_->schema()->Column(column.index), type, std::nullopt, !column.repeated);
      if (statistics && !IsInside(*chunk)) {
        statistics = Fail(ErrorKind::kCorrupt, "its footer says that it lies outside of the file");
      }
      return arrow::Status::OK();
    }));
    return Of(column, std::move(statistics));
  }

  Result<ColumnStatistics> PageStatistics(const FileColumn& column, const iceberg::Type* type, int row_group,
                                          const TakeValue& each) override {
    Result<ColumnStatistics> statistics;
    const Status read = Guard([&] {
      const auto group = reader_->parquet_reader()->RowGroup(row_group);
      const auto pages = group->Column(column.index);
      statistics = DecodeStatistics(*pages, type, each);
      if (!statistics) return arrow::Status::OK();
      const auto chunk = footer_->RowGroup(row_group)->ColumnChunk(column.index);
      statistics->bytes = chunk->total_compressed_size();
      const int64_t due = column.repeated ? chunk->num_values() : footer_->RowGroup(row_group)->num_rows();
      if (statistics->values != due) {
        statistics = Fail(ErrorKind::kCorrupt, "its pages hold {} values, the footer says {}", statistics->values, due);
      }
      return arrow::Status::OK();
    });
    if (!read) return Wrap(read.error(), fmt::format("column {}", column.name));
    return Of(column, std::move(statistics));
  }

 private:
  Result<ColumnStatistics> Of(const FileColumn& column, Result<ColumnStatistics> statistics) const {
    if (statistics) return statistics;
    return Wrap(statistics.error(), fmt::format("{}: column {}", location_, column.name));
  }

  static int64_t BeginOf(const pq::ColumnChunkMetaData& chunk) {
    return chunk.has_dictionary_page() && chunk.dictionary_page_offset() > 0
               ? std::min(chunk.dictionary_page_offset(), chunk.data_page_offset())
               : chunk.data_page_offset();
  }
  bool IsInside(const pq::ColumnChunkMetaData& chunk) const {
    const int64_t begin = BeginOf(chunk);
    return begin >= 0 && chunk.total_compressed_size() >= 0 && begin <= size_ &&
           chunk.total_compressed_size() <= size_ - begin;
  }

  // `columns` are indexes of leaf columns.
  Status Read(const std::vector<int>& columns, int64_t rows_at_a_time, const Take& take) {
    reader_->set_batch_size(rows_at_a_time);
    std::vector<int> row_groups(static_cast<size_t>(footer_->num_row_groups()));
    std::iota(row_groups.begin(), row_groups.end(), 0);
    std::unique_ptr<arrow::RecordBatchReader> batches;
    FRAZIL_RETURN_IF_ERROR(Guard([&] { return reader_->GetRecordBatchReader(row_groups, columns).Value(&batches); }));
    for (;;) {
      std::shared_ptr<arrow::RecordBatch> rows;
      FRAZIL_RETURN_IF_ERROR(Guard([&] { return batches->ReadNext(&rows); }));
      if (rows == nullptr) return {};
      FRAZIL_RETURN_IF_ERROR(Guard([&] { return AsUsual(rows).Value(&rows); }));
      FRAZIL_RETURN_IF_ERROR(take(*rows));
    }
  }

  // Other writers may have stored an Arrow schema with other types (dictionary, large, view). This converts them to the
  // usual ones.
  static arrow::Result<std::shared_ptr<arrow::RecordBatch>> AsUsual(const std::shared_ptr<arrow::RecordBatch>& rows) {
    arrow::ArrayVector columns = rows->columns();
    arrow::FieldVector fields = rows->schema()->fields();
    bool any = false;
    for (size_t i = 0; i < columns.size(); ++i) {
      const auto known = FromArrowSchema(arrow::Schema({fields[i]}));
      const auto type = known ? ToArrowType(*known->front().type) : tl::unexpected<Error>(known.error());
      if (!type || columns[i]->type()->Equals(**type)) continue;
      if (columns[i]->type_id() == arrow::Type::EXTENSION) {
        columns[i] = arrow::internal::checked_cast<const arrow::ExtensionArray&>(*columns[i]).storage();
      }
      if (!columns[i]->type()->Equals(**type)) {
        ARROW_ASSIGN_OR_RAISE(columns[i], arrow::compute::Cast(*columns[i], *type));
      }
      fields[i] = fields[i]->WithType(*type);
      any = true;
    }
    return any ? arrow::RecordBatch::Make(arrow::schema(fields), rows->num_rows(), std::move(columns)) : rows;
  }

  void FindColumns() {
    const pq::SchemaDescriptor& schema = *footer_->schema();
    const auto& root = *schema.group_node();
    for (int i = 0; i < root.field_count(); ++i) {
      const auto& node = *root.field(i);
      if (node.is_primitive() && !node.is_repeated()) columns_[node.field_id()] = schema.ColumnIndex(node);
    }
  }

  // Runs `call`, which calls Parquet. Exceptions and statuses become errors. An error of the file keeps its kind.
  template <class F>
  Status Guard(F&& call) const {
    const arrow::Status status = ParquetStatus(std::forward<F>(call));
    if (status.ok()) return {};
    if (stream_->error()) return tl::unexpected<Error>(*stream_->error());
    return ArrowError(status, location_ + ": reading Parquet", ErrorKind::kCorrupt);
  }

  const std::string location_;
  arrow::MemoryPool* const pool_;
  int64_t size_ = 0;
  std::shared_ptr<InputStream> stream_;
  std::shared_ptr<pq::FileMetaData> footer_;
  std::unique_ptr<pq::arrow::FileReader> reader_;
  std::map<int32_t, int> columns_;  // field id → leaf column
};

}  // namespace

Result<std::unique_ptr<DataFileReader>> OpenDataFileReader(std::unique_ptr<io::InputFile> file,
                                                           const std::string& location, arrow::MemoryPool* pool) {
  auto reader = std::make_unique<ParquetDataFileReader>(location, pool);
  FRAZIL_RETURN_IF_ERROR(reader->Open(std::move(file)));
  return std::unique_ptr<DataFileReader>(std::move(reader));
}

}  // namespace frazil::parquet
