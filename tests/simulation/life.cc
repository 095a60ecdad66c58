#include "life.h"

#include "world.h"

namespace frazil::simulation {

Life::Life(World& world, Role role)
    : world_(world), role_(std::move(role)), clock_(world.dice, world.scheduler, *this) {}

void Life::Start() {
  world_.trace.Say(name(), "starts, pipeline '{}'", role_.pipeline);
  world_.scheduler.Spawn([self = shared_from_this()] {
    const Status ended = self->Run();
    if (self->dead_) return;
    self->dead_ = true;
    self->world_.trace.Say(self->name(), "ends: {}", ended ? "as asked" : ended.error().message);
    self->OnEnded(ended ? std::nullopt : std::optional(ended.error()));
  });
}

void Life::Kill() {
  if (dead_) return;
  dead_ = true;
  world_.trace.Say(name(), "is killed");
  OnEnded(std::nullopt);
}

void Life::Step(std::string_view what) {
  if (world_.Happens(world_.scenario.stall)) {
    const Millis stall = world_.dice.Between(100, 15'000);
    world_.trace.Say(name(), "is not scheduled for {} ms, before it {}", stall, what);
    Wait(stall);
  }
  Wait(world_.dice.Between(1, 20));
  if (world_.Happens(world_.scenario.crash)) {
    world_.trace.Say(name(), "crashes before it {}", what);
    dead_ = true;
    OnEnded(std::nullopt);
    throw Killed();
  }
  if (what != kPoll) world_.trace.Say(name(), "{}", what);
}

void Life::Wait(Millis duration) {
  if (dead_) throw Killed();
  world_.scheduler.Wait(duration);
  if (dead_) throw Killed();
}

Status Life::OpenTable(bool reads) {
  CommitRequest told;
  told.sender = name();
  told.pipeline = role_.pipeline;
  told.topic_id = role_.topic_id;
  told.on_rollback = role_.on_rollback;
  told.reads = reads;
  told.errors_table = role_.errors_table;
  catalog_ =
      std::make_shared<CatalogClient>(world_, *this, std::make_shared<StorageClient>(world_, *this), std::move(told));
  FRAZIL_ASSIGN_OR_RETURN(auto loaded, catalog_->LoadHeads(kTable));
  table_ = std::make_shared<table::Table>(catalog_, kTable, std::move(loaded), clock_);
  table::CommitterOptions options;
  options.pipeline = role_.pipeline;
  options.ref = world_.scenario.ref;
  options.on_rollback = role_.on_rollback;
  options.take_over = role_.take_over;
  options.cluster_id = "cluster";
  options.topic_ids = {{kTopic, role_.topic_id}};
  options.patience = std::chrono::milliseconds(world_.scenario.patience);
  options.give_up = &give_up_;
  options.clock = &clock_;
  committer_ = std::make_unique<table::Committer>(table_, std::move(options));
  return committer_->Begin();
}

iceberg::DataFile Life::PutFile(const std::string& path, DataContent content) {
  iceberg::DataFile file;
  file.file_path = path;
  file.record_count = content.rows;
  file.file_size_in_bytes = 100;
  Step("puts a data file");
  if (!world_.storage.PutData(path, std::move(content))) world_.oracle().NameUsedTwice(name(), path);
  return file;
}

}  // namespace frazil::simulation
