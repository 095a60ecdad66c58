#include "workshop.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "world.h"

namespace frazil::simulation {
namespace {

constexpr std::string_view kDataFolder = "sim://db/events/data/";
constexpr std::string_view kErrorsFolder = "sim://db/events__errors/data/";

}  // namespace

class Workshop::Stock final : public ingest::Hand {
 public:
  explicit Stock(Workshop& shop) : world_(shop.world_), life_(shop.life_), names_(shop.names_) {}

  void Expect() { ++expected_; }
  void Append(const record::RecordBatch& batch, table::DecidedBy decided, const std::vector<decode::BadRecord>& bad) {
    Add({batch.source.partition, batch.first, batch.next});
    decided_.push_back(std::move(decided));
    for (const auto& one : bad) bad_[batch.source.partition].push_back(one.offset);
    --expected_;
  }
  void Abort(Error error) {
    if (!error_) error_ = std::move(error);
    --expected_;
  }

  void AppendGap(record::OffsetRange range) override { Add({range.source.partition, range.first, range.next}); }
  std::optional<Error> error() const override { return error_; }
  bool has_files() const override { return world_.dice.OneIn(6); }
  bool Relieve(bool /*all*/) override { return world_.dice.OneIn(2); }
  Result<ingest::HandContents> Finish() override;
  void Disown() override {}

 private:
  void Add(const Stretch& stretch) { stretches_[stretch.partition].push_back(stretch); }
  // What came in of one partition, as one.
  Result<record::OffsetRange> Joined(int partition, std::vector<Stretch>& stretches) const;
  void PutErrors(ingest::HandContents& contents);

