#include "decode/avro_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/text/shown.h"
#include "decode/column_growth.h"
#include "decode/column_reason.h"
#include "decode/payload_form.h"

namespace frazil::decode {
namespace {

using avro::Kind;
using avro::Node;
using iceberg::TypeKind;

// An enum's symbol takes one byte in a payload but its whole text in a column. This limits how much a record may grow
// by it.
bool TooManySymbols(int64_t bytes, size_t record) {
  constexpr int64_t kTimes = 64, kFew = 4 << 10, kMost = 256 << 20;
  return bytes > std::min(kMost, kFew + kTimes * static_cast<int64_t>(record));
}

}  // namespace

AvroReader::AvroReader(const DecoderOptions& options, std::vector<std::string> reserved, AvroSchemas schemas)
    : schemas_(std::move(schemas)),
      add_columns_(options.add_columns),
      on_unknown_field_(options.on_unknown_field),
      reserved_(std::move(reserved)) {
  if (schemas_.only == nullptr) return;
  auto writer = std::make_unique<Writer>();
  writer->schema = schemas_.only;
  last_ = writer.get();
  writers_.emplace(0, std::move(writer));
}

Status AvroReader::Prepare(const record::RecordBatch& batch) {
  counts_ = {};
  if (schemas_.registry == nullptr) return {};
  // Schemas that were unknown may be registered by now.
  std::erase_if(writers_, [](const auto& writer) { return writer.second->schema == nullptr; });
  last_ = nullptr;
  uint32_t last_id = 0;
  bool any = false;
  for (const record::RecordView& record : batch.records) {
    const auto framed = ReadFrame(record.value);
    if (!framed || (any && framed->schema_id == last_id)) continue;
    any = true;
    last_id = framed->schema_id;
    auto& writer = writers_[last_id];
    if (writer != nullptr) continue;
    writer = std::make_unique<Writer>();
    auto answer = schemas_.registry->Find(last_id);
    if (!answer) {
      writers_.erase(last_id);
      return tl::unexpected<Error>(std::move(answer).error());
    }
    writer->schema = answer->schema;
    writer->why = answer->why;
  }
  return {};
}

AvroReader::Writer* AvroReader::WriterOf(std::string_view& value) {
  if (schemas_.registry == nullptr) return last_;
  const auto framed = ReadFrame(value);
  if (!framed) {
    const std::string form = DescribeForm(value);
    reason_ = fmt::format(
        "the value does not begin with a zero byte and the id of a schema, as payloads of a schema "
        "registry do{}",
        form.empty() ? "" : "; it " + form);
    return nullptr;
  }
  value = framed->payload;
  if (last_ == nullptr || last_id_ != framed->schema_id) {
    last_ = writers_.at(framed->schema_id).get();
    last_id_ = framed->schema_id;
  }
  if (last_->schema == nullptr) {
    reason_ = last_->why;
    return nullptr;
  }
  return last_;
}

void AvroReader::Plan(Writer& writer, Column& root) {
  writer.plan = MakeAvroPlan(writer.schema->root(), root);
  writer.planned = true;
  writer.refused.clear();
  if (writer.plan.too_large) {
    writer.refused = "its schema has unions within unions that hold too many types";
    return;
  }
  if (writer.plan.no_column.empty()) return;
  const auto& wanted = writer.plan.no_column;
  const auto taken = std::find_first_of(wanted.begin(), wanted.end(), reserved_.begin(), reserved_.end());
  if (taken != wanted.end()) {
    writer.refused = IsMetadataColumn(*taken);
  } else if (on_unknown_field_ == OnUnknownField::kFail) {
    writer.refused = NotWanted(root, wanted.front());
  } else if (on_unknown_field_ == OnUnknownField::kEvolve && !add_columns_) {
    writer.refused = NotAllowedInStrictMode(root, wanted.front());
  }
}

PayloadOutcome AvroReader::Append(std::string_view value, Column& root) {
  wishes_ = false;
  Writer* const writer = WriterOf(value);
  if (writer == nullptr) return PayloadOutcome::kBad;
  if (!writer->planned) [[unlikely]]
    Plan(*writer, root);
  if (!writer->refused.empty()) [[unlikely]] {
    reason_ = writer->refused;
    return PayloadOutcome::kBad;
  }
  const bool lacks = !writer->plan.no_column.empty();
  if (lacks && on_unknown_field_ == OnUnknownField::kEvolve) [[unlikely]]
    return PayloadOutcome::kGrows;
  if (!rows_.Append(value, writer->plan)) {
    wishes_ = rows_.wish().column != nullptr;
    if (wishes_) return PayloadOutcome::kGrows;
    reason_ = rows_.reason();
    return PayloadOutcome::kBad;
  }
  if (TooManySymbols(rows_.symbol_bytes(), value.size())) {
    reason_ = "its enum symbols take far more room as text than the record";
    return PayloadOutcome::kBad;
  }
  if (lacks) [[unlikely]]
    counts_.left_out += static_cast<int64_t>(writer->plan.no_column.size());
  return PayloadOutcome::kRow;
}

bool AvroReader::Grow(std::string_view value, Column& root, ColumnGrowth& growth) {
  if (wishes_) {
    growth.Fulfil(rows_.wish());
    Forget();
    return true;
  }
  std::vector<Column*>& added = growth.added;
  Writer* const writer = WriterOf(value);
  if (writer == nullptr) return false;
  const size_t kept = added.size();
  const bool grown = GrowStruct(writer->schema->root(), root, added);
  if (!grown) RemoveColumns(added, kept);
  Forget();
  return grown;
}

bool AvroReader::GrowStruct(const Node& record, Column& into, std::vector<Column*>& added) {
  for (const avro::NodeField& member : record.fields) {
    const uint32_t index = into.Find(member.name);
    if (index != Column::kNone) {
      if (!GrowInto(*member.type, into.child(index), added)) return false;
      continue;
    }
    auto type = AvroColumnType(*member.type);
    if (!type) {
      reason_ =
          fmt::format("field '{}' has no column and cannot have one: {}", Shown(member.name), type.error().message);
      return false;
    }
    if (*type == nullptr) continue;
    iceberg::Field field;
    field.name = member.name;
    field.type = *std::move(type);
    added.push_back(&into.AddChild(FieldsNow({std::move(field)}, into.renames()).front()));
  }
  return true;
}

bool AvroReader::GrowInto(const Node& node, Column& into, std::vector<Column*>& added) {
  if (node.kind == Kind::kUnion) {
    return std::all_of(node.children.begin(), node.children.end(),
                       [&](const Node* branch) { return GrowInto(*branch, into, added); });
  }
  if (node.kind == Kind::kRecord && into.kind() == TypeKind::kStruct) return GrowStruct(node, into, added);
  if (node.kind == Kind::kArray && into.kind() == TypeKind::kList) return GrowInto(node.items(), into.child(0), added);
  if (node.kind == Kind::kMap && into.kind() == TypeKind::kMap) return GrowInto(node.values(), into.child(1), added);
  return true;
}

void AvroReader::Forget() {
  for (auto& [id, writer] : writers_) writer->planned = false;
}

}  // namespace frazil::decode
