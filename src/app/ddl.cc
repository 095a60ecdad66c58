#include "app/ddl.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "iceberg/term_text.h"
#include "iceberg/type_text.h"

namespace frazil::app {
namespace {

using iceberg::Field;
using iceberg::TypeKind;

std::string Backticked(const std::string& name) {
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(),
                                                  [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
  if (plain) return name;
  std::string quoted = "`";
  for (const char c : name) quoted += c == '`' ? "``" : std::string(1, c);
  return quoted + '`';
}

std::string Literal(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
  return quoted + '\'';
}

std::string NameOf(const catalog::TableIdent& ident) {
  std::string name;
  for (const std::string& level : ident.ns) name += Backticked(level) + ".";
  return name + Backticked(ident.name);
}

std::string SparkType(const iceberg::Type& type) {
  const auto of = [&](size_t field) { return SparkType(*type.fields()[field].type); };
  switch (type.kind()) {
    case TypeKind::kLong:
      return "BIGINT";
    case TypeKind::kTimestamp:
      return "TIMESTAMP_NTZ";
    case TypeKind::kTimestampTz:
      return "TIMESTAMP";
    case TypeKind::kTime:
    case TypeKind::kUuid:
    case TypeKind::kFixed:
      return iceberg::TypeText(type) + " /* Spark has no word for it */";
    case TypeKind::kList:
      return fmt::format("ARRAY<{}>", of(0));
    case TypeKind::kMap:
      return fmt::format("MAP<{}, {}>", of(0), of(1));
    case TypeKind::kStruct: {
      std::vector<std::string> fields;
      for (const Field& field : type.fields()) {
        fields.push_back(fmt::format("{}: {}", Backticked(field.name), SparkType(*field.type)));
      }
      return fmt::format("STRUCT<{}>", fmt::join(fields, ", "));
    }
    default: {
      std::string text = iceberg::TypeText(type);
      std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
      return text;
    }
  }
}

std::string ColumnText(const std::string& name, const Field& field) {
  return fmt::format("{} {}{}{}", name, SparkType(*field.type), field.required ? " NOT NULL" : "",
                     field.doc.empty() ? "" : " COMMENT " + Literal(field.doc));
}

std::vector<std::string> Terms(const iceberg::TableMetadata& table) {
  std::vector<std::string> terms;
  for (const auto& field : table.spec()->fields) {
    terms.push_back(ToString(iceberg::TransformTerm{table.schema()->FullName(field.source_id), field.transform}));
  }
  return terms;
}

std::vector<std::string> Order(const iceberg::TableMetadata& table) {
  std::vector<std::string> terms;
  for (const iceberg::SortOrder& order : table.sort_orders) {
    if (order.order_id != table.default_sort_order_id) continue;
    for (const auto& field : order.fields) {
      terms.push_back(
          fmt::format("{} {} NULLS {}",
                      ToString(iceberg::TransformTerm{table.schema()->FullName(field.source_id), field.transform}),
                      field.ascending ? "ASC" : "DESC", field.nulls_first ? "FIRST" : "LAST"));
    }
  }
  return terms;
}

// What `after` has in `fields` and below that `before` has not, or not so wide.
void CompareColumns(const iceberg::Schema& before, const std::vector<Field>& fields, const std::string& prefix,
                    const std::string& table, std::vector<std::string>& statements) {
  for (const Field& field : fields) {
    const std::string name = prefix + Backticked(field.name);
    const Field* old = before.FindById(field.id);
    if (old == nullptr) {
      statements.push_back(fmt::format("ALTER TABLE {} ADD COLUMN {};", table, ColumnText(name, field)));
      continue;
    }
    if (field.type->is_nested()) {
      CompareColumns(before, field.type->fields(), name + ".", table, statements);
    } else if (iceberg::TypeText(*old->type) != iceberg::TypeText(*field.type)) {
      statements.push_back(fmt::format("ALTER TABLE {} ALTER COLUMN {} TYPE {};", table, name, SparkType(*field.type)));
    }
  }
}

}  // namespace

std::string CreateTableStatement(const catalog::TableIdent& ident, const iceberg::TableMetadata& table) {
  std::vector<std::string> columns;
  for (const Field& field : table.schema()->fields()) {
    columns.push_back("  " + ColumnText(Backticked(field.name), field));
  }
  std::string statement =
      fmt::format("CREATE TABLE {} (\n{}\n) USING iceberg", NameOf(ident), fmt::join(columns, ",\n"));
  if (const auto terms = Terms(table); !terms.empty()) {
    statement += fmt::format("\nPARTITIONED BY ({})", fmt::join(terms, ", "));
  }
  std::vector<std::string> properties = {fmt::format("  'format-version' = '{}'", table.format_version)};
  for (const auto& [key, value] : table.properties) {
    properties.push_back(fmt::format("  {} = {}", Literal(key), Literal(value)));
  }
  statement += fmt::format("\nTBLPROPERTIES (\n{}\n);", fmt::join(properties, ",\n"));
  if (const auto order = Order(table); !order.empty()) {
    statement += fmt::format("\nALTER TABLE {} WRITE ORDERED BY {};", NameOf(ident), fmt::join(order, ", "));
  }
  return statement;
}

std::vector<std::string> AlterTableStatements(const catalog::TableIdent& ident, const iceberg::TableMetadata& before,
                                              const iceberg::TableMetadata& after) {
  const std::string table = NameOf(ident);
  std::vector<std::string> statements;
  CompareColumns(*before.schema(), after.schema()->fields(), "", table, statements);
  const auto old_terms = Terms(before), terms = Terms(after);
  const auto among = [](const std::vector<std::string>& all, const std::string& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  };
  for (const std::string& term : old_terms) {
    if (!among(terms, term)) statements.push_back(fmt::format("ALTER TABLE {} DROP PARTITION FIELD {};", table, term));
  }
  for (const std::string& term : terms) {
    if (!among(old_terms, term))
      statements.push_back(fmt::format("ALTER TABLE {} ADD PARTITION FIELD {};", table, term));
  }
  if (const auto order = Order(after); order != Order(before)) {
    statements.push_back(order.empty()
                             ? fmt::format("ALTER TABLE {} WRITE UNORDERED;", table)
                             : fmt::format("ALTER TABLE {} WRITE ORDERED BY {};", table, fmt::join(order, ", ")));
  }
  return statements;
}

}  // namespace frazil::app
