// Runs one logical commit in the form in which the catalog keeps offsets, and moves from one form to the other.
#include "common/failpoint.h"
#include "common/log.h"
#include "iceberg/snapshot_writer.h"
#include "table/commit_tries.h"
#include "table/committer.h"

namespace frazil::table {

Result<CommitReport> Committer::Run(iceberg::SnapshotWriter& writer, const StateChange& change,
                                    const Restatement& restatement, const std::vector<DecidedBy>& decided, bool* sent) {
  std::lock_guard one_at_a_time(commit_mutex_);
  Proposal proposal{writer, change, decided};
  auto report = RunInAnyForm(proposal, restatement);
  if (sent != nullptr) *sent = proposal.sent;
  if (!report && !proposal.sent) {
    const std::shared_ptr<io::FileIo> io = table_->current().io;
    for (const std::string& path : writer.Unused(nullptr, {})) {
      if (auto gone = io->Delete(path); !gone) log::debug("left behind {}: {}", path, gone.error().message);
    }
  }
  return report;
}

Result<CommitReport> Committer::RunInAnyForm(Proposal& proposal, const Restatement& restatement) {
  FRAZIL_ASSIGN_OR_RETURN(const Ended ended, RunInOneForm(proposal));
  if (!ended.refused() && ended.kept) return ended.report;
  if (ended.states.empty() || ended.form == OffsetForm::kTag) return NotKept(ended, ended);

  const auto restate = [&] {
    iceberg::SnapshotWriter rowless(options_.ref, iceberg::NoFiles(), restatement.summary);
    Proposal restated{rowless, restatement.change, {}};
    return RunInOneForm(restated);
  };
  Ended moved;
  if (ended.refused() && proposal.writer.has_files()) {
    // The catalog may have refused the files, not the form. A commit without files tells.
    FRAZIL_ASSIGN_OR_RETURN(moved, restate());
    if (!moved.refused() && moved.kept && moved.form == ended.form) return tl::unexpected<Error>(ended.verdict.error);
  }
  // Tries the other form, unless another process has already changed the form.
  if (moved.form == ended.form) {
    property_fails_ = true;
    FRAZIL_ASSIGN_OR_RETURN(moved, restate());
  }
  if (moved.refused() || !moved.kept) {
    property_fails_ = false;
    return NotKept(ended, moved);
  }
  const OffsetState& one = ended.states.begin()->second;
  log::info("{} {} the {}; the offsets of table {} are kept by the {} instead", table_->catalog().Describe(),
            ended.refused() ? "refused" : "dropped", OffsetStore::Of(ended.form).Place(one), table_->ident().ToString(),
            OffsetStore::Of(moved.form).Place(one));
  if (!ended.refused()) return ended.report;
  if (restatement.suffices) return moved.report;
  FRAZIL_ASSIGN_OR_RETURN(const Ended again, RunInOneForm(proposal));
  if (again.refused() || !again.kept) return NotKept(ended, again);
  return again.report;
}

Result<Ended> Committer::RunInOneForm(Proposal& proposal) {
  CommitTries tries({*table_, options_, reader_, files_, property_fails_}, proposal);
  FRAZIL_ASSIGN_OR_RETURN(Ended ended, tries.Run());
  switch (ended.verdict.kind) {
    case Verdict::Kind::kTaken:
      if (ended.kept) Adopt(ended.states);
      break;
    case Verdict::Kind::kFound:
      // Other commits may have come after it, and another pipeline may have taken over its offsets.
      FRAZIL_RETURN_IF_ERROR(AdoptFrom(ended.verdict.committed));
      break;
    case Verdict::Kind::kEarlier:
      FRAZIL_RETURN_IF_ERROR(Load());
      break;
    default:
      return ended;
  }
  FRAZIL_FAILPOINT("after-reply");
  return ended;
}

// The error if no form worked. `first` is the first attempt, `last` the last; they may be the same.
tl::unexpected<Error> Committer::NotKept(const Ended& first, const Ended& last) const {
  // If both forms were refused with the same message, the refusal has nothing to do with the form.
  if (first.refused() && (first.states.empty() || first.form == last.form ||
                          (last.refused() && first.verdict.error.message == last.verdict.error.message))) {
    return tl::unexpected<Error>(first.verdict.error);
  }
  const auto said = [](const Ended& ended) {
    const std::string place = OffsetStore::Of(ended.form).Place(ended.states.begin()->second);
    return ended.refused() ? fmt::format("refused the {} ({})", place, ended.verdict.error.message)
                           : fmt::format("took the commit but not the {}", place);
  };
  return Fail(ErrorKind::kUnsupported,
              "{} {}{}: without either to hold the offsets, exactly-once is not possible there. Say 'delivery: "
              "at_least_once', or allow one of them in the catalog",
              table_->catalog().Describe(), said(first),
              first.form == last.form ? std::string() : fmt::format(", and {}", said(last)));
}

}  // namespace frazil::table
