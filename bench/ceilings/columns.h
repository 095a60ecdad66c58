// JSON to Arrow for loads whose fields are known when this is compiled: simdjson On-Demand, one record at a time as
// they come from Kafka, into reserved builders.
#pragma once

#include <arrow/api.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "kafka.h"

namespace ceilings {

// Values of a topic, one behind the other, as the stage before would leave them.
struct Payloads {
  std::string bytes;
  std::vector<size_t> ends;

  size_t size() const { return ends.size(); }
  size_t begin(size_t i) const { return i == 0 ? 0 : ends[i - 1]; }
};

inline Payloads ReadPayloads(const std::string& broker, const std::string& name, size_t most) {
  constexpr int32_t kAnswerBytes = 1 << 20;
  Topic topic(broker, name);
  BatchWalker walker;
  Payloads all;
  const auto keep = [&](std::string_view value) {
    if (all.size() == most) return;
    all.bytes += value;
    all.ends.push_back(all.bytes.size());
  };
  while (all.size() < most && topic.Fetch(kAnswerBytes, [&](int32_t, int64_t from, std::string_view share) {
    return walker.Walk(share, from, keep);
  })) {
  }
  all.bytes.append(kSpareBytes, '\0');
  return all;
}

template <size_t N>
struct Name {
  char text[N]{};
  consteval Name(const char (&from)[N]) { std::copy_n(from, N, text); }  // NOLINT: a literal is a name
  constexpr std::string_view view() const { return {text, N - 1}; }
};

// How a value of each Arrow type is read and appended; false where it is something else.
inline bool Read(simdjson::ondemand::value value, arrow::StringBuilder& to) {
  std::string_view text;
  return !value.get_string().get(text) && to.Append(text).ok();
}
inline bool Read(simdjson::ondemand::value value, arrow::DoubleBuilder& to) {
  double number = 0;
  if (value.get_double().get(number)) return false;
  to.UnsafeAppend(number);
  return true;
}
inline bool Read(simdjson::ondemand::value value, arrow::Int64Builder& to) {
  int64_t number = 0;
  if (value.get_int64().get(number)) return false;
  to.UnsafeAppend(number);
  return true;
}
inline bool Read(simdjson::ondemand::value value, arrow::Int32Builder& to) {
  int64_t number = 0;
  if (value.get_int64().get(number) || number != static_cast<int32_t>(number)) return false;
  to.UnsafeAppend(static_cast<int32_t>(number));
  return true;
}
inline bool Read(simdjson::ondemand::value value, arrow::BooleanBuilder& to) {
  bool truth = false;
  if (value.get_bool().get(truth)) return false;
  to.UnsafeAppend(truth);
  return true;
}
// "2026-01-08T14:03:22.123", as the loads have it.
inline bool Read(simdjson::ondemand::value value, arrow::TimestampBuilder& to) {
  simdjson::ondemand::raw_json_string raw;
  if (value.get_raw_json_string().get(raw)) return false;
  const char* const text = raw.raw();
  const auto two = [&](size_t at) { return 10 * (text[at] - '0') + text[at + 1] - '0'; };
  if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != '.' ||
      text[23] != '"') {
    return false;
  }
  // Years begin in March: the day that leap years have more is their last one. Good for 1970 to 2099.
  const int month = two(5), year = 100 * two(0) + two(2) - (month <= 2 ? 1 : 0);
  const int days = 365 * (year - 1970) + (year - 1968) / 4 + (153 * ((month + 9) % 12) + 2) / 5 + two(8) + 58;
  const int millis = 1000 * (3600 * two(11) + 60 * two(14) + two(17)) + 10 * two(20) + text[22] - '0';
  to.UnsafeAppend(int64_t{1000} * (int64_t{86'400'000} * days + millis));
  return true;
}

template <class Builder>
std::shared_ptr<arrow::DataType> TypeOf() {
  if constexpr (std::is_same_v<Builder, arrow::TimestampBuilder>) {
    return arrow::timestamp(arrow::TimeUnit::MICRO);
  } else {
    return arrow::TypeTraits<typename Builder::TypeClass>::type_singleton();
  }
}

