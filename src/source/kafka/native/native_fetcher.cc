#include "source/kafka/native/native_fetcher.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "common/log.h"
#include "common/system/thread.h"
#include "common/time/backoff.h"
#include "source/kafka/admin.h"
#include "source/kafka/native/connection.h"
#include "source/kafka/native/fetch_state.h"
#include "source/kafka/rdkafka_fetcher.h"

namespace frazil::source::kafka {
namespace {

using record::RecordBatch;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds kFirstWait{100};
constexpr milliseconds kLongestWait{2000};
constexpr std::chrono::seconds kRepeatLogAfter{30};
constexpr milliseconds kProbeWithin{5000};

// The threads of the native fetch path: one that follows the leaders, and one for each broker from which we read.
class FetchThreads {
 public:
  FetchThreads(const FetchSettings& settings, FetchState& state)
      : settings_(settings), state_(state), answers_(AnswersOf(settings)), parse_(ParseOptionsOf(settings)) {
    Start("following the leaders of partitions", leaders_, [this] { FollowLeaders(); });
  }
  ~FetchThreads() {
    state_.Stop();
    interrupt_.Set();
    if (leaders_.joinable()) leaders_.join();  // before the others, since it starts them
    for (auto& [node, thread] : brokers_) {
      if (thread.joinable()) thread.join();
    }
  }

 private:
  static ParseOptions ParseOptionsOf(const FetchSettings& settings) {
    ParseOptions options;
    options.read_committed = settings.read_committed;
    options.want_headers = settings.want_headers;
    options.check_crcs = settings.check_crcs;
    options.bytes = settings.max_batch_bytes;
    options.max_record_bytes = settings.max_record_bytes;
    return options;
  }

  // If a thread cannot be started, or ends by an exception, reading ends with that error: the shared state may be
  // incomplete.
  void Start(std::string_view purpose, std::thread& thread, std::function<void()> work) {
    auto started = StartThread(purpose, [this, purpose, work = std::move(work)] {
      const StopScope scope(interrupt_.flag());
      const Status done = OrThrown(purpose, [&]() -> Status {
        work();
        return {};
      });
      if (!done) state_.Raise(done.error());
    });
    if (started) {
      thread = *std::move(started);
    } else {
      state_.Raise(started.error());
    }
  }

  void FollowLeaders() {
    Backoff backoff(kFirstWait, kLongestWait);
    while (state_.WaitForRefresh(settings_.metadata_age)) {
      const auto topics = state_.Topics();
      if (topics.empty()) continue;
      const auto metadata = AskForMetadata(topics);
      bool complete = false;
      if (metadata) {
        complete = state_.Learn(*metadata);
        for (const int32_t node : state_.NodesInUse()) {
          if (brokers_.contains(node)) continue;
          Start("fetching from a broker", brokers_[node], [this, node] { FetchFrom(node); });
        }
      } else {
        Complain(metadata.error());
      }
      if (complete) {
        backoff = Backoff(kFirstWait, kLongestWait);
      } else {
        if (!interrupt_.Sleep(backoff.Next())) return;
        state_.AskForLeaders();
      }
    }
  }

  Result<Metadata> AskForMetadata(const std::vector<std::string>& topics) {
    Result<Metadata> answer = Ask(topics);
    if (answer) return answer;
    std::vector<Endpoint> endpoints = known_;
    endpoints.insert(endpoints.end(), settings_.bootstrap.begin(), settings_.bootstrap.end());
    for (const Endpoint& endpoint : endpoints) {
      auto opened = Connection::Open(endpoint, settings_, interrupt_, answers_);
      if (!opened) {
        answer = tl::unexpected<Error>(opened.error());
        if (opened.error().kind == ErrorKind::kCancelled) return answer;
        continue;
      }
      leaders_connection_ = *std::move(opened);
      reached_ = true;
      answer = Ask(topics);
      if (answer) return answer;
    }
    return answer;
  }

