#include "decode/column.h"

#include <arrow/array/data.h>
#include <arrow/type.h>

#include <algorithm>
#include <utility>

namespace frazil::decode {
namespace {

using iceberg::TypeKind;

int Width(const iceberg::Type& type) {
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return 1;
    case TypeKind::kInt:
    case TypeKind::kFloat:
    case TypeKind::kDate:
      return 4;
    case TypeKind::kLong:
    case TypeKind::kDouble:
    case TypeKind::kTime:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTzNs:
      return 8;
    case TypeKind::kDecimal:
    case TypeKind::kUuid:
      return 16;
    case TypeKind::kFixed:
      return type.length();
    default:
      return 0;
  }
}

bool HasOffsets(TypeKind kind) {
  return kind == TypeKind::kString || kind == TypeKind::kBinary || kind == TypeKind::kList || kind == TypeKind::kMap;
}

template <class T>
bool AnyOutside(const T* values, int64_t count, T least, T most) {
  bool outside = false;
  for (int64_t i = 0; i < count; ++i) outside |= values[i] < least || values[i] > most;
  return outside;
}

// For dates, and timestamps in microseconds; timestamps in nanoseconds cannot be that far off. Nulls count as 1970.
bool HasOddYears(TypeKind kind, const ByteBuffer& values, int64_t count) {
  constexpr int32_t kFirstDay = -719'162;  // 0001-01-01
  constexpr int32_t kLastDay = 2'932'896;  // 9999-12-31
  switch (kind) {
    case TypeKind::kDate:
      return AnyOutside(values.As<int32_t>(), count, kFirstDay, kLastDay);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
      return AnyOutside(values.As<int64_t>(), count, kFirstDay * kMicrosPerDay, (kLastDay + 1) * kMicrosPerDay - 1);
    default:
      return false;
  }
}

template <class From, class To>
void Convert(ByteBuffer& values) {
  ByteBuffer converted;
  const auto count = values.size() / static_cast<int64_t>(sizeof(From));
  converted.Reserve(count * static_cast<int64_t>(sizeof(To)));
  for (int64_t i = 0; i < count; ++i) converted.Push(static_cast<To>(values.As<From>()[i]));
  values = std::move(converted);
}

// Converts one byte per row (0 or 1) to one bit per row.
std::shared_ptr<arrow::Buffer> PackBits(const uint8_t* bytes, int64_t count) {
  ByteBuffer bits;
  bits.Reserve((count + 7) / 8);
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    uint64_t eight;
    std::memcpy(&eight, bytes + i, 8);
    // Collects the lowest bit of each byte in the highest byte; the first row becomes the lowest bit.
    bits.Push(static_cast<uint8_t>((eight * 0x0102040810204080ULL) >> 56));
  }
  if (i < count) {
    uint8_t last = 0;
    for (int64_t bit = 0; i + bit < count; ++bit) last |= static_cast<uint8_t>(bytes[i + bit] << bit);
    bits.Push(last);
  }
  return bits.Finish();
}

}  // namespace

Column::Column(const iceberg::Field& field, Column* parent, EpochUnit epoch_unit)
    : id_(field.id),
      name_(field.name),
      type_(field.type),
      kind_(field.type->kind()),
      required_(field.required),
      epoch_unit_(parent ? parent->epoch_unit_ : epoch_unit),
      depth_(parent ? parent->depth_ + 1 : 1),
      width_(Width(*field.type)),
      parent_(parent),
      followers_(1, kNone) {
  const bool nanos = kind_ == TypeKind::kTimestampNs || kind_ == TypeKind::kTimestampTzNs;
  const int64_t own = PerSecond(nanos ? EpochUnit::kNanos : EpochUnit::kMicros);
  const int64_t sent = PerSecond(epoch_unit_);
  epoch_factor_ = std::max<int64_t>(own / sent, 1);
  epoch_divisor_ = std::max<int64_t>(sent / own, 1);
  const auto plain = [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != '"' && c != '\\'; };
  if (std::all_of(name_.begin(), name_.end(), plain)) {
    key_ = '"' + name_ + "\":";
    key_size_ = key_.size();
  }
  key_.append(8, '\0');
  for (const iceberg::Field& below : type_->fields()) {
    children_.push_back(std::make_unique<Column>(below, this));
    AddToIndex(static_cast<uint32_t>(children_.size() - 1));
  }
  if (HasOffsets(kind_)) offsets_.Push(int32_t{0});
}

std::string Column::FullName() const {
  if (!parent_) return {};
  std::string above = parent_->FullName();
  return above.empty() ? name_ : above + "." + name_;
}

