#include "ops/file_audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "common/system/parallel.h"
#include "common/text/ascii_case.h"
#include "table/offset_notes.h"
#include "table/offset_state.h"

namespace frazil::ops {
namespace {

constexpr size_t kTogether = 16;  // files: they wait for the storage most of the time

constexpr std::string_view kRestore =
    "restore it from a backup; or roll back to the snapshot before the commit that added it and say 'on_rollback: "
    "reingest'";

// Collects findings. Thread-safe.
class Report {
 public:
  explicit Report(table::Findings& findings) : findings_(findings) {}
  void Add(table::Finding finding) {
    std::lock_guard lock(mutex_);
    findings_.push_back(std::move(finding));
  }

 private:
  std::mutex mutex_;
  table::Findings& findings_;
};

bool IsDamage(const Error& error) { return error.kind == ErrorKind::kNotFound || error.kind == ErrorKind::kCorrupt; }

// Opens a file. If it is missing or has the wrong size, reports that and returns null.
Result<std::unique_ptr<io::InputFile>> OpenAsListed(const std::string& path, int64_t size, io::FileIo& io,
                                                    Report& report) {
  auto file = io.Open(path);
  auto found = file ? (*file)->Size() : tl::unexpected<Error>(file.error());
  if (!found && found.error().kind == ErrorKind::kNotFound) {
    report.Add(
        {table::FindingKind::kMissingFile, path, "the table refers to it, and it is not there", std::string(kRestore)});
    return std::unique_ptr<io::InputFile>();
  }
  if (!found) return tl::unexpected<Error>(found.error());
  if (*found == size) return *std::move(file);
  report.Add({table::FindingKind::kWrongSize, path, fmt::format("it has {} bytes, its manifest says {}", *found, size),
              std::string(kRestore)});
  return std::unique_ptr<io::InputFile>();
}

bool IsParquet(const LiveFile& file) {
  return file.content == iceberg::FileContent::kData && EqualsIgnoringCase(file.format, "parquet");
}

Result<FileFooter> FooterOf(const parquet::DataFileReader& reader) {
  FileFooter footer;
  footer.pipeline = reader.FooterText(std::string(table::kFooterPipeline)).value_or("");
  auto text = reader.FooterText(std::string(table::kFooterOffsets));
  if (!text) {
    text = reader.FooterText(std::string(table::kFooterReplayed));
    footer.replayed = text.has_value();
  }
  if (footer.pipeline.empty() || !text) return footer;
  FRAZIL_ASSIGN_OR_RETURN(footer.origins, table::ParseOrigins(*text));
  return footer;
}

Result<FileFooter> LookAt(const LiveFile& file, std::unique_ptr<io::InputFile> opened, const Look& look,
                          arrow::MemoryPool* pool, Report& report) {
  FRAZIL_ASSIGN_OR_RETURN(const auto reader, parquet::OpenDataFileReader(std::move(opened), file.path, pool));
  auto footer = FooterOf(*reader);
  if (!footer) return Wrap(footer.error(), file.path + ": its footer");
  if (reader->rows() != file.rows) {
    report.Add({table::FindingKind::kManifestDisagrees, file.path,
                fmt::format("it holds {} rows, its manifest says {}", reader->rows(), file.rows),
                std::string(kRestore)});
  }
  FRAZIL_RETURN_IF_ERROR(look(file, *footer, *reader));
  return footer;
}

}  // namespace

Status VisitFiles(const std::vector<LiveFile>& files, io::FileIo& io, table::Findings& findings, const Visits& visits,
                  const Visit& visit) {
  Report report(findings);
  std::mutex mutex;
  std::vector<size_t> again;
  const auto look = [&](size_t i, bool alone) -> Status {
    const LiveFile& file = files[i];
    FRAZIL_ASSIGN_OR_RETURN(auto opened, OpenAsListed(file.path, file.size, io, report));
    if (opened == nullptr) return {};
    const Status visited = visit(i, std::move(opened));
    if (visited) return {};
    if (IsDamage(visited.error())) {
      report.Add({table::FindingKind::kUnreadableFile, file.path, visited.error().message, std::string(kRestore)});
      return {};
    }
    if (alone || !visits.again_alone || visited.error().kind != ErrorKind::kUnavailable) return visited;
    std::lock_guard lock(mutex);
    again.push_back(i);
    return {};
  };
  FRAZIL_RETURN_IF_ERROR(
      ForEachInParallel(files.size(), visits.together, [&](size_t i) { return look(i, /*alone=*/false); }));
  for (const size_t i : again) FRAZIL_RETURN_IF_ERROR(look(i, /*alone=*/true));
  return {};
}

Result<std::vector<std::optional<FileFooter>>> AuditFiles(const std::vector<LiveFile>& files, io::FileIo& io,
                                                          const Look& look, table::Findings& findings,
                                                          const Visits& visits, arrow::MemoryPool* pool) {
  std::vector<std::optional<FileFooter>> footers(files.size());
  Report report(findings);
  const auto visit = [&](size_t i, std::unique_ptr<io::InputFile> opened) -> Status {
    if (!IsParquet(files[i])) return {};
    FRAZIL_ASSIGN_OR_RETURN(footers[i], LookAt(files[i], std::move(opened), look, pool, report));
    return {};
  };
  table::Findings of_visits;
  const Status visited = VisitFiles(files, io, of_visits, visits, visit);
  findings.insert(findings.end(), of_visits.begin(), of_visits.end());
  FRAZIL_RETURN_IF_ERROR(visited);
  return footers;
}

Status AuditPresence(const std::unordered_map<std::string, int64_t>& files, io::FileIo& io, table::Findings& findings) {
  std::vector<std::pair<std::string, int64_t>> list(files.begin(), files.end());
  std::sort(list.begin(), list.end());
  Report report(findings);
  return ForEachInParallel(list.size(), kTogether, [&](size_t i) -> Status {
    FRAZIL_RETURN_IF_ERROR(OpenAsListed(list[i].first, list[i].second, io, report));
    return {};
  });
}

}  // namespace frazil::ops
