// commit_simulation: plays schedules of the commit protocol, each from its seed alone, and checks the table after every
// change. One that breaks an invariant is played again with a trace. See docs/exactly-once.md, "How it is tested".
#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "world.h"

namespace {

using frazil::simulation::World;

constexpr std::chrono::seconds kTellEvery{10};

struct Options {
  uint64_t seed = 1;
  uint64_t schedules = 1000;
  uint64_t fresh = 0;
  int threads = 1;
  bool trace = false;
  bool all = false;
};

std::optional<std::string> PlayOne(uint64_t seed) {
  World world(seed);
  world.Run();
  return world.broken();
}

// The same, told. False if it breaks.
bool Tell(uint64_t seed) {
  std::string text;
  World world(seed, &text);
  world.Run();
  fmt::print("seed {}: {}\n{}", seed, world.scenario.Describe(), text);
  fmt::print("{}\n", world.broken() ? "BROKEN: " + *world.broken() : "all holds");
  return !world.broken();
}

// Few enough digits to be copied by hand.
uint64_t FreshSeed() { return std::random_device()() % 1'000'000'000ULL * 1'000'000ULL; }

// One kind of broken invariant: the lowest seed that was met, and how many others.
struct Finding {
  uint64_t seed = 0;
  std::string what;
  uint64_t count = 0;
};

// Its text without the words that differ from seed to seed: numbers, names, locations.
std::string KindOf(const std::string& what) {
  std::istringstream words(what);
  std::string kind;
  for (std::string word; words >> word;) {
    if (word.find_first_of("0123456789/") == std::string::npos) kind += word + ' ';
  }
  return kind;
}

class Search {
 public:
  explicit Search(const Options& options) : options_(options) {}

  // Plays `count` schedules from `seed` on. Ends at the first that breaks unless all are asked for. Long searches tell
  // on stderr how far they are.
  void Play(uint64_t seed, uint64_t count) {
    if (stop_) return;
    next_ = seed;
    end_ = seed + count;
    asked_for_ += count;
    std::vector<std::thread> threads;
    playing_ = options_.threads;
    for (int i = 0; i < options_.threads; ++i) {
      threads.emplace_back([this] {
        PlayOn();
        std::lock_guard lock(mutex_);
        if (--playing_ == 0) ended_.notify_one();
      });
    }
    for (std::unique_lock lock(mutex_); !ended_.wait_for(lock, kTellEvery, [this] { return playing_ == 0; });)
      TellHowFar();
    for (auto& thread : threads) thread.join();
  }
  const std::map<std::string, Finding>& findings() const { return findings_; }  // by kind
  uint64_t played() const { return played_; }
  double PlayedEachSecond() const {
    return static_cast<double>(played_) /
           std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  void TellHowFar() const {
    fmt::print(stderr, "{} of {} schedules, {:.0f} schedules/s, {} kinds of broken invariants\n", played(), asked_for_,
               PlayedEachSecond(), findings_.size());
  }
  void PlayOn() {
    while (!stop_) {
      const uint64_t seed = next_++;
      if (seed >= end_) return;
      const auto broke = PlayOne(seed);
      ++played_;
      if (!broke) continue;
      stop_ = !options_.all;
      std::lock_guard lock(mutex_);
      Finding& finding = findings_[KindOf(*broke)];
      if (finding.count == 0 && options_.all) fmt::print(stderr, "seed {}: {}\n", seed, *broke);
      if (finding.count == 0 || seed < finding.seed) finding = {seed, *broke, finding.count};
      ++finding.count;
    }
  }

  const Options& options_;
  std::atomic<uint64_t> next_{0};  // seed
  uint64_t end_ = 0;
  uint64_t asked_for_ = 0;
  std::atomic<uint64_t> played_{0};
  std::atomic<bool> stop_{false};
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::condition_variable ended_;
  int playing_ = 0;
  std::map<std::string, Finding> findings_;
};

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Plays schedules of the commit protocol and checks that nothing is lost and nothing is twice.");
  app.add_option("--seed", options.seed, "of the first schedule; the others follow")->capture_default_str();
  app.add_option("--schedules", options.schedules, "how many to play")->capture_default_str();
  app.add_option("--fresh", options.fresh, "play so many more, from a seed that no run has had, and say which");
  app.add_option("--threads", options.threads, "how many schedules to play beside each other")->capture_default_str();
  app.add_flag("--trace", options.trace, "tell what happens in the schedule of --seed, and play no other");
  app.add_flag("--all", options.all, "go on after a schedule that breaks; list one of each kind in the end");
  CLI11_PARSE(app, argc, argv);
  spdlog::set_level(spdlog::level::off);
  if (options.trace) return Tell(options.seed) ? 0 : 1;

  Search search(options);
  search.Play(options.seed, options.schedules);
  if (options.fresh > 0) {
    const uint64_t seed = FreshSeed();
    fmt::print("{} fresh schedules, from seed {} on\n", options.fresh, seed);
    search.Play(seed, options.fresh);
  }
  const auto& findings = search.findings();
  if (!options.all && !findings.empty()) Tell(findings.begin()->second.seed);
  for (const auto& [kind, finding] : findings) {
    fmt::print("seed {}{}: {}\n", finding.seed, options.all ? fmt::format(" and {} more", finding.count - 1) : "",
               finding.what);
  }
  fmt::print("{} schedules, {:.0f} schedules/s\n", search.played(), search.PlayedEachSecond());
  return findings.empty() ? 0 : 1;
}