iceberg::Field Column::ToField() const {
  iceberg::Field field;
  field.name = name_;
  field.required = required_;
  switch (kind_) {
    case TypeKind::kStruct: {
      std::vector<iceberg::Field> fields;
      for (const auto& below : children_) fields.push_back(below->ToField());
      field.type = iceberg::Type::Struct(std::move(fields));
      break;
    }
    case TypeKind::kList:
      field.type = iceberg::Type::List(0, children_[0]->ToField().type, children_[0]->required_);
      break;
    case TypeKind::kMap:
      field.type =
          iceberg::Type::Map(0, children_[0]->ToField().type, 0, children_[1]->ToField().type, children_[1]->required_);
      break;
    default:
      field.type = type_;
  }
  return field;
}

uint32_t Column::Find(std::string_view name) const {
  auto found = index_.find(name);
  return found == index_.end() ? kNone : found->second;
}

void Column::AddToIndex(uint32_t index) {
  index_.emplace(children_[index]->name_, index);
  followers_.push_back(kNone);
}

uint32_t Column::FindHidden(std::string_view name) const {
  const auto found =
      std::find_if(children_.begin(), children_.end(), [&](const auto& child) { return child->name_ == name; });
  return found == children_.end() ? kNone : static_cast<uint32_t>(found - children_.begin());
}

void Column::SetFreedom(const Freedom& freedom) {
  freedom_ = freedom;
  if (freedom_.hides.empty()) return;
  for (const auto& child : children_) {
    if (child->name_.ends_with(freedom_.hides)) Hide(child->name_);
  }
}

void Column::SetRenames(const Renames* renames) {
  renames_ = renames;
  if (renames_ == nullptr) return;
  for (const auto& [before, now] : renames_->names()) {
    if (const uint32_t index = Find(now); index != kNone) index_.emplace(before, index);
  }
}

void Column::Inherit() {
  SetFreedom({.evolves = parent_->freedom_.evolves, .hides = parent_->freedom_.hides});
  SetRenames(parent_->renames_ == nullptr ? nullptr : parent_->renames_->Below(name_));
  for (auto& below : children_) below->Inherit();
}

void Column::Become(iceberg::TypePtr type, bool required) {
  const TypeKind before = kind_;
  type_ = std::move(type);
  kind_ = type_->kind();
  required_ = required;
  width_ = Width(*type_);
  if (before == TypeKind::kInt && kind_ == TypeKind::kLong) Convert<int32_t, int64_t>(values_);
  if (before == TypeKind::kLong && kind_ == TypeKind::kInt) Convert<int64_t, int32_t>(values_);
  if (before == TypeKind::kFloat && kind_ == TypeKind::kDouble) Convert<float, double>(values_);
  if (before == TypeKind::kDouble && kind_ == TypeKind::kFloat) Convert<double, float>(values_);
}

Column& Column::AddChild(const iceberg::Field& field) {
  children_.push_back(std::make_unique<Column>(field, this));
  AddToIndex(static_cast<uint32_t>(children_.size() - 1));
  Column& added = *children_.back();
  added.Inherit();
  SetRenames(renames_);
  SetFreedom(freedom_);
  for (int64_t i = 0; i < length_; ++i) added.AppendNull();
  return added;
}

void Column::RemoveLastChildren(size_t count) {
  for (; count > 0; --count) {
    const auto last = static_cast<uint32_t>(children_.size() - 1);
    if (renames_ == nullptr) {
      index_.erase(children_.back()->name_);
    } else {
      std::erase_if(index_, [&](const auto& entry) { return entry.second == last; });
    }
    children_.pop_back();
  }
  followers_.assign(children_.size() + 1, kNone);
}

void Column::ReserveRows(int64_t rows, int64_t bytes) {
  values_.Reserve(rows * width_);
  if (HasOffsets(kind_)) offsets_.Reserve(rows * static_cast<int64_t>(sizeof(int32_t)));
  if (width_ == 0) values_.Reserve(static_cast<int64_t>(static_cast<double>(bytes) * share_));
  reserved_bytes_ = bytes;
  if (kind_ == TypeKind::kStruct) {
    for (auto& below : children_) below->ReserveRows(rows, bytes);
  }
}

void Column::AppendBytes(std::string_view bytes) {
  values_.Push(bytes.data(), static_cast<int64_t>(bytes.size()));
  if (width_ == 0) offsets_.Push(static_cast<int32_t>(values_.size()));
  AppendValid();
}

void Column::AppendRepeated() {
  offsets_.Push(static_cast<int32_t>(children_[0]->length_));
  AppendValid();
}

