#include "parquet/data_file_reader.h"

#include <arrow/array.h>
#include <arrow/compute/api.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>
#include <arrow/util/checked_cast.h>
#include <arrow/util/key_value_metadata.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

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
  explicit ParquetDataFileReader(std::string location) : location_(std::move(location)) {}

  Status Open(std::unique_ptr<io::InputFile> file) {
    FRAZIL_ASSIGN_OR_RETURN(const int64_t size, file->Size());
    stream_ = std::make_shared<InputStream>(std::move(file), size);
    FRAZIL_RETURN_IF_ERROR(Guard([&] {
      pq::ReaderProperties properties;
      properties.enable_buffered_stream();  // a column chunk is not read at once
      auto inner = pq::ParquetFileReader::Open(stream_, properties);
      footer_ = inner->metadata();
      pq::ArrowReaderProperties arrow_properties;
      arrow_properties.set_pre_buffer(false);  // that would read on other threads
      return pq::arrow::FileReader::Make(arrow::default_memory_pool(), std::move(inner), arrow_properties)
          .Value(&reader_);
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

 private:
  // Of leaf columns.
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

  // Other writers may have kept a column in memory in another form, which Arrow remembers for them.
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

  // Runs what calls Parquet: its exceptions and statuses become errors, and an error of the file keeps its kind.
  template <class F>
  Status Guard(F&& call) {
    const arrow::Status status = ParquetStatus(std::forward<F>(call));
    if (status.ok()) return {};
    if (stream_->error()) return tl::unexpected<Error>(*stream_->error());
    return ArrowError(status, location_ + ": reading Parquet", ErrorKind::kCorrupt);
  }

  const std::string location_;
  std::shared_ptr<InputStream> stream_;
  std::shared_ptr<pq::FileMetaData> footer_;
  std::unique_ptr<pq::arrow::FileReader> reader_;
  std::map<int32_t, int> columns_;  // field id → leaf column
};

}  // namespace

Result<std::unique_ptr<DataFileReader>> OpenDataFileReader(std::unique_ptr<io::InputFile> file,
                                                           const std::string& location) {
  auto reader = std::make_unique<ParquetDataFileReader>(location);
  FRAZIL_RETURN_IF_ERROR(reader->Open(std::move(file)));
  return std::unique_ptr<DataFileReader>(std::move(reader));
}

}  // namespace frazil::parquet
