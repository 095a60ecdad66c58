#include "decode/avro_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "common/text/shown.h"
#include "decode/column_reason.h"
#include "iceberg/type_text.h"

namespace frazil::decode {
namespace {

using avro::Kind;
using avro::LogicalType;
using avro::Node;
using iceberg::TypeKind;
using Op = AvroStep::Op;

// Nested unions of records could need an exponential number of steps.
constexpr int kMostSteps = 1'000'000;

std::string Path(const Column& above, const std::string& name) {
  const std::string full = above.FullName();
  return full.empty() ? name : full + "." + name;
}

// The number of units per second in the writer's times and timestamps; nullopt for other types.
std::optional<int64_t> UnitsPerSecond(const Node& node) {
  switch (node.logical_type) {
    case LogicalType::kTimeMillis:
    case LogicalType::kTimestampMillis:
    case LogicalType::kLocalTimestampMillis:
      return 1'000;
    case LogicalType::kTimeMicros:
    case LogicalType::kTimestampMicros:
    case LogicalType::kLocalTimestampMicros:
      return 1'000'000;
    case LogicalType::kTimestampNanos:
    case LogicalType::kLocalTimestampNanos:
      return 1'000'000'000;
    default:
      return std::nullopt;
  }
}

bool IsTimeOfDay(const Node& node) {
  return node.logical_type == LogicalType::kTimeMillis || node.logical_type == LogicalType::kTimeMicros;
}

class Planner {
 public:
  explicit Planner(AvroPlan& plan) : plan_(plan) {}

  AvroStep StepFor(const Node& node, Column& column) {
    AvroStep step;
    step.node = &node;
    step.column = &column;
    if (plan_.too_large || ++steps_ > kMostSteps) {
      plan_.too_large = true;
      return step;
    }
    switch (node.kind) {
      case Kind::kNull:
        step.op = Op::kNull;
        return step;
      case Kind::kUnion:
        step.op = Op::kUnion;
        for (const Node* branch : node.children) step.below.push_back(StepFor(*branch, column));
        return step;
      case Kind::kRecord:
        return column.kind() == TypeKind::kStruct ? RecordStep(std::move(step)) : Other(std::move(step));
      case Kind::kArray:
        if (column.kind() != TypeKind::kList) return Other(std::move(step));
        step.op = Op::kArray;
        step.below.push_back(StepFor(node.items(), column.child(0)));
        return step;
      case Kind::kMap:
        if (column.kind() != TypeKind::kMap || column.child(0).kind() != TypeKind::kString) {
          return Other(std::move(step));
        }
        step.op = Op::kMap;
        step.below.push_back(StepFor(node.values(), column.child(1)));
        return step;
      default:
        return PlainStep(std::move(step));
    }
  }

 private:
  static AvroStep Impossible(AvroStep step, std::string_view why) {
    step.op = Op::kImpossible;
    step.why = why;
    return step;
  }
  static AvroStep Other(AvroStep step) {
    std::string why = fmt::format(
        "field '{}' is {} in the writer's schema, but its column is {}; a column cannot become another "
        "type: declare it under `schema:` and feed a new table, or first rename this table's column with "
        "another engine",
        Shown(step.column->FullName()), DescribeAvro(*step.node), TypeText(step.column->type()));
    return Impossible(std::move(step), why);
  }

  AvroStep RecordStep(AvroStep step) {
    step.op = Op::kRecord;
    Column& into = *step.column;
    std::vector<bool> known(into.child_count());
    for (const avro::NodeField& field : step.node->fields) {
      const uint32_t index = into.Find(field.name);
      if (index != Column::kNone && known[index]) {
        AvroStep twice;
        twice.node = field.type;
        twice.column = &into.child(index);
        step.below.push_back(Impossible(std::move(twice), RenamedTwice(into.child(index))));
        continue;
      }
      if (index != Column::kNone) {
        known[index] = true;
        step.below.push_back(StepFor(*field.type, into.child(index)));
        continue;
      }
      AvroStep skip;
      skip.node = field.type;
      step.below.push_back(std::move(skip));
      const auto wanted = AvroColumnType(*field.type);
      if (!wanted || *wanted != nullptr) plan_.no_column.push_back(Path(into, field.name));
    }
    for (size_t i = 0; i < known.size(); ++i) {
      if (!known[i]) step.absent.push_back(&into.child(i));
    }
    return step;
  }

