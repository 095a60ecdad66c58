#include "parquet/column_statistics.h"

#include <arrow/util/utf8.h>
#include <parquet/column_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>

#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <type_traits>

#include "common/decimal.h"
#include "parquet/single_value.h"

namespace frazil::parquet {
namespace {

namespace pq = ::parquet;
using iceberg::Literal;
using iceberg::TypeKind;

bool IsNan(const Literal& value) {
  if (const auto* number = std::get_if<float>(&value)) return std::isnan(*number);
  if (const auto* number = std::get_if<double>(&value)) return std::isnan(*number);
  return false;
}

// Decodes one column. The library represents its values as T.
template <class DType>
class Decoder {
 public:
  using T = typename DType::c_type;

  Decoder(pq::TypedColumnReader<DType>& reader, const iceberg::Type* type, const TakeValue& each)
      : reader_(reader), column_(*reader.descr()), type_(type), each_(each) {}

  Result<ColumnStatistics> Run() {
    int64_t nulls = 0;
    while (reader_.HasNext()) {
      int64_t count = 0;
      const int64_t levels =
          reader_.ReadBatch(kBatch, definitions_.data(), repetitions_.data(), values_.data(), &count);
      if (levels == 0) return Fail(ErrorKind::kCorrupt, "a page ends before its values do");
      statistics_.values += levels;
      nulls += levels - count;
      if (type_ == nullptr) continue;
      for (int64_t i = 0; i < count; ++i) FRAZIL_RETURN_IF_ERROR(Take(values_[static_cast<size_t>(i)]));
    }
    statistics_.nulls = nulls;
    if (each_ && nulls > 0) FRAZIL_RETURN_IF_ERROR(each_(Literal()));
    if (least_) {
      FRAZIL_ASSIGN_OR_RETURN(statistics_.lower, ToLiteral(*least_));
    }
    if (greatest_) {
      FRAZIL_ASSIGN_OR_RETURN(statistics_.upper, ToLiteral(*greatest_));
    }
    return std::move(statistics_);
  }

 private:
  static constexpr int64_t kBatch = 1024;
  static constexpr bool kIsBytes = std::is_same_v<T, pq::ByteArray> || std::is_same_v<T, pq::FixedLenByteArray>;
  static constexpr bool kHasOrder = !std::is_same_v<T, pq::Int96>;
  // A copy that outlives the page.
  using Kept = std::conditional_t<kIsBytes, std::string, T>;

  std::string_view View(const T& value) const {
    if constexpr (std::is_same_v<T, pq::ByteArray>) {
      return {reinterpret_cast<const char*>(value.ptr), value.len};
    } else if constexpr (std::is_same_v<T, pq::FixedLenByteArray>) {
      return {reinterpret_cast<const char*>(value.ptr), static_cast<size_t>(column_.type_length())};
    } else {
      return {reinterpret_cast<const char*>(&value), sizeof(value)};
    }
  }

  Result<Literal> ToLiteral(const Kept& value) const {
    if constexpr (kIsBytes) {
      return FromPlain(*type_, column_, value);
    } else {
      return FromPlain(*type_, column_, View(value));
    }
  }

  // The order of bounds: -0.0 comes before 0.0. Bytes compare unsigned, except for decimals.
  bool IsLess(const T& a, const Kept& b) const {
    if constexpr (kIsBytes) {
      if (type_->kind() == TypeKind::kDecimal) return DecimalFromBytes(View(a)) < DecimalFromBytes(b);
      return View(a) < std::string_view(b);
    } else if constexpr (std::is_floating_point_v<T>) {
      return a < b || (a == b && std::signbit(a) && !std::signbit(b));
    } else {
      return a < b;
    }
  }
  bool IsGreater(const T& a, const Kept& b) const {
    if constexpr (kIsBytes) {
      if (type_->kind() == TypeKind::kDecimal) return DecimalFromBytes(b) < DecimalFromBytes(View(a));
      return std::string_view(b) < View(a);
    } else if constexpr (std::is_floating_point_v<T>) {
      return b < a || (a == b && std::signbit(b) && !std::signbit(a));
    } else {
      return b < a;
    }
  }

  Status Take(const T& value) {
    if constexpr (kHasOrder) {
      return TakeOrdered(value);
    } else {
      return {};
    }
  }

  Status TakeOrdered(const T& value) {
    if (each_ && (!last_ || View(value) != LastView())) {
      last_ = Keep(value);
      FRAZIL_ASSIGN_OR_RETURN(const Literal literal, ToLiteral(*last_));
      FRAZIL_RETURN_IF_ERROR(each_(literal));
    }
    if constexpr (std::is_floating_point_v<T>) {
      if (std::isnan(value)) {
        ++*statistics_.nans;
        return {};
      }
    }
    if constexpr (std::is_same_v<T, pq::ByteArray>) {
      if (type_->kind() == TypeKind::kString && !arrow::util::ValidateUTF8(value.ptr, value.len)) {
        return Fail(ErrorKind::kCorrupt, "a string that is no UTF-8");
      }
    }
    if (!least_ || IsLess(value, *least_)) least_ = Keep(value);
    if (!greatest_ || IsGreater(value, *greatest_)) greatest_ = Keep(value);
    return {};
  }

