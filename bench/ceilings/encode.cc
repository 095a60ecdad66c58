// What Parquet costs at least, with the settings of Frazil's data files, in a file on disk. The rows are fetched and
// parsed first; only encoding and writing is measured. The file is removed.
//   ceiling_encode BROKER TOPIC LOAD FILE
#include <arrow/io/file.h>
#include <arrow/util/compression.h>
#include <parquet/arrow/writer.h>

#include <cstdio>

#include "columns.h"

namespace {

using namespace ceilings;

constexpr size_t kMost = 2'000'000, kBatch = 20'000;
constexpr size_t kRowGroup = 500'000;
constexpr int kPasses = 2;

void Check(const arrow::Status& status) {
  if (!status.ok()) Die("{}", status.ToString());
}

std::shared_ptr<parquet::WriterProperties> Settings(const std::vector<std::string>& without_dictionary) {
  parquet::WriterProperties::Builder builder;
  builder.version(parquet::ParquetVersion::PARQUET_2_6)
      ->data_page_version(parquet::ParquetDataPageVersion::V1)
      ->compression(arrow::Compression::ZSTD)
      ->data_pagesize(1 << 20)
      ->dictionary_pagesize_limit(1 << 20)
      ->max_row_group_length(kRowGroup);
  for (const auto& name : without_dictionary) builder.disable_dictionary(name);
  return builder.build();
}

// Returns the bytes of the file.
int64_t WriteFile(const std::string& path, const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
                  const std::shared_ptr<parquet::WriterProperties>& settings) {
  auto file = arrow::io::FileOutputStream::Open(path);
  Check(file.status());
  auto writer =
      parquet::arrow::FileWriter::Open(*batches.front()->schema(), arrow::default_memory_pool(), *file, settings);
  Check(writer.status());
  for (const auto& batch : batches) Check((*writer)->WriteRecordBatch(*batch));
  Check((*writer)->Close());
  const int64_t bytes = *(*file)->Tell();
  Check((*file)->Close());
  return bytes;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 5) Die("usage: {} IPV4-ADDRESS:PORT TOPIC LOAD FILE", arguments[0]);
  WithLoad(arguments[3], [&](auto rows) {
    std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
    {
      const Payloads all = ReadPayloads(arguments[1], arguments[2], kMost);
      for (size_t from = 0; from < all.size(); from += kBatch) {
        batches.push_back(rows.Parse(all, from, std::min(all.size(), from + kBatch)));
      }
    }
    if (batches.empty()) Die("topic {} has no records", arguments[2]);
    const auto settings = Settings(rows.WithoutDictionary());
    Stopwatch time;
    int64_t records = 0, bytes = 0;
    for (int pass = 0; pass < kPasses; ++pass) {
      time.Start();
      bytes += WriteFile(arguments[4], batches, settings);
      time.Stop();
      for (const auto& batch : batches) records += batch->num_rows();
      std::remove(arguments[4]);
    }
    Print("encode", records, bytes, time,
          fmt::format(R"("load":"{}","codec":"zstd","level":{},"row_group_rows":{},"dictionary_page_bytes":{})",
                      arguments[3], *arrow::util::Codec::DefaultCompressionLevel(arrow::Compression::ZSTD), kRowGroup,
                      settings->dictionary_pagesize_limit()));
  });
}
