#include "app/progress_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "common/system/thread.h"

namespace frazil::app {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr auto kRewriteEvery = std::chrono::milliseconds(500);
constexpr auto kRateOver = seconds(5);  // the rates are averages over this time

// 1234567 as "1,234,567".
std::string Grouped(int64_t number) {
  std::string text = std::to_string(number);
  const size_t first = text[0] == '-' ? 1 : 0;
  for (size_t at = text.size(); at > first + 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string Ago(seconds age) {
  if (age < std::chrono::minutes(2)) return fmt::format("{} s", age.count());
  if (age < std::chrono::hours(2)) return fmt::format("{} min", age.count() / 60);
  return fmt::format("{} h", age.count() / 3600);
}

bool ContinuesCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }  // UTF-8

// Returns `text` if it has at most `columns` characters, else its beginning with an ellipsis.
std::string Cut(std::string text, int columns) {
  const auto starts = [](char c) { return !ContinuesCharacter(c); };
  if (std::count_if(text.begin(), text.end(), starts) <= columns) return text;
  int characters = 0;
  const auto end = std::find_if(text.begin(), text.end(), [&](char c) { return starts(c) && ++characters == columns; });
  text.erase(end, text.end());
  return text + "…";
}

struct Counts {
  steady_clock::time_point at;
  int64_t records = 0;
  int64_t bytes = 0;
};

Counts CountsOf(const ProgressLine::Pipelines& pipelines) {
  Counts counts{steady_clock::now()};
  for (const auto& pipeline : pipelines) {
    counts.records += pipeline->records;
    counts.bytes += pipeline->bytes;
  }
  return counts;
}

}  // namespace

std::string ProgressText(const ProgressView& view, int columns) {
  const std::string rate =
      fmt::format("{}: {} records/s", view.name, Grouped(static_cast<int64_t>(view.records_per_sec + 0.5)));
  const std::string rest = fmt::format(
      ", lag {}, {}", view.lag ? Grouped(*view.lag) : "unknown",
      view.since_commit ? fmt::format("{} rows committed, last {} ago", Grouped(view.rows), Ago(*view.since_commit))
                        : "nothing committed yet");
  const std::string whole = fmt::format("{} ({:.1f} MB/s){}", rate, view.bytes_per_sec / 1e6, rest);
  // If the line is too long, the bytes per second are left out.
  return static_cast<int>(whole.size()) <= columns ? whole : Cut(rate + rest, columns);
}

ProgressLine::ProgressLine(StatusLine& line, std::string name, Pipelines pipelines)
    : line_(line), name_(std::move(name)), pipelines_(std::move(pipelines)) {
  auto thread = StartThread("a progress line", [this] { Run(); });
  if (thread) thread_ = *std::move(thread);
}

ProgressLine::~ProgressLine() {
  {
    const std::lock_guard lock(mutex_);
    end_ = true;
  }
  ended_.notify_all();
  if (thread_.joinable()) thread_.join();
  line_.Clear();
}

void ProgressLine::Run() {
  std::deque<Counts> past = {CountsOf(pipelines_)};
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, kRewriteEvery, [&] { return end_; })) {
    const Counts now = CountsOf(pipelines_);
    while (past.size() > 1 && now.at - past[1].at >= kRateOver) past.pop_front();
    const double elapsed = std::chrono::duration<double>(now.at - past[0].at).count();
    ProgressView view;
    view.name = name_;
    view.records_per_sec = static_cast<double>(now.records - past[0].records) / elapsed;
    view.bytes_per_sec = static_cast<double>(now.bytes - past[0].bytes) / elapsed;
    past.push_back(now);
    view.lag = 0;
    for (const auto& pipeline : pipelines_) {
      const int64_t lag = pipeline->lag;
      const steady_clock::time_point commit = pipeline->last_commit;
      view.rows += pipeline->rows;
      view.lag = lag == ingest::Progress::kUnknown || !view.lag ? std::nullopt : std::optional(*view.lag + lag);
      if (commit == steady_clock::time_point()) continue;
      const auto since = std::chrono::duration_cast<seconds>(now.at - commit);
      view.since_commit = std::max(seconds(0), std::min(since, view.since_commit.value_or(since)));
    }
    line_.Show(ProgressText(view, line_.Columns() - 1));  // the last column may wrap
  }
}

}  // namespace frazil::app
