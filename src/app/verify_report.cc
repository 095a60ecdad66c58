#include "app/verify_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "app/table_report.h"
#include "app/text_table.h"

namespace frazil::app {
namespace {

using Json = nlohmann::ordered_json;
using ops::Proof;

std::string_view ProofWord(Proof proof) {
  switch (proof) {
    case Proof::kNone:
      return "none";
    case Proof::kByCount:
      return "count";
    case Proof::kByOffset:
      return "offset";
  }
  return "?";
}

std::string ProofText(const std::string& word) {
  if (word == "offset") return "proved offset by offset";
  return word == "count" ? "proved by count" : "not proved";
}

template <class T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json TopicJson(const std::optional<ops::TopicAudit>& topic) {
  if (!topic) return nullptr;
  return {{"offsets", topic->offsets},
          {"records", topic->records},
          {"unreached", topic->unreached},
          {"compacted", topic->compacted}};
}

Json AccountJson(const ops::AccountReport& report) {
  const table::OffsetAccount& account = report.account;
  Json partitions = Json::array();
  int64_t before = 0;
  for (const auto& [id, partition] : account.partitions) {
    partitions.push_back({{"partition", id},
                          {"first", partition.first()},
                          {"next", OrNull(partition.stands_at)},
                          {"counts", CountsJson(partition.counts())}});
    for (const auto& stretch : partition.stretches) {
      if (stretch.snapshot == nullptr) before += stretch.next - stretch.first;
    }
  }
  return {{"pipeline", account.pipeline},
          {"topic", account.topic},
          {"branch", report.ref},
          {"proof", ProofWord(report.proof)},
          {"commits", report.commits},
          {"offsets_before_history", before},
          {"counts", CountsJson(account.counts())},
          {"partitions", std::move(partitions)},
          {"compared_with_topic", TopicJson(report.topic)}};
}

std::string CountsText(const Json& counts) {
  std::string text;
  int64_t total = 0;
  for (const auto& [name, count] : counts.items()) {
    const auto value = count.get<int64_t>();
    total += value;
    if (name != "rows" && value == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", FormatCount(value), name);
  }
  return fmt::format("{} offsets: {}", FormatCount(total), text);
}

std::string AccountText(const Json& account) {
  std::string out = fmt::format("\npipeline {}, topic {}{}: {}\n", account["pipeline"].get<std::string>(),
                                account["topic"].get<std::string>(),
                                account["branch"] == "main" ? "" : ", branch " + account["branch"].get<std::string>(),
                                ProofText(account["proof"].get<std::string>()));
  out += fmt::format("  {}, {}\n", FormatNumber(static_cast<int64_t>(account["partitions"].size()), "partition"),
                     CountsText(account["counts"]));
  const auto before = account["offsets_before_history"].get<int64_t>();
  out += fmt::format("  {} in the history", FormatNumber(account["commits"].get<int64_t>(), "commit"));
  if (before > 0) out += fmt::format("; of the {} before them, the totals are kept", FormatNumber(before, "offset"));
  out += "\n";
  if (const Json& topic = account["compared_with_topic"]; !topic.is_null()) {
    out += fmt::format("  {} of the topic read again: {}\n", FormatNumber(topic["offsets"].get<int64_t>(), "offset"),
                       FormatNumber(topic["records"].get<int64_t>(), "record"));
  }
  return out;
}

std::string OthersText(const Json& others) {
  std::string out;
  for (const auto& writer : others) {
    out += fmt::format("{}  {}: {}", out.empty() ? "\nothers, who are not part of the proof\n" : "",
                       writer["writer"].get<std::string>(), FormatNumber(writer["commits"].get<int64_t>(), "commit"));
    if (const auto rewrites = writer["rewrites"].get<int64_t>(); rewrites > 0) {
      out += fmt::format(", {} that kept all rows", FormatNumber(rewrites, "rewrite"));
    }
    out += fmt::format(", {} added, {} removed\n", FormatNumber(writer["added_rows"].get<int64_t>(), "row"),
                       FormatCount(writer["removed_rows"].get<int64_t>()));
  }
  return out;
}

std::string UnprovedText(const Json& unproved) {
  std::string out;
  for (const auto& sentence : unproved) {
    out += fmt::format("{}  {}\n", out.empty() ? "\nnot proved\n" : "", sentence.get<std::string>());
  }
  return out;
}

std::string FindingsText(const Json& findings) {
  std::string out;
  for (const auto& finding : findings) {
    out += fmt::format("{}FAIL  {}: {}\n      {}\n      {}\n", out.empty() ? "\n" : "",
                       finding["kind"].get<std::string>(), finding["where"].get<std::string>(),
                       finding["what"].get<std::string>(), finding["advice"].get<std::string>());
  }
  return out;
}

}  // namespace

Json VerifyJson(const catalog::TableIdent& ident, const ops::VerifyReport& report) {
  Json accounts = Json::array();
  for (const auto& account : report.accounts) accounts.push_back(AccountJson(account));
  Json others = Json::array();
  for (const auto& writer : report.others) {
    others.push_back({{"writer", writer.name},
                      {"commits", writer.commits},
                      {"rewrites", writer.rewrites},
                      {"added_rows", writer.added_rows},
                      {"removed_rows", writer.removed_rows}});
  }
  Json findings = Json::array();
  for (const auto& finding : report.findings) {
    findings.push_back({{"kind", ToString(finding.kind)},
                        {"where", finding.where},
                        {"what", finding.what},
                        {"advice", finding.advice}});
  }
  return {{"table", ident.ToString()},
          {"uuid", report.table_uuid},
          {"sound", report.findings.empty()},
          {"snapshot_id", OrNull(report.snapshot_id)},
          {"snapshots", report.snapshots},
          {"manifests", report.manifests},
          {"data_files", report.files},
          {"delete_files", report.delete_files},
          {"deleted_rows", report.deleted_rows},
          {"rows", report.rows},
          {"history_from_ms", OrNull(report.history_from_ms)},
          {"accounts", std::move(accounts)},
          {"others", std::move(others)},
          {"unproved", report.unproved},
          {"findings", std::move(findings)}};
}

std::string VerifyText(const Json& report) {
  const auto table = report["table"].get<std::string>();
  std::string out = fmt::format("{}: {}, {}, {}", table, FormatNumber(report["snapshots"].get<int64_t>(), "snapshot"),
                                FormatNumber(report["data_files"].get<int64_t>(), "data file"),
                                FormatNumber(report["rows"].get<int64_t>(), "row"));
  if (const auto deletes = report["delete_files"].get<int64_t>(); deletes > 0) {
    out += fmt::format(", {} that take {} out", FormatNumber(deletes, "delete file"),
                       FormatNumber(report["deleted_rows"].get<int64_t>(), "row"));
  }
  if (!report["history_from_ms"].is_null()) {
    out += fmt::format("; history from {} on", FormatMillis(report["history_from_ms"].get<int64_t>()));
  }
  out += "\n";
  for (const auto& account : report["accounts"]) out += AccountText(account);
  if (report["accounts"].empty()) out += "\nno pipeline keeps offsets in it: only its files and manifests are proved\n";
  out += OthersText(report["others"]) + UnprovedText(report["unproved"]) + FindingsText(report["findings"]);
  const auto problems = static_cast<int64_t>(report["findings"].size());
  return out + (problems == 0 ? fmt::format("\n{} is sound\n", table)
                              : fmt::format("\n{}: {} found\n", table, FormatNumber(problems, "problem")));
}

}  // namespace frazil::app
