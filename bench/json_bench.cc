// JSON records to Arrow columns: nanoseconds a record.
#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "decode/json_format.h"
#include "source/kafka/sample_data.h"

namespace frazil::decode {
namespace {

using iceberg::Type;
using iceberg::TypeKind;

constexpr int64_t kRecords = 10000;

iceberg::Field Column(std::string name, iceberg::TypePtr type) {
  iceberg::Field field;
  field.name = std::move(name);
  field.type = std::move(type);
  return field;
}
iceberg::Field Column(std::string name, TypeKind kind) { return Column(std::move(name), Type::Primitive(kind)); }

iceberg::SchemaPtr MakeSchema(const std::vector<iceberg::Field>& fields) {
  int32_t last = 0;
  return std::make_shared<iceberg::Schema>(0, iceberg::AssignFreshIds(fields, 1, &last));
}

template <class MakeValue>
record::RecordBatch MakeBatch(MakeValue value) {
  std::string bytes;
  std::vector<size_t> ends;
  for (int64_t i = 0; i < kRecords; ++i) {
    bytes += value(i);
    ends.push_back(bytes.size());
  }
  record::RecordBatch batch;
  batch.source = {"bench", 0};
  batch.next = kRecords;
  batch.byte_count = bytes.size();
  const auto copy = std::make_shared<char[]>(bytes.size() + record::kSpareBytes);
  batch.bytes = copy;
  std::memcpy(copy.get(), bytes.data(), bytes.size());
  size_t from = 0;
  for (size_t i = 0; i < ends.size(); ++i) {
    record::RecordView view;
    view.offset = static_cast<int64_t>(i);
    view.value = {copy.get() + from, ends[i] - from};
    batch.records.push_back(view);
    from = ends[i];
  }
  return batch;
}

void Run(benchmark::State& state, const iceberg::SchemaPtr& schema, const record::RecordBatch& batch) {
  auto decoder = MakeJsonDecoder({schema}, {});
  for (auto _ : state) {
    auto decoded = decoder.value()->Decode(batch);
    if (!decoded || !decoded->rows || !decoded->bad.empty()) state.SkipWithError("the records are not all rows");
    benchmark::DoNotOptimize(decoded);
  }
  state.SetItemsProcessed(state.iterations() * kRecords);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(batch.byte_count));
  state.counters["ns/record"] = benchmark::Counter(static_cast<double>(state.iterations() * kRecords) / 1e9,
                                                   benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void Sensor(benchmark::State& state) {
  Run(state,
      MakeSchema({Column("sensor_id", TypeKind::kString), Column("timestamp", TypeKind::kTimestamp),
                  Column("reading", TypeKind::kDouble)}),
      MakeBatch([](int64_t i) {
        return fmt::format(R"({{"sensor_id":"sensor-{:05}","timestamp":{},"reading":{:.4f}}})", i % 1000,
                           1767881109500 + i, 20 + static_cast<double>(i % 977) / 100);
      }));
}
BENCHMARK(Sensor);

void SensorIsoTimes(benchmark::State& state) {
  Run(state,
      MakeSchema({Column("sensor_id", TypeKind::kString), Column("timestamp", TypeKind::kTimestamp),
                  Column("reading", TypeKind::kDouble)}),
      MakeBatch([](int64_t i) {
        return fmt::format(
            R"({{"sensor_id":"sensor-{:05}","timestamp":"2026-01-08T14:{:02}:{:02}.5","reading":{:.2f}}})", i % 1000,
            i / 60 % 60, i % 60, 20 + static_cast<double>(i % 977) / 100);
      }));
}
BENCHMARK(SensorIsoTimes);

// The records of `frazil produce sensor`, which bench/run loads.
void ProducedSensor(benchmark::State& state) {
  const source::kafka::SampleData samples(source::kafka::SampleKind::kSensor, 1);
  Run(state,
      MakeSchema({Column("sensor_id", TypeKind::kString), Column("timestamp", TypeKind::kTimestamp),
                  Column("reading", TypeKind::kDouble)}),
      MakeBatch([&](int64_t i) {
        std::string value;
        samples.Append(i, value);
        return value;
      }));
}
BENCHMARK(ProducedSensor);

// Forty columns, every tenth absent from each record.
void Wide(benchmark::State& state) {
  std::vector<iceberg::Field> fields;
  for (int c = 0; c < 40; ++c) {
    fields.push_back(Column(fmt::format("column_{}", c), c % 2 == 0 ? TypeKind::kLong : TypeKind::kString));
  }
  Run(state, MakeSchema(fields), MakeBatch([](int64_t i) {
        std::string text;
        for (int c = 0; c < 40; ++c) {
          if (c % 10 == i % 10) continue;
          text += fmt::format("{}\"column_{}\":", text.empty() ? "{" : ",", c);
          text += c % 2 == 0 ? fmt::format("{}", i * c) : fmt::format("\"value {}\"", i % 100);
        }
        return text + "}";
      }));
}
BENCHMARK(Wide);

void Nested(benchmark::State& state) {
  const auto item = Type::Struct({Column("sku", TypeKind::kString), Column("price", Type::Decimal(9, 2))});
  Run(state,
      MakeSchema({Column("id", TypeKind::kLong),
                  Column("user", Type::Struct({Column("name", TypeKind::kString), Column("age", TypeKind::kInt)})),
                  Column("items", Type::List(0, item, false))}),
      MakeBatch([](int64_t i) {
        return fmt::format(
            R"({{"id":{},"user":{{"name":"user {}","age":{}}},"items":[{{"sku":"a-{}","price":{}.25}},{{"sku":"b","price":9.5}}]}})",
            i, i % 500, i % 90, i % 70, i % 1000);
      }));
}
BENCHMARK(Nested);

}  // namespace
}  // namespace frazil::decode