  Result<Metadata> Ask(const std::vector<std::string>& topics) {
    if (!leaders_connection_ || leaders_connection_->expires_soon()) {
      leaders_connection_.reset();
      return Fail(ErrorKind::kUnavailable, "Kafka: no broker is known");
    }
    const int16_t version = leaders_connection_->version(Api::kMetadata);
    const auto answer = leaders_connection_->Ask(Api::kMetadata, MetadataRequest(version, topics));
    auto metadata = answer ? ReadMetadata(version, answer->body) : tl::unexpected<Error>(answer.error());
    if (!metadata) {
      leaders_connection_.reset();
      return metadata;
    }
    known_.clear();
    for (const auto& broker : metadata->brokers) known_.push_back({broker.host, broker.port});
    return metadata;
  }

  void FetchFrom(int32_t node) {
    Backoff backoff(kFirstWait, kLongestWait);
    std::unique_ptr<Connection> connection;
    std::optional<FetchPlan> plan;
    while ((plan = state_.NextPlan(node, /*wait=*/true))) {
      const Status served = Serve(node, *plan, connection);
      if (served) {
        backoff = Backoff(kFirstWait, kLongestWait);
        continue;
      }
      connection.reset();
      Complain(served.error());
      if (!interrupt_.Sleep(backoff.Next())) return;
    }
  }

  // Sends `plan` and handles its answer. While that answer is parsed, the next request is already on its way. Returns
  // when nothing more can be requested now.
  Status Serve(int32_t node, FetchPlan& plan, std::unique_ptr<Connection>& connection) {
    Status sent = Connect(node, connection);
    if (sent) sent = Send(plan, *connection);
    while (sent) {
      const int16_t version = connection->version(Api::kFetch);
      const auto answer = connection->Receive();
      const auto response =
          answer ? ReadFetchResponse(version, answer->body, answer->is_cut) : tl::unexpected<Error>(answer.error());
      if (!response) {
        state_.Forsake(plan);
        return tl::unexpected<Error>(response.error());
      }
      const auto parcels = state_.Receive(plan, version, *response, answer->owner);
      std::optional<FetchPlan> next;
      if (!connection->expires_soon()) next = state_.NextPlan(node, /*wait=*/false);
      if (next) sent = Send(*next, *connection);
      for (const FetchParcel& parcel : parcels) {
        std::vector<RecordBatch> batches;
        const Status parsed = ParseBatches(parcel.fetched, parse_, batches);
        state_.Deliver(parcel, std::move(batches), parsed);
      }
      if (!next) return {};
      plan = *std::move(next);
    }
    state_.Forsake(plan);
    return sent;
  }

  Status Connect(int32_t node, std::unique_ptr<Connection>& connection) {
    if (connection && !connection->expires_soon()) return {};
    connection.reset();
    const auto address = state_.AddressOf(node);
    if (!address) return Fail(ErrorKind::kUnavailable, "Kafka broker {}: its address is unknown", node);
    FRAZIL_ASSIGN_OR_RETURN(connection, Connection::Open(*address, settings_, interrupt_, answers_));
    reached_ = true;
    return {};
  }

  Status Send(const FetchPlan& plan, Connection& connection) {
    FetchRequest request;
    request.max_wait_ms = settings_.max_wait_ms;
    request.min_bytes = settings_.min_bytes;
    request.max_bytes = plan.max_bytes;
    request.read_committed = settings_.read_committed;
    if (plan.names_rack) request.rack = settings_.rack;
    for (const auto& each : plan.partitions) request.partitions.push_back(each.request);
    return connection.Send(Api::kFetch, WriteFetchRequest(connection.version(Api::kFetch), request));
  }

  // Logs an error that waiting may mend. Any other error ends reading, unless a broker was reached before.
  void Complain(const Error& error) {
    if (error.kind == ErrorKind::kCancelled) return;
    if (error.kind != ErrorKind::kUnavailable && !reached_) {
      state_.Raise(error);
      return;
    }
    const auto now = SteadyClock::now().time_since_epoch().count();
    auto quiet_until = quiet_until_.load();
    if (now < quiet_until ||
        !quiet_until_.compare_exchange_strong(quiet_until, now + SteadyClock::duration(kRepeatLogAfter).count())) {
      return;
    }
    log::warn("{} (trying again)", error.message);
  }

  // The pool keeps as many unused blocks as may be fetched ahead, because answers arrive while earlier ones are parsed.
  static BytesPool AnswersOf(const FetchSettings& settings) {
    const auto answer = static_cast<size_t>(settings.max_bytes) * 9 / 8;  // records and the fields around them
    return {std::max(answer, static_cast<size_t>(settings.queue_bytes)), answer};
  }

