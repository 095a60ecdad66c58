#include "iceberg/metadata_json.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <set>

#include "iceberg/json_members.h"
#include "iceberg/metadata_parts.h"
#include "iceberg/plausible.h"
#include "iceberg/schema_json.h"
#include "io/gzip.h"

namespace frazil::iceberg {
namespace {

using json::Json;

constexpr int32_t kNewestVersion = 3;

// Members that are read into fields. All others are kept as JSON text.
constexpr std::array<std::string_view, 20> kTableMembers = {"format-version",
                                                            "table-uuid",
                                                            "location",
                                                            "last-sequence-number",
                                                            "last-updated-ms",
                                                            "last-column-id",
                                                            "schema",
                                                            "schemas",
                                                            "current-schema-id",
                                                            "partition-spec",
                                                            "partition-specs",
                                                            "default-spec-id",
                                                            "last-partition-id",
                                                            "sort-orders",
                                                            "default-sort-order-id",
                                                            "properties",
                                                            "current-snapshot-id",
                                                            "metadata-log",
                                                            "refs",
                                                            "next-row-id"};

std::map<std::string, std::string> CarriedMembers(const Json& object) {
  std::map<std::string, std::string> carried;
  for (const auto& [key, value] : object.items()) {
    if (value.is_null() || std::find(kTableMembers.begin(), kTableMembers.end(), key) != kTableMembers.end()) continue;
    carried[key] = json::Dump(value);
  }
  return carried;
}

// Fills a TableMetadata from its JSON, part by part. Each part leaves the earlier ones valid.
class MetadataReader {
 public:
  // `value` has all members except those in `history`.
  MetadataReader(const Json& value, MetadataHistory history) : value_(value) {
    table_.snapshots = std::move(history.snapshots);
    table_.snapshot_log = std::move(history.snapshot_log);
  }

  Result<TableMetadataPtr> Read() {
    FRAZIL_RETURN_IF_ERROR(ReadHeader());
    FRAZIL_RETURN_IF_ERROR(ReadSchemas());
    FRAZIL_RETURN_IF_ERROR(ReadSpecs());
    FRAZIL_RETURN_IF_ERROR(ReadSortOrders());
    FRAZIL_RETURN_IF_ERROR(ReadSnapshots());
    FRAZIL_RETURN_IF_ERROR(ReadRefs());
    FRAZIL_RETURN_IF_ERROR(ReadMetadataLog());
    FRAZIL_RETURN_IF_ERROR(CheckNumbers());
    table_.carried = CarriedMembers(value_);
    return std::make_shared<const TableMetadata>(std::move(table_));
  }

 private:
  bool v1() const { return table_.format_version == 1; }

  Status ReadHeader() {
    FRAZIL_ASSIGN_OR_RETURN(table_.format_version, json::Required<int32_t>(value_, "format-version"));
    if (table_.format_version < 1) {
      return Fail(ErrorKind::kCorrupt, "format version {} does not exist", table_.format_version);
    }
    if (table_.format_version > kNewestVersion) {
      return Fail(ErrorKind::kUnsupported, "the table has format version {}; Frazil reads versions 1 to {}",
                  table_.format_version, kNewestVersion);
    }
    FRAZIL_ASSIGN_OR_RETURN(table_.table_uuid, json::Otherwise<std::string>(value_, "table-uuid", ""));
    if (table_.table_uuid.empty() && !v1()) return Fail(ErrorKind::kCorrupt, "member \"table-uuid\" is missing");
    FRAZIL_ASSIGN_OR_RETURN(table_.location, json::Required<std::string>(value_, "location"));
    FRAZIL_ASSIGN_OR_RETURN(table_.last_updated_ms, json::Required<int64_t>(value_, "last-updated-ms"));
    FRAZIL_ASSIGN_OR_RETURN(table_.last_column_id, json::Required<int32_t>(value_, "last-column-id"));
    if (!v1()) {
      FRAZIL_ASSIGN_OR_RETURN(table_.last_sequence_number, json::Required<int64_t>(value_, "last-sequence-number"));
    }
    if (table_.format_version >= 3) {
      FRAZIL_ASSIGN_OR_RETURN(table_.next_row_id, json::Required<int64_t>(value_, "next-row-id"));
    }
    using Properties = std::map<std::string, std::string>;
    FRAZIL_ASSIGN_OR_RETURN(table_.properties, json::Otherwise<Properties>(value_, "properties", {}));
    return CheckPlain();
  }

