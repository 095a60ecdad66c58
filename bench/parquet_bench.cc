// What a sensor record of three columns costs between Arrow and bytes: encoding into Parquet, splitting by partition.
// Nothing is stored: the bytes are counted and dropped.
#include <arrow/api.h>
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>

#include "ingest/partition_fanout.h"
#include "parquet/data_file_writer.h"
#include "parquet/nan_counter.h"
#include "parquet/schema_bridge.h"

namespace frazil {
namespace {

using iceberg::Field;
using iceberg::Type;
using iceberg::TypeKind;

constexpr int64_t kRows = 100'000;  // a batch as a lane hands it over
constexpr int kSensors = 500;

class NullFile : public io::OutputFile {
 public:
  Status Write(std::string_view bytes) override {
    position_ += static_cast<int64_t>(bytes.size());
    return {};
  }
  Status Close() override { return {}; }
  int64_t position() const override { return position_; }

 private:
  int64_t position_ = 0;
};

class NullIo : public io::FileIo {
 public:
  Result<std::unique_ptr<io::OutputFile>> Create(const std::string&) override { return std::make_unique<NullFile>(); }
  Result<std::unique_ptr<io::InputFile>> Open(const std::string& location) override {
    return Fail(ErrorKind::kNotFound, "{}", location);
  }
  Result<bool> Exists(const std::string&) override { return false; }
  Status Delete(const std::string&) override { return {}; }
  Status Replace(const std::string&, std::string_view) override { return {}; }
};

Field Column(int32_t id, std::string name, TypeKind kind) {
  Field field;
  field.id = id;
  field.name = std::move(name);
  field.type = Type::Primitive(kind);
  return field;
}

iceberg::SchemaPtr SensorSchema() {
  static const auto schema = std::make_shared<const iceberg::Schema>(
      0, std::vector<Field>{Column(1, "sensor_id", TypeKind::kString), Column(2, "timestamp", TypeKind::kTimestamp),
                            Column(3, "reading", TypeKind::kDouble)});
  return schema;
}

// Batch `number` follows batch `number` - 1 in time.
std::shared_ptr<arrow::RecordBatch> SensorRows(int64_t number = 0) {
  const auto schema = *parquet::ToArrowSchema(*SensorSchema());
  const auto builder = *arrow::RecordBatchBuilder::Make(schema, arrow::default_memory_pool(), kRows);
  std::mt19937_64 random(static_cast<uint64_t>(number));
  std::normal_distribution<double> reading(20, 5);
  for (int64_t row = 0; row < kRows; ++row) {
    const std::string sensor = "sensor-" + std::to_string(random() % kSensors);
    const int64_t micros = 1'790'000'000'000'000 + (number * kRows + row) * 1000;
    if (!builder->GetFieldAs<arrow::StringBuilder>(0)->Append(sensor).ok() ||
        !builder->GetFieldAs<arrow::TimestampBuilder>(1)->Append(micros).ok() ||
        !builder->GetFieldAs<arrow::DoubleBuilder>(2)->Append(std::round(reading(random) * 100) / 100).ok()) {
      std::abort();
    }
  }
  return *builder->Flush();
}

// One data file of `batches` batches.
void WriteFile(benchmark::State& state, parquet::Compression compression) {
  const int64_t batches = state.range(0);
  std::vector<std::shared_ptr<arrow::RecordBatch>> rows;
  for (int64_t i = 0; i < batches; ++i) rows.push_back(SensorRows(i));
  NullIo io;
  parquet::DataFileOptions options;
  options.compression = compression;
  int64_t bytes = 0;
  for (auto _ : state) {
    auto writer = parquet::OpenDataFile(io, "/dev/null", SensorSchema(), 0, {}, options);
    for (const auto& batch : rows) {
      if (!writer || !(*writer)->Write(*batch)) return state.SkipWithError("writing failed");
    }
    const auto file = (*writer)->Close({});
    if (!file) return state.SkipWithError("closing failed");
    bytes = file->file_size_in_bytes;
  }
  state.SetItemsProcessed(state.iterations() * kRows * batches);
  state.counters["bytes/record"] = static_cast<double>(bytes) / static_cast<double>(kRows * batches);
}
BENCHMARK_CAPTURE(WriteFile, none, parquet::Compression::kNone)->Arg(1)->Arg(10)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(WriteFile, snappy, parquet::Compression::kSnappy)->Arg(1)->Arg(10)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(WriteFile, zstd, parquet::Compression::kZstd)->Arg(1)->Arg(10)->Unit(benchmark::kMillisecond);

void CountNans(benchmark::State& state) {
  const auto rows = SensorRows();
  parquet::NanCounter counter(*SensorSchema());
  for (auto _ : state) {
    if (!counter.Add(*rows)) return state.SkipWithError("counting failed");
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}
BENCHMARK(CountNans)->Unit(benchmark::kMillisecond);

void Split(benchmark::State& state, const char* transform, int32_t source) {
  const auto rows = SensorRows();
  const iceberg::PartitionSpec spec{1, {{source, 1000, "p", iceberg::Transform::Parse(transform)}}};
  const auto fanout = ingest::PartitionFanout::Make(*SensorSchema(), spec);
  size_t parts = 0;
  for (auto _ : state) {
    const auto split = fanout->Split(rows);
    if (!split) return state.SkipWithError("splitting failed");
    parts = split->size();
  }
  state.SetItemsProcessed(state.iterations() * kRows);
  state.counters["parts"] = static_cast<double>(parts);
}
BENCHMARK_CAPTURE(Split, identity_string, "identity", 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Split, bucket16_string, "bucket[16]", 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Split, hour_one_partition, "hour", 2)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace frazil
