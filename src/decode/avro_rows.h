// Appends Avro records to columns. This is the hot path of the Avro decoder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "avro/binary.h"
#include "common/int128.h"
#include "decode/avro_plan.h"
#include "decode/column.h"
#include "decode/column_growth.h"

namespace frazil::decode {

// Not thread-safe.
class AvroRows {
 public:
  // Appends the record in `bytes` to the plan's columns. Returns false if it is bad: reason() says why, and the columns
  // hold a part of the row, so truncate them.
  bool Append(std::string_view bytes, const AvroPlan& plan);
  const std::string& reason() const { return reason_; }
  // After false: what a column must become for the record to be a row; nothing where it is bad.
  const ColumnWish& wish() const { return wish_; }
  // How many bytes of text the last record has produced from symbols of enums.
  int64_t symbol_bytes() const { return symbol_bytes_; }

 private:
  bool Read(const AvroStep& step, avro::BinaryReader& reader);
  bool ReadRecord(const AvroStep& step, avro::BinaryReader& reader);
  bool ReadArray(const AvroStep& step, avro::BinaryReader& reader);
  bool ReadMap(const AvroStep& step, avro::BinaryReader& reader);
  bool ReadDecimal(const AvroStep& step, std::string_view bytes);
  bool AppendDecimal(const AvroStep& step, Int128 unscaled, int scale);
  bool ReadScaled(const AvroStep& step, int64_t number);
  bool AppendNull(Column& column, std::string_view state);
  bool AppendText(const AvroStep& step, std::string_view text, Column& column);
  bool Bad(std::string reason);
  bool Wish(Column& column, iceberg::TypePtr type);
  bool DoesNotFit(const AvroStep& step, std::string_view value, std::string_view why);

  std::string reason_;
  std::vector<std::string_view> keys_;  // the keys of the maps that are being read
  int64_t symbol_bytes_ = 0;
  ColumnWish wish_;
};

}  // namespace frazil::decode