  // None of an encrypted table's files can be read, and what was added to it would lie there for all to read.
  Status CheckPlain() const {
    const Json* keys = json::Find(value_, "encryption-keys");
    const bool has_keys = keys != nullptr && !keys->empty();
    if (!has_keys && !table_.properties.contains("encryption.key-id")) return {};
    return Fail(ErrorKind::kUnsupported,
                "the table is encrypted ({}): Frazil neither reads nor writes encrypted tables",
                has_keys ? "its metadata has \"encryption-keys\"" : "table property \"encryption.key-id\"");
  }

  Status ReadSchemas() {
    FRAZIL_ASSIGN_OR_RETURN(auto items, json::Optional<std::vector<Json>>(value_, "schemas"));
    if (!items && v1()) {
      FRAZIL_ASSIGN_OR_RETURN(auto only, json::Required<Json>(value_, "schema"));
      FRAZIL_ASSIGN_OR_RETURN(auto schema, ParseSchema(only));
      table_.current_schema_id = schema->schema_id();
      table_.schemas.push_back(std::move(schema));
      return {};
    }
    if (!items) return Fail(ErrorKind::kCorrupt, "member \"schemas\" is missing");
    for (const auto& item : *items) {
      FRAZIL_ASSIGN_OR_RETURN(auto schema, ParseSchema(item));
      table_.schemas.push_back(std::move(schema));
    }
    FRAZIL_ASSIGN_OR_RETURN(table_.current_schema_id, json::Required<int32_t>(value_, "current-schema-id"));
    if (table_.schema() == nullptr) {
      return Fail(ErrorKind::kCorrupt, "current-schema-id {} is not among \"schemas\"", table_.current_schema_id);
    }
    return {};
  }

  Status ReadSpecs() {
    FRAZIL_ASSIGN_OR_RETURN(auto items, json::Optional<std::vector<Json>>(value_, "partition-specs"));
    if (items) {
      for (const auto& item : *items) {
        FRAZIL_ASSIGN_OR_RETURN(auto spec, ParsePartitionSpec(item));
        table_.partition_specs.push_back(std::make_shared<const PartitionSpec>(std::move(spec)));
      }
      FRAZIL_ASSIGN_OR_RETURN(table_.default_spec_id, json::Required<int32_t>(value_, "default-spec-id"));
    } else if (v1()) {
      FRAZIL_ASSIGN_OR_RETURN(auto fields, json::Required<Json>(value_, "partition-spec"));
      PartitionSpec spec;
      FRAZIL_ASSIGN_OR_RETURN(spec.fields, ParsePartitionFields(fields));
      table_.partition_specs.push_back(std::make_shared<const PartitionSpec>(std::move(spec)));
    } else {
      return Fail(ErrorKind::kCorrupt, "member \"partition-specs\" is missing");
    }
    if (table_.spec() == nullptr) {
      return Fail(ErrorKind::kCorrupt, "default-spec-id {} is not among \"partition-specs\"", table_.default_spec_id);
    }
    FRAZIL_ASSIGN_OR_RETURN(auto last, json::Optional<int32_t>(value_, "last-partition-id"));
    if (!last && !v1()) return Fail(ErrorKind::kCorrupt, "member \"last-partition-id\" is missing");
    int32_t highest = kFirstPartitionFieldId - 1;
    for (const auto& spec : table_.partition_specs) {
      for (const auto& field : spec->fields) highest = std::max(highest, field.field_id);
    }
    table_.last_partition_id = last.value_or(highest);
    return {};
  }

  Status ReadSortOrders() {
    FRAZIL_ASSIGN_OR_RETURN(auto items, json::Optional<std::vector<Json>>(value_, "sort-orders"));
    if (!items && !v1()) return Fail(ErrorKind::kCorrupt, "member \"sort-orders\" is missing");
    if (items) {
      for (const auto& item : *items) {
        FRAZIL_ASSIGN_OR_RETURN(auto order, ParseSortOrder(item));
        table_.sort_orders.push_back(std::move(order));
      }
      FRAZIL_ASSIGN_OR_RETURN(table_.default_sort_order_id, json::Required<int32_t>(value_, "default-sort-order-id"));
    }
    const int32_t id = table_.default_sort_order_id;
    const bool found = std::any_of(table_.sort_orders.begin(), table_.sort_orders.end(),
                                   [id](const SortOrder& order) { return order.order_id == id; });
    if (!found && id != 0) {
      return Fail(ErrorKind::kCorrupt, "default-sort-order-id {} is not among \"sort-orders\"", id);
    }
    if (!found) table_.sort_orders.emplace_back();  // order 0 is always "unsorted"
    return {};
  }

