// A stream of JSON records, one a line: whatever they hold, decoding them in one batch, one by one and in pairs gives
// the same schema, rows and bad records, and every array is valid.
#include <string>

#include "decode/json_stream_support.h"
#include "fuzz.h"

namespace {

using frazil::decode::DecoderOptions;
using frazil::decode::Optional;
using frazil::fuzz::Check;
using frazil::iceberg::Type;
using frazil::iceberg::TypeKind;

const std::vector<frazil::iceberg::Field>& Columns() {
  static const auto* const columns = [] {
    auto* all = new std::vector<frazil::iceberg::Field>;
    for (int kind = 0; kind <= static_cast<int>(TypeKind::kBinary); ++kind) {
      const auto k = static_cast<TypeKind>(kind);
      const auto type = k == TypeKind::kDecimal ? Type::Decimal(20, 3)
                        : k == TypeKind::kFixed ? Type::Fixed(3)
                                                : Type::Primitive(k);
      all->push_back(Optional(type->ToString(), type));
    }
    const auto text = Type::Primitive(TypeKind::kString);
    all->push_back(Optional("s", Type::Struct({Optional("a", text), Optional("b", Type::Primitive(TypeKind::kLong))})));
    all->push_back(Optional("l", Type::List(0, Type::Struct({Optional("a", text)}), false)));
    all->push_back(Optional("m", Type::Map(0, text, 0, Type::Struct({Optional("a", text)}), false)));
    return all;
  }();
  return *columns;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  DecoderOptions options;
  options.add_columns = (data[0] & 1) == 0;
  options.infer_time = (data[0] & 2) != 0;
  if ((data[0] & 4) != 0) options.max_columns = frazil::iceberg::PlainColumns(*Type::Struct(Columns())) + 2;
  std::vector<std::optional<std::string>> values{std::string()};
  for (size_t i = 1; i < size; ++i) {
    if (data[i] == '\n') {
      values.emplace_back(std::string());
    } else {
      values.back()->push_back(static_cast<char>(data[i]));
    }
  }
  if (values.size() > 16) return 0;
  std::vector<size_t> singles, pairs;
  for (size_t i = 1; i <= values.size(); ++i) {
    singles.push_back(i);
    if (i % 2 == 0 || i == values.size()) pairs.push_back(i);
  }
  const auto whole = frazil::decode::RunStream(Columns(), values, {values.size()}, options);
  for (const auto& ends : {singles, pairs}) {
    const auto parts = frazil::decode::RunStream(Columns(), values, ends, options);
    Check(parts.schema == whole.schema, "batches make no difference to the schema");
    Check(parts.rows == whole.rows, "batches make no difference to rows");
    Check(parts.bad.size() == whole.bad.size(), "batches make no difference to what is bad");
  }
  return 0;
}