  const FetchSettings& settings_;
  FetchState& state_;
  const BytesPool answers_;
  std::unique_ptr<Connection> leaders_connection_;
  std::vector<Endpoint> known_;  // the brokers of the last metadata
  const ParseOptions parse_;
  Interrupt interrupt_;
  std::atomic<bool> reached_ = false;  // a broker was reached once, so the settings are basically right
  std::atomic<SteadyClock::rep> quiet_until_ = 0;
  std::map<int32_t, std::thread> brokers_;  // used by the leaders' thread only
  std::thread leaders_;
};

class NativeFetcher final : public Fetcher {
 public:
  NativeFetcher(Client& client, const Options& options, FetchSettings settings)
      : client_(client),
        group_(MakeRdkafkaFetcher(client, options)),
        group_queue_(rd_kafka_queue_get_consumer(client.get())),
        settings_(std::move(settings)),
        state_(settings_) {
    group_->Pause();
    rd_kafka_queue_cb_event_enable(
        group_queue_.get(), [](rd_kafka_t*, void* self) { static_cast<NativeFetcher*>(self)->state_.Wake(); }, this);
    threads_.emplace(settings_, state_);
  }
  ~NativeFetcher() override { rd_kafka_queue_cb_event_enable(group_queue_.get(), nullptr, nullptr); }

  void Assign(const Positions& starts) override {
    group_->Assign(starts);
    state_.Assign(starts);
  }
  void Unassign(const std::vector<TopicPartition>& partitions) override {
    group_->Unassign(partitions);
    state_.Unassign(partitions);
    for (const auto& source : partitions) {
      if (fault_ && fault_->source == source) fault_.reset();
    }
  }
  std::vector<RecordBatch> Poll(milliseconds timeout) override {
    for (const auto& unexpected : group_->Poll(milliseconds(0))) {
      log::error("librdkafka fetched {} records of {} that it should not have", unexpected.records.size(),
                 unexpected.source.topic);
    }
    if (fault()) return {};
    auto taken = state_.Take(timeout, static_cast<size_t>(settings_.max_bytes));
    if (taken.trouble) {
      auto& [source, gone, error] = *taken.trouble;
      if (gone >= 0) error = OffsetGone(client_, *source, gone, error.message);
      fault_ = Fault{std::move(error), std::move(source)};
    }
    return std::move(taken.batches);
  }
  Status Seek(const Positions& positions) override {
    state_.Seek(positions);
    const auto mended = [&](const std::optional<Fault>& fault) {
      return fault && fault->source && positions.contains(*fault->source);
    };
    if (mended(fault_)) fault_.reset();
    return mended(group_->fault()) ? group_->Seek(positions) : Status{};
  }
  void Pause() override { state_.SetPaused(true); }
  void Resume() override { state_.SetPaused(false); }
  const std::optional<Fault>& fault() const override { return fault_ ? fault_ : group_->fault(); }

 private:
  Client& client_;
  const std::unique_ptr<Fetcher> group_;  // serves the events of the group; always paused
  const Owned<rd_kafka_queue_t> group_queue_;
  const FetchSettings settings_;
  FetchState state_;
  std::optional<FetchThreads> threads_;
  std::optional<Fault> fault_;
};

}  // namespace

Result<std::unique_ptr<Fetcher>> OpenNativeFetcher(Client& client, const Options& options) {
  FRAZIL_ASSIGN_OR_RETURN(FetchSettings settings, ReadFetchSettings(options));
  FetchSettings probing = settings;
  probing.connect_timeout = std::min(probing.connect_timeout, kProbeWithin);
  probing.request_timeout = std::min(probing.request_timeout, kProbeWithin);
  const Interrupt never;
  for (const Endpoint& endpoint : settings.bootstrap) {
    const auto connection = Connection::Open(endpoint, probing, never);
    if (connection) break;
    if (connection.error().kind == ErrorKind::kUnsupported) return tl::unexpected<Error>(connection.error());
  }
  return std::make_unique<NativeFetcher>(client, options, std::move(settings));
}

}  // namespace frazil::source::kafka