  Status ReadSnapshots() {
    if (const int64_t last = table_.snapshots.newest_sequence_number(); !v1() && last > table_.last_sequence_number) {
      return Fail(ErrorKind::kCorrupt, "a snapshot has sequence number {}, beyond last-sequence-number {}", last,
                  table_.last_sequence_number);
    }
    FRAZIL_ASSIGN_OR_RETURN(table_.current_snapshot_id, json::Optional<int64_t>(value_, "current-snapshot-id"));
    if (table_.current_snapshot_id == -1) table_.current_snapshot_id.reset();
    if (table_.current_snapshot_id && !table_.snapshots.Contains(*table_.current_snapshot_id)) {
      return Fail(ErrorKind::kCorrupt, "current-snapshot-id {} is not among \"snapshots\"",
                  *table_.current_snapshot_id);
    }
    return {};
  }

  // True if each of `ids` is the id of a snapshot. The ids are searched together: 100,000 single searches would each go
  // through all snapshots.
  bool AreThere(const std::set<int64_t>& ids) const {
    constexpr size_t kFew = 8;
    if (ids.size() <= kFew) {
      return std::all_of(ids.begin(), ids.end(), [&](int64_t id) { return table_.snapshots.Contains(id); });
    }
    SnapshotList others = table_.snapshots;
    others.Remove(ids);
    return table_.snapshots.size() - others.size() == ids.size();
  }

  [[nodiscard]] tl::unexpected<Error> MissingSnapshot() const {
    const auto dangling = std::find_if(table_.refs.begin(), table_.refs.end(), [&](const auto& ref) {
      return !table_.snapshots.Contains(ref.second.snapshot_id);
    });
    return Fail(ErrorKind::kCorrupt, "ref \"{}\" points at snapshot {}, which is not among \"snapshots\"",
                dangling->first, dangling->second.snapshot_id);
  }

  Status ReadRefs() {
    const Json* refs = json::Find(value_, "refs");
    if (refs != nullptr) {
      FRAZIL_RETURN_IF_ERROR(json::ExpectObject(*refs, "refs"));
      std::set<int64_t> ids;
      for (const auto& [name, item] : refs->items()) {
        auto ref = ParseSnapshotRef(item);
        if (!ref) return Wrap(ref.error(), fmt::format("ref \"{}\"", name));
        ids.insert(ref->snapshot_id);
        table_.refs.emplace(name, *ref);
      }
      if (!AreThere(ids)) return MissingSnapshot();
    }
    const auto main = table_.refs.find(std::string(kMainBranch));
    if (main == table_.refs.end()) {
      if (table_.current_snapshot_id) {
        table_.refs.emplace(kMainBranch, SnapshotRef{.snapshot_id = *table_.current_snapshot_id});
      }
      return {};
    }
    if (!main->second.is_branch) return Fail(ErrorKind::kCorrupt, "ref \"main\" is no branch");
    if (main->second.snapshot_id != table_.current_snapshot_id) {
      return Fail(ErrorKind::kCorrupt, "branch main is at snapshot {}, but current-snapshot-id is {}",
                  main->second.snapshot_id,
                  table_.current_snapshot_id ? std::to_string(*table_.current_snapshot_id) : "not set");
    }
    return {};
  }

  Status ReadMetadataLog() {
    FRAZIL_ASSIGN_OR_RETURN(auto files, json::Otherwise<std::vector<Json>>(value_, "metadata-log", {}));
    for (const auto& item : files) {
      FRAZIL_RETURN_IF_ERROR(json::ExpectObject(item, "metadata-log"));
      MetadataLogEntry entry;
      FRAZIL_ASSIGN_OR_RETURN(entry.timestamp_ms, json::Required<int64_t>(item, "timestamp-ms"));
      FRAZIL_ASSIGN_OR_RETURN(entry.metadata_file, json::Required<std::string>(item, "metadata-file"));
      table_.metadata_log.push_back(std::move(entry));
    }
    return {};
  }