void Column::AppendNull() {
  if (width_ > 0) {
    values_.PushRepeated(0, width_);
  } else if (kind_ == TypeKind::kStruct) {
    for (auto& below : children_) below->AppendNull();
  } else if (HasOffsets(kind_)) {
    offsets_.Push(offsets_.As<int32_t>()[length_]);
  }
  if (required_) {
    AppendValid();
    return;
  }
  if (null_count_ == 0) {
    validity_.Truncate(0);
    validity_.PushRepeated(1, length_);
  }
  validity_.Push(uint8_t{0});
  ++null_count_;
  ++length_;
}

const Column* Column::FillMissing() {
  const Column* required = nullptr;
  for (const auto& field : children_) {
    if (field->length_ != length_) continue;
    if (field->required_ && required == nullptr) required = field.get();
    field->AppendNull();
  }
  return required;
}

std::string_view Column::StringAt(int64_t row) const {
  const int32_t* offsets = offsets_.As<int32_t>();
  return {values_.As<char>() + offsets[row], static_cast<size_t>(offsets[row + 1] - offsets[row])};
}

void Column::Truncate(int64_t rows) {
  if (rows >= length_) {
    // A list or map may have elements of a row that was never ended.
    if (kind_ == TypeKind::kList || kind_ == TypeKind::kMap) {
      for (auto& below : children_) below->Truncate(offsets_.As<int32_t>()[length_]);
    } else if (kind_ == TypeKind::kStruct) {
      for (auto& below : children_) below->Truncate(rows);
    }
    return;
  }
  if (null_count_ > 0) {
    for (int64_t row = rows; row < length_; ++row) null_count_ -= validity_.data()[row] == 0;
    validity_.Truncate(rows);
  }
  length_ = rows;
  if (HasOffsets(kind_)) {
    offsets_.Truncate((rows + 1) * static_cast<int64_t>(sizeof(int32_t)));
    const int32_t end = offsets_.As<int32_t>()[rows];
    for (auto& below : children_) below->Truncate(end);
    if (children_.empty()) values_.Truncate(end);
  } else if (kind_ == TypeKind::kStruct) {
    for (auto& below : children_) below->Truncate(rows);
  } else {
    values_.Truncate(rows * width_);
  }
}

std::shared_ptr<arrow::ArrayData> Column::Finish(const std::shared_ptr<arrow::DataType>& type) {
  std::vector<std::shared_ptr<arrow::Buffer>> buffers{null_count_ > 0 ? PackBits(validity_.data(), length_) : nullptr};
  std::vector<std::shared_ptr<arrow::ArrayData>> below;
  odd_years_ = HasOddYears(kind_, values_, length_);
  switch (kind_) {
    case TypeKind::kBoolean:
      buffers.push_back(PackBits(values_.data(), length_));
      break;
    case TypeKind::kString:
    case TypeKind::kBinary:
      // Reserves a sixteenth more than these rows took, so that the next rows probably fit without growing.
      if (reserved_bytes_ > 0) {
        share_ = static_cast<double>(values_.size()) / static_cast<double>(reserved_bytes_) * 17 / 16;
      }
      buffers.push_back(offsets_.Finish());
      buffers.push_back(values_.Finish());
      break;
    case TypeKind::kStruct:
      for (size_t i = 0; i < children_.size(); ++i) {
        below.push_back(children_[i]->Finish(type->field(static_cast<int>(i))->type()));
      }
      break;
    case TypeKind::kList:
      buffers.push_back(offsets_.Finish());
      below.push_back(children_[0]->Finish(type->field(0)->type()));
      break;
    case TypeKind::kMap: {
      buffers.push_back(offsets_.Finish());
      const auto& entries = type->field(0)->type();  // Arrow: list of struct<key, value>
      const int64_t count = children_[0]->length_;
      std::vector<std::shared_ptr<arrow::ArrayData>> pair{children_[0]->Finish(entries->field(0)->type()),
                                                          children_[1]->Finish(entries->field(1)->type())};
      below.push_back(arrow::ArrayData::Make(entries, count, {nullptr}, std::move(pair), 0));
      break;
    }
    default:
      buffers.push_back(values_.Finish());
  }
  auto done = arrow::ArrayData::Make(type, length_, std::move(buffers), std::move(below), null_count_);
  values_.Truncate(0);
  validity_.Truncate(0);
  if (HasOffsets(kind_)) offsets_.Push(int32_t{0});
  length_ = 0;
  null_count_ = 0;
  return done;
}

}  // namespace frazil::decode