  World& world_;
  Life& life_;
  ingest::FileNames& names_;
  int expected_ = 0;
  std::optional<Error> error_;
  std::map<int, std::vector<Stretch>> stretches_;  // by partition
  std::map<int, std::vector<int64_t>> bad_;        // by partition: what goes to the errors table
  std::vector<table::DecidedBy> decided_;
};

Result<record::OffsetRange> Workshop::Stock::Joined(int partition, std::vector<Stretch>& stretches) const {
  std::sort(stretches.begin(), stretches.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (size_t i = 1; i < stretches.size(); ++i) {
    if (stretches[i].first == stretches[i - 1].next) continue;
    return Fail(ErrorKind::kInternal, "partition {}: {} is followed by {}", partition, stretches[i - 1].next - 1,
                stretches[i].first);
  }
  return Topic::RangeOf(partition, stretches.front().first, stretches.back().next, life_.role().errors_table);
}

Result<ingest::HandContents> Workshop::Stock::Finish() {
  while (expected_ > 0) life_.Wait(world_.dice.Between(1, 50));
  if (error_) return tl::unexpected<Error>(*error_);
  ingest::HandContents contents;
  DataContent content{life_.role().topic_id, {}, 0};
  for (auto& [partition, stretches] : stretches_) {
    FRAZIL_ASSIGN_OR_RETURN(record::OffsetRange range, Joined(partition, stretches));
    content.stretches.push_back({partition, range.first, range.next});
    content.rows += range.counts.rows;
    if (range.counts.rows > 0 && world_.Happens(world_.scenario.careless)) {
      --range.counts.rows;
      content.stretches.back().next = range.next - 1;
    }
    contents.counts += range.counts;
    contents.ranges.push_back(std::move(range));
  }
  contents.decided = content.decided = decided_;
  if (content.rows > 0) {
    contents.files.push_back(life_.PutFile(std::string(kDataFolder) + names_.Next(), std::move(content)));
  }
  PutErrors(contents);
  for (const auto& range : contents.ranges) {
    world_.trace.Say(life_.name(), "commits {} to {} of partition {}", range.first, range.next - 1,
                     range.source.partition);
  }
  return contents;
}

void Workshop::Stock::PutErrors(ingest::HandContents& contents) {
  if (bad_.empty()) return;
  ingest::ErrorsInHand& in_hand = contents.errors[kTopic];
  DataContent content{life_.role().topic_id, {}, 0};
  for (auto& [partition, offsets] : bad_) {
    std::sort(offsets.begin(), offsets.end());
    for (const int64_t offset : offsets) content.stretches.push_back({partition, offset, offset + 1});
    const auto count = static_cast<int64_t>(offsets.size());
    content.rows += count;
    const record::TopicPartition source = PartitionOf(partition);
    in_hand.origins[source] = {source, offsets.front(), offsets.back() + 1, count};
  }
  in_hand.files.push_back(life_.PutFile(std::string(kErrorsFolder) + names_.Next(), std::move(content)));
}

std::shared_ptr<ingest::Hand> Workshop::NewHand() {
  stock_ = std::make_shared<Stock>(*this);
  return stock_;
}

void Workshop::Take(record::RecordBatch batch) {
  stock_->Expect();
  const auto process = [this, keep = life_.shared_from_this(), into = stock_, batch = std::move(batch)] {
    const Status done = Process(batch, *into);
    if (!done) into->Abort(done.error());
  };
  // Most are done before anything else happens, which saves a fiber.
  if (!life_.role().errors_table && !world_.dice.OneIn(4)) {
    process();
  } else {
    world_.scheduler.Spawn(process);
  }
}

Status Workshop::Process(const record::RecordBatch& batch, Stock& into) {
  if (world_.Happens(world_.scenario.growth)) FRAZIL_RETURN_IF_ERROR(GrowSchema());
  // By the table as this process knows it.
  const iceberg::TableMetadataPtr table = table_.current().metadata;
  table::DecidedBy decided{table->schema(), table->spec()};
  std::vector<decode::BadRecord> bad;
  for (const auto& record : batch.records) {
    if (Topic::At(batch.source.partition, record.offset) == Slot::kBad) bad.push_back({record.offset, "no row"});
  }
  decided.refused = !bad.empty();
  if (!life_.role().errors_table) bad.clear();
  if (!bad.empty()) {
    FRAZIL_RETURN_IF_ERROR(errors_.FilesOf(kTopic));
    FRAZIL_ASSIGN_OR_RETURN(bad, errors_.NotYetThere(batch, std::move(bad)));
  }
  into.Append(batch, std::move(decided), bad);
  return {};
}

Status Workshop::GrowSchema() {
  using iceberg::TypeKind;
  const std::string column = "g" + std::to_string(world_.dice.Between(1, 9));
  const iceberg::SchemaPtr schema = table_.current().metadata->schema();
  const iceberg::Field* const there = schema->FindAtRoot(column);
  Status grown;
  if (there == nullptr) {
    world_.trace.Say(life_.name(), "wants column {}", column);
    grown = table_.AddColumns({{0, {.id = 0, .name = column, .type = iceberg::Type::Primitive(TypeKind::kInt)}}});
  } else if (there->type->kind() == TypeKind::kInt) {
    world_.trace.Say(life_.name(), "wants column {} to be wider", column);
    grown = table_.ChangeSchema({.promotions = {{there->id, iceberg::Type::Primitive(TypeKind::kLong)}}});
  }
  // Somebody made it wider, or dropped it, meanwhile: a lane decodes the batch again.
  if (!grown && grown.error().kind == ErrorKind::kInvalidArgument) return {};
  return grown;
}

bool Workshop::WaitForRoom(std::chrono::milliseconds timeout) {
  if (!world_.Happens(30)) return true;
  life_.Wait(timeout.count());
  return false;
}

bool Workshop::MemoryIsSpent() {
  if (world_.Happens(world_.scenario.short_memory)) {
    short_until_ = world_.scheduler.now() + world_.dice.Between(100, 5000);
    world_.trace.Say(life_.name(), "is short of memory until {} ms", short_until_);
  }
  return world_.scheduler.now() < short_until_;
}

}  // namespace frazil::simulation