  // Checks the numbers from which the next commit counts on.
  Status CheckNumbers() const {
    FRAZIL_RETURN_IF_ERROR(CheckPlausible("last-updated-ms", table_.last_updated_ms, kLargestMillis, -kLargestMillis));
    FRAZIL_RETURN_IF_ERROR(CheckPlausible("last-column-id", table_.last_column_id, kLargestFieldId));
    FRAZIL_RETURN_IF_ERROR(CheckPlausible("last-sequence-number", table_.last_sequence_number, kLargestSequenceNumber));
    FRAZIL_RETURN_IF_ERROR(CheckPlausible("last-partition-id", table_.last_partition_id, kLargestFieldId));
    for (const auto& schema : table_.schemas) {
      FRAZIL_RETURN_IF_ERROR(CheckPlausible("a schema-id", schema->schema_id(), kLargestId));
    }
    for (const auto& spec : table_.partition_specs) {
      FRAZIL_RETURN_IF_ERROR(CheckPlausible("a spec-id", spec->spec_id, kLargestId));
    }
    for (const auto& order : table_.sort_orders) {
      FRAZIL_RETURN_IF_ERROR(CheckPlausible("an order-id", order.order_id, kLargestId));
    }
    if (table_.next_row_id) FRAZIL_RETURN_IF_ERROR(CheckPlausible("next-row-id", *table_.next_row_id, kLargestTotal));
    return CheckPlausible("a snapshot's timestamp-ms", table_.snapshots.newest_timestamp_ms(), kLargestMillis);
  }