  // The step for a type that contains no other types.
  AvroStep PlainStep(AvroStep step) {
    const auto become = [&](Op op) {
      step.op = op;
      return std::move(step);
    };
    const Node& node = *step.node;
    const Column& column = *step.column;
    const bool integer = node.kind == Kind::kInt || node.kind == Kind::kLong;
    const bool floating = node.kind == Kind::kFloat || node.kind == Kind::kDouble;
    const bool bytes = node.kind == Kind::kBytes || node.kind == Kind::kString;
    const auto per_second = UnitsPerSecond(node);
    switch (column.kind()) {
      case TypeKind::kBoolean:
        return node.kind == Kind::kBoolean ? become(Op::kBoolean) : Other(std::move(step));
      case TypeKind::kInt:
        if (!integer) break;
        return become(node.kind == Kind::kInt ? Op::kIntToInt : Op::kLongToInt);
      case TypeKind::kLong:
        if (!integer) break;
        return become(Op::kLong);
      case TypeKind::kFloat:
        if (integer) return become(Op::kIntegerToFloat);
        if (floating) return become(node.kind == Kind::kFloat ? Op::kFloat : Op::kDoubleToFloat);
        break;
      case TypeKind::kDouble:
        if (integer) return become(Op::kIntegerToDouble);
        if (floating) return become(node.kind == Kind::kFloat ? Op::kFloatToDouble : Op::kDouble);
        break;
      case TypeKind::kDecimal:
        if (node.logical_type == LogicalType::kDecimal) {
          return become(node.kind == Kind::kFixed ? Op::kDecimalFixed : Op::kDecimal);
        }
        if (integer && node.logical_type == LogicalType::kNone) return become(Op::kIntegerToDecimal);
        break;
      case TypeKind::kString:
        if (node.kind == Kind::kEnum) return become(Op::kEnum);
        if (node.kind == Kind::kString) return become(Op::kText);
        break;
      case TypeKind::kBinary:
        if (bytes) return become(Op::kBytes);
        if (node.kind == Kind::kFixed) return become(Op::kFixed);
        break;
      case TypeKind::kFixed:
        if (node.kind == Kind::kFixed && node.size == column.type().length()) return become(Op::kFixed);
        break;
      case TypeKind::kUuid:
        if (node.kind == Kind::kFixed && node.size == 16) return become(Op::kFixed);
        if (node.kind == Kind::kString) return become(Op::kUuidText);
        break;
      case TypeKind::kDate:
        if (node.kind == Kind::kInt && !per_second) return become(Op::kIntToInt);
        break;
      case TypeKind::kTime:
        if (!IsTimeOfDay(node)) break;
        step.factor = 1'000'000 / *per_second;
        return become(Op::kScaled);
      case TypeKind::kTimestamp:
      case TypeKind::kTimestampTz:
      case TypeKind::kTimestampNs:
      case TypeKind::kTimestampTzNs: {
        if (!integer || IsTimeOfDay(node) || node.logical_type == LogicalType::kDate) break;
        if (!per_second) return become(Op::kEpoch);
        const bool nanos = column.kind() == TypeKind::kTimestampNs || column.kind() == TypeKind::kTimestampTzNs;
        const int64_t own = nanos ? 1'000'000'000 : 1'000'000;
        step.factor = std::max<int64_t>(own / *per_second, 1);
        step.divisor = std::max<int64_t>(*per_second / own, 1);
        return become(Op::kScaled);
      }
      default:
        break;
    }
    return Other(std::move(step));
  }

  AvroPlan& plan_;
  int steps_ = 0;
};

}  // namespace

AvroPlan MakeAvroPlan(const Node& writer, Column& root) {
  AvroPlan plan;
  AvroStep step = Planner(plan).StepFor(writer, root);
  plan.root = std::move(step);
  return plan;
}

std::string DescribeAvro(const Node& node) {
  const auto logical = node.attributes.find("logicalType");
  const std::string name = node.name.empty() ? "" : " " + Shown(node.name);
  if (node.logical_type == LogicalType::kNone || logical == node.attributes.end()) {
    return fmt::format("Avro's {}{}", ToString(node.kind), name);
  }
  return fmt::format("Avro's {}{} of logical type {}", ToString(node.kind), name, Shown(logical->second));
}

}  // namespace frazil::decode