enum Values { kRepeated, kHardlyRepeated };

template <Name kName, class BuilderType, Values kValues = kRepeated>
struct Column {
  using Builder = BuilderType;
  static constexpr std::string_view name = kName.view();
  static constexpr bool dictionary = kValues == kRepeated;  // as Frazil tells from the first rows
};

template <class... Columns>
class Rows {
 public:
  static std::vector<std::string> WithoutDictionary() {
    std::vector<std::string> names;
    ((Columns::dictionary ? void() : names.push_back(std::string(Columns::name))), ...);
    return names;
  }

  Rows() : schema_(arrow::schema({arrow::field(std::string(Columns::name), TypeOf<typename Columns::Builder>())...})) {}

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }

  // Records [from, to) as one batch.
  std::shared_ptr<arrow::RecordBatch> Parse(const Payloads& all, size_t from, size_t to) {
    const auto rows = static_cast<int64_t>(to - from);
    const auto bytes = static_cast<int64_t>(all.ends[to - 1] - all.begin(from));
    std::apply([&](auto&... builder) { (Reserve(builder, rows, bytes), ...); }, builders_);
    for (size_t i = from; i < to; ++i) {
      const size_t begin = all.begin(i), size = all.ends[i] - begin;
      simdjson::ondemand::document document;
      simdjson::ondemand::object object;
      const simdjson::padded_string_view text(all.bytes.data() + begin, size, size + kSpareBytes);
      const bool good =
          !parser_.iterate(text).get(document) && !document.get_object().get(object) &&
          std::apply([&](auto&... builder) { return (Field<Columns>(object, builder) && ...); }, builders_);
      if (!good) Die("record {} is not of this load: {}", i, std::string_view(all.bytes.data() + begin, size));
    }
    std::vector<std::shared_ptr<arrow::Array>> arrays;
    std::apply([&](auto&... builder) { (arrays.push_back(*builder.Finish()), ...); }, builders_);
    return arrow::RecordBatch::Make(schema_, rows, std::move(arrays));
  }

 private:
  static constexpr int64_t kShareOfOneText = 6;  // of a record's bytes

  template <class Builder>
  static void Reserve(Builder& builder, int64_t rows, int64_t bytes) {
    arrow::Status status = builder.Reserve(rows);
    if constexpr (std::is_same_v<Builder, arrow::StringBuilder>) {
      if (status.ok()) status = builder.ReserveData(bytes / kShareOfOneText);
    }
    if (!status.ok()) Die("{}", status.ToString());
  }
  template <class Column, class Builder>
  static bool Field(simdjson::ondemand::object& object, Builder& builder) {
    simdjson::ondemand::value value;
    return !object.find_field(Column::name).get(value) && Read(value, builder);
  }

  std::shared_ptr<arrow::Schema> schema_;
  std::tuple<typename Columns::Builder...> builders_{
      typename Columns::Builder(TypeOf<typename Columns::Builder>(), arrow::default_memory_pool())...};
  simdjson::ondemand::parser parser_;
};

// The loads of bench/run.
using Sensor =
    Rows<Column<"sensor_id", arrow::StringBuilder>, Column<"timestamp", arrow::TimestampBuilder, kHardlyRepeated>,
         Column<"reading", arrow::DoubleBuilder>>;
using Events = Rows<Column<"id", arrow::Int64Builder, kHardlyRepeated>, Column<"user", arrow::StringBuilder>,
                    Column<"kind", arrow::StringBuilder>, Column<"at", arrow::TimestampBuilder, kHardlyRepeated>,
                    Column<"country", arrow::StringBuilder>, Column<"amount", arrow::DoubleBuilder, kHardlyRepeated>,
                    Column<"mobile", arrow::BooleanBuilder>, Column<"millis", arrow::Int32Builder>>;

// Calls use(rows) with the Rows of the load.
template <class Use>
void WithLoad(std::string_view load, Use use) {
  if (load == "sensor") return use(Sensor());
  if (load == "events") return use(Events());
  Die("unknown load {}: sensor or events", load);
}

}  // namespace ceilings