  const Json& value_;
  TableMetadata table_;
};

// Adds to `object` the members that grow with the table's age, which are too many for a tree.
std::string WithHistory(std::string object, const TableMetadata& table) {
  constexpr size_t kBytesOfLogEntry = 68;
  object.reserve(object.size() + table.snapshots.text_size() + kBytesOfLogEntry * table.snapshot_log.size() + 64);
  object.back() = ',';
  object += R"("snapshots":[)";
  table.snapshots.AppendTo(&object);
  object += R"(],"snapshot-log":[)";
  for (const auto& entry : table.snapshot_log) {
    if (&entry != table.snapshot_log.data()) object += ',';
    fmt::format_to(std::back_inserter(object), R"({{"timestamp-ms":{},"snapshot-id":{}}})", entry.timestamp_ms,
                   entry.snapshot_id);
  }
  object += "]}";
  return object;
}

}  // namespace

Result<TableMetadataPtr> ParseTableMetadata(std::string_view text) {
  const Limit& most = CurrentLimits().metadata_file;
  std::string unpacked;
  if (io::IsGzip(text)) {
    FRAZIL_ASSIGN_OR_RETURN(unpacked, io::Gunzip(text, most));
    text = unpacked;
  }
  if (static_cast<int64_t>(text.size()) > most.amount()) {
    return Fail(ErrorKind::kCorrupt, "it is {} bytes long, more than {} allows. Raise that if it is right", text.size(),
                most);
  }
  FRAZIL_ASSIGN_OR_RETURN(MetadataParts parts, SplitTableMetadata(text));
  return MetadataReader(parts.rest, std::move(parts.history)).Read();
}

Result<TableReply> ParseTableReply(std::string_view text) {
  FRAZIL_ASSIGN_OR_RETURN(ReplyParts parts, SplitTableReply(text));
  TableReply reply;
  FRAZIL_ASSIGN_OR_RETURN(reply.metadata,
                          MetadataReader(parts.metadata.rest, std::move(parts.metadata.history)).Read());
  reply.rest = std::move(parts.rest);
  return reply;
}

std::optional<TableReply> ParseTableReplyBeginning(std::string_view text, const SnapshotList& snapshots) {
  constexpr std::string_view kSnapshots = "\"snapshots\"";
  constexpr std::string_view kSpace = " \t\r\n";
  // Only a member of the metadata has exactly two open braces before it: the reply's and the metadata's. The word
  // "snapshots" may also occur elsewhere, as a name. Each place is tried, and each try parses everything before it.
  constexpr int kPlaces = 8;
  size_t at = text.find(kSnapshots);
  for (int place = 0; place < kPlaces && at != text.npos; ++place, at = text.find(kSnapshots, at + 1)) {
    const size_t comma = text.find_last_not_of(kSpace, at - 1);
    if (comma == text.npos || text[comma] != ',') continue;
    auto reply = json::Parse(fmt::format("{}}}}}", text.substr(0, comma)));
    if (!reply) continue;
    const Json* metadata = json::Find(*reply, "metadata");
    if (metadata == nullptr || !metadata->is_object()) return std::nullopt;
    for (const char* member : {"properties", "current-snapshot-id", "refs"}) {
      if (json::Find(*metadata, member) == nullptr) return std::nullopt;
    }
    auto read = MetadataReader(*metadata, {snapshots, {}}).Read();
    if (!read) return std::nullopt;
    reply->erase("metadata");
    return TableReply{*std::move(read), *std::move(reply)};
  }
  return std::nullopt;
}

std::string WriteTableMetadata(const TableMetadata& table) {
  Json out = Json::object();
  json::AddCarried(table.carried, &out);
  out["format-version"] = table.format_version;
  if (!table.table_uuid.empty()) out["table-uuid"] = table.table_uuid;
  out["location"] = table.location;
  if (table.format_version > 1) out["last-sequence-number"] = table.last_sequence_number;
  out["last-updated-ms"] = table.last_updated_ms;
  out["last-column-id"] = table.last_column_id;
  out["current-schema-id"] = table.current_schema_id;
  auto& schemas = out["schemas"] = Json::array();
  for (const auto& schema : table.schemas) schemas.push_back(ToJson(*schema));
  out["default-spec-id"] = table.default_spec_id;
  auto& specs = out["partition-specs"] = Json::array();
  for (const auto& spec : table.partition_specs) specs.push_back(ToJson(*spec));
  out["last-partition-id"] = table.last_partition_id;
  if (table.format_version == 1) {
    // v1 requires it, for readers that do not know "schemas".
    out["schema"] = ToJson(*table.schema());
    out["partition-spec"] = FieldsToJson(*table.spec());
  }
  out["default-sort-order-id"] = table.default_sort_order_id;
  auto& orders = out["sort-orders"] = Json::array();
  for (const auto& order : table.sort_orders) orders.push_back(ToJson(order));
  out["properties"] = table.properties;
  if (table.current_snapshot_id) out["current-snapshot-id"] = *table.current_snapshot_id;
  if (table.next_row_id) out["next-row-id"] = *table.next_row_id;
  auto& refs = out["refs"] = Json::object();
  for (const auto& [name, ref] : table.refs) refs[name] = ToJson(ref);
  auto& metadata_log = out["metadata-log"] = Json::array();
  for (const auto& entry : table.metadata_log) {
    metadata_log.push_back({{"timestamp-ms", entry.timestamp_ms}, {"metadata-file", entry.metadata_file}});
  }
  return WithHistory(json::Dump(out), table);
}

Json ToJson(const SnapshotRef& ref) {
  Json out = {{"snapshot-id", ref.snapshot_id}, {"type", ref.is_branch ? "branch" : "tag"}};
  if (ref.min_snapshots_to_keep) out["min-snapshots-to-keep"] = *ref.min_snapshots_to_keep;
  if (ref.max_snapshot_age_ms) out["max-snapshot-age-ms"] = *ref.max_snapshot_age_ms;
  if (ref.max_ref_age_ms) out["max-ref-age-ms"] = *ref.max_ref_age_ms;
  return out;
}

Result<SnapshotRef> ParseSnapshotRef(const Json& value) {
  FRAZIL_RETURN_IF_ERROR(json::ExpectObject(value, "a ref"));
  SnapshotRef ref;
  FRAZIL_ASSIGN_OR_RETURN(ref.snapshot_id, json::Required<int64_t>(value, "snapshot-id"));
  FRAZIL_ASSIGN_OR_RETURN(auto type, json::Required<std::string>(value, "type"));
  if (type != "branch" && type != "tag") {
    return Fail(ErrorKind::kCorrupt, "member \"type\": expected \"branch\" or \"tag\", got \"{}\"", type);
  }
  ref.is_branch = type == "branch";
  FRAZIL_ASSIGN_OR_RETURN(ref.min_snapshots_to_keep, json::Optional<int32_t>(value, "min-snapshots-to-keep"));
  FRAZIL_ASSIGN_OR_RETURN(ref.max_snapshot_age_ms, json::Optional<int64_t>(value, "max-snapshot-age-ms"));
  FRAZIL_ASSIGN_OR_RETURN(ref.max_ref_age_ms, json::Optional<int64_t>(value, "max-ref-age-ms"));
  return ref;
}

}  // namespace frazil::iceberg