  Kept Keep(const T& value) const {
    if constexpr (kIsBytes) {
      return std::string(View(value));
    } else {
      return value;
    }
  }
  std::string_view LastView() const {
    if constexpr (kIsBytes) {
      return *last_;
    } else {
      return View(*last_);
    }
  }

  pq::TypedColumnReader<DType>& reader_;
  const pq::ColumnDescriptor& column_;
  const iceberg::Type* type_;
  const TakeValue& each_;
  ColumnStatistics statistics_;
  std::optional<Kept> last_, least_, greatest_;
  std::array<int16_t, kBatch> definitions_;
  std::array<int16_t, kBatch> repetitions_;
  std::array<T, kBatch> values_;
};

template <class DType>
Result<ColumnStatistics> Decode(pq::ColumnReader& reader, const iceberg::Type* type, const TakeValue& each) {
  return std::make_unique<Decoder<DType>>(static_cast<pq::TypedColumnReader<DType>&>(reader), type, each)->Run();
}

}  // namespace

void ColumnStatistics::Add(const iceberg::Type& type, const ColumnStatistics& other) {
  bytes += other.bytes;
  values += other.values;
  nulls = nulls && other.nulls ? std::optional(*nulls + *other.nulls) : std::nullopt;
  nans = nans && other.nans ? std::optional(*nans + *other.nans) : std::nullopt;
  lower_known &= other.lower_known;
  upper_known &= other.upper_known;
  if (other.lower && (!lower || Compare(type, *other.lower, *lower) < 0)) lower = other.lower;
  if (other.upper && (!upper || Compare(type, *other.upper, *upper) > 0)) upper = other.upper;
}

Result<ColumnStatistics> StatisticsOf(const pq::ColumnChunkMetaData& chunk, const pq::ColumnDescriptor& column,
                                      const iceberg::Type& type, std::optional<int64_t> nans, bool bounded) {
  ColumnStatistics of;
  of.bytes = chunk.total_compressed_size();
  of.values = chunk.num_values();
  of.nans = nans;
  const auto told = chunk.encoded_statistics();
  if (told == nullptr || !told->has_null_count) {
    of.nulls.reset();
    of.lower_known = of.upper_known = false;
    return of;
  }
  of.nulls = told->null_count;
  const bool only_nulls_and_nans = told->null_count + nans.value_or(0) == of.values;
  if (!bounded || only_nulls_and_nans) return of;
  // NaN is never a bound. Parquet widens a minimum of zero to -0.0, and a maximum of zero to +0.0. This is kept,
  // because it is right for readers that tell the zeros apart and for those that do not.
  const auto take = [&](bool has, const std::string& bytes, bool& known, std::optional<Literal>& bound) -> Status {
    known = has;
    if (!has) return {};
    FRAZIL_ASSIGN_OR_RETURN(Literal value, FromPlain(type, column, bytes));
    known = !IsNan(value);
    if (known) bound = std::move(value);
    return {};
  };
  FRAZIL_RETURN_IF_ERROR(take(told->has_min, told->min(), of.lower_known, of.lower));
  FRAZIL_RETURN_IF_ERROR(take(told->has_max, told->max(), of.upper_known, of.upper));
  return of;
}

Result<ColumnStatistics> DecodeStatistics(pq::ColumnReader& reader, const iceberg::Type* type, const TakeValue& each) {
  switch (reader.type()) {
    case pq::Type::BOOLEAN:
      return Decode<pq::BooleanType>(reader, type, each);
    case pq::Type::INT32:
      return Decode<pq::Int32Type>(reader, type, each);
    case pq::Type::INT64:
      return Decode<pq::Int64Type>(reader, type, each);
    case pq::Type::FLOAT:
      return Decode<pq::FloatType>(reader, type, each);
    case pq::Type::DOUBLE:
      return Decode<pq::DoubleType>(reader, type, each);
    case pq::Type::BYTE_ARRAY:
      return Decode<pq::ByteArrayType>(reader, type, each);
    case pq::Type::FIXED_LEN_BYTE_ARRAY:
      return Decode<pq::FLBAType>(reader, type, each);
    case pq::Type::INT96:
      return Decode<pq::Int96Type>(reader, /*type=*/nullptr, each);
    default:
      return Fail(ErrorKind::kCorrupt, "a column of unknown physical type");
  }
}

}  // namespace frazil::parquet
