// The JSON decoder (docs/json.md).
#include <fmt/core.h>

#include <memory>
#include <utility>

#include "decode/json_format.h"
#include "decode/json_growth.h"
#include "decode/json_rows.h"
#include "decode/payload_decoder.h"

namespace frazil::decode {
namespace {

class JsonReader {
 public:
  JsonReader(const DecoderOptions& options, const std::vector<std::string>& reserved)
      : rows_({options.add_columns, reserved, options.on_unknown_field, options.on_type_conflict,
               options.unknown_fields_column}),
        growth_(options, reserved) {}

  Status Prepare(const record::RecordBatch& /*batch*/) {
    rows_.Forget();
    return {};
  }
  void Tell(Decoded& decoded) const {
    decoded.fields = rows_.counts();
    for (const std::string& name : rows_.left_out()) {
      decoded.remarks.push_back(
          fmt::format("field '{}' has no column and is left out (`on_unknown_field: ignore`)", name));
    }
  }
  PayloadOutcome Append(std::string_view value, Column& root) {
    grew_ = false;
    return rows_.Append(value, root);
  }
  bool Grow(std::string_view value, Column& root, ColumnGrowth& growth) {
    if (rows_.wish().column != nullptr) {
      growth.Fulfil(rows_.wish());
      return true;
    }
    grew_ = true;
    return growth_.Grow(value, root, growth.added);
  }
  const std::string& reason() const { return grew_ ? growth_.reason() : rows_.reason(); }
  void Forget() {}
  static std::string AboutTimes(EpochUnit unit) {
    return fmt::format("; integers are taken for {} since 1970: if they are others, say so with `time_unit:`",
                       ToString(unit));
  }

 private:
  JsonRows rows_;
  JsonGrowth growth_;
  bool grew_ = false;  // growth_ was asked last
};

}  // namespace

Result<std::unique_ptr<Decoder>> MakeJsonDecoder(const DecoderTable& table, const DecoderOptions& options,
                                                 const RefusedColumns* refused) {
  FRAZIL_ASSIGN_OR_RETURN(auto layout, MakeLayout(table, options));
  return std::make_unique<PayloadDecoder<JsonReader>>(std::move(layout), options, refused);
}

}  // namespace frazil::decode
