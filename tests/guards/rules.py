"""The rules of docs/exactly-once.md, each with a change of the source that breaks it, and with the tests that must fail
then: they can see the rule broken, and what the change takes away is what keeps it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """In a file below src/, `old`, which is there once, becomes `new`."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Simulation:
    """One of so many schedules breaks, from seed 1 on."""

    schedules: int = 1000
    program = "commit_simulation"


@dataclass(frozen=True)
class Unit:
    """Of these tests of `program`, as --gtest_filter has them, one fails."""

    program: str
    tests: str


@dataclass(frozen=True)
class Whole:
    """This test of the program fails: a file of tests/ and its function."""

    test: str
    program = "frazil"


@dataclass(frozen=True)
class Rule:
    edits: tuple[Edit, ...]
    proofs: tuple[Simulation | Unit | Whole, ...]


def rule(*parts: Edit | Simulation | Unit | Whole) -> Rule:
    return Rule(tuple(part for part in parts if isinstance(part, Edit)),
                tuple(part for part in parts if not isinstance(part, Edit)))


def not_required(requirement: str) -> Edit:
    """Commits do not ask this of the table any more."""
    after = "  FRAZIL_RETURN_IF_ERROR(store.Add(ended_.states, *base.metadata, attempt));\n"
    drop = f"""  std::erase_if(attempt.requirements,
                [](const auto& one) {{ return std::holds_alternative<iceberg::{requirement}>(one); }});
"""
    return Edit("table/commit_tries.cc", after, after + drop)


RULES = {
    # --- Offsets: each is moved over once, in order, by the commit that has its row -----------------------------------
    "contiguous": rule(
        Edit("table/offset_moves.cc", "if (range.first != partition.next) {", "if (false) {"),
        Simulation(),
        Unit("table_test", "OffsetMoves.AdvancesOnlyWhereRangesJoin:*CommitterTest.AZombieIsFenced/*")),
    "accounted": rule(
        Edit("table/offset_moves.cc", "if (range.next - range.first != range.counts.total()) {", "if (false) {"),
        Simulation(), Unit("table_test", "OffsetMoves.RefusesOffsetsThatNobodyAccountsFor")),
    "ordered": rule(
        Edit("ingest/micro_batch.cc", "if (ranges[i].first != joined.next) {", "if (false) {"),
        Unit("ingest_test", "MicroBatchTest.AHoleIsNeverCommitted")),
    "skips-ahead": rule(  # one schedule of some thousands needs it
        Edit("ingest/committed_offsets.cc", "if (found == stand.end() || found->second != records.first) {",
             "if (false) {"),
        Simulation(20_000)),
    "atomic": rule(  # offsets in a request of their own
        Edit("table/commit_tries.cc", "  proposal_.sent = true;\n", """  proposal_.sent = true;
  FRAZIL_RETURN_IF_ERROR(means_.table.Send(attempt.requirements, attempt.updates, key_.text));
  attempt.requirements.clear();
  attempt.updates.clear();
"""),
        Simulation(), Unit("table_test", "*CommitterTest.FilesAndOffsetsArriveTogether/*")),
    "established": rule(  # starts known to this process alone
        Edit("table/committer.cc", "  const auto establish = [&](StatesByTopic& states) -> Status {\n", """
  StatesByTopic alone;
  for (const auto& [source, start] : starts) {
    OffsetState& state = alone.try_emplace(source.topic, NewState(source.topic)).first->second;
    state.partitions.try_emplace(source.partition, StartingAt(start));
  }
  Adopt(std::move(alone));
  return {};
  const auto establish = [&](StatesByTopic& states) -> Status {
"""),
        Edit("table/committer.cc", "    FRAZIL_ASSIGN_OR_RETURN(const StatesByTopic applied, errors.applied());\n", """
    if (states.empty()) {
      std::lock_guard lock(mutex_);
      states = states_;
    }
    FRAZIL_ASSIGN_OR_RETURN(const StatesByTopic applied, errors.applied());
"""),
        Simulation(),
        Whole("e2e/exactly_once_test.py::test_the_start_is_recorded_before_anything_is_read")),

    # --- Commits: sent on what was looked at, and never twice ---------------------------------------------------------
    "same-head": rule(not_required("AssertRefSnapshotId"), Simulation()),
    "same-table": rule(not_required("AssertTableUuid"), Simulation()),
    "same-schema": rule(
        Edit("table/table.cc", "const iceberg::TableMetadata& base) const {\n  const auto changed =",
             "const iceberg::TableMetadata& base) const {\n  return {};\n  const auto changed ="),
        Edit("table/commit_tries.cc", "  if (!proposal_.decided.empty()) {\n", "  if (false) {\n"),
        Simulation(),
        Unit("table_test", "*CommitterTest.WhatAnotherEngineChangesHasRecordsDecidedUponAgain/*")),
    "unknown": rule(
        Edit("table/commit_tries.cc",
             "if (writer_.attempts() > 0 && WasTaken(*base.metadata, writer_.snapshot_id())) {", "if (false) {"),
        Simulation(), Unit("table_test", "*CommitterTest.ALostReplyIsNotAFailure/*")),
    "told": rule(
        Edit("table/commit_tries.cc", "if (CanNotBeTold(*base.metadata)) {", "if (false) {"),
        Unit("table_test", "*CommitterTest.ATryThatMayHaveBeenTakenAndExpiredIsNotSentAgain/*")),
    "read-back": rule(
        Edit("table/commit_tries.cc", "::KeepsOffsets(const catalog::LoadedTable& committed) const {\n",
             "::KeepsOffsets(const catalog::LoadedTable& committed) const {\n  return true;\n"),
        Simulation()),
    "undeleted": rule(  # a try that failed takes its files with it, whatever became of it
        Edit("table/commit_tries.cc",
             "    if (last.is_taken() || last.kind == Verdict::Kind::kRefused) return End(std::move(last));\n", """
    if (last.is_taken() || last.kind == Verdict::Kind::kRefused) return End(std::move(last));
    for (const std::string& path : writer_.Unused(nullptr, {})) (void)base.io->Delete(path);
"""),
        Simulation()),
    "unique": rule(
        Edit("ingest/file_names.cc", "run_(RandomUuid())", 'run_("run")'),
        Simulation(), Unit("ingest_test", "FileNames.AreNeverUsedTwice")),
    "row-ids-kept": rule(  # manifests that were merged for an earlier try are used again, whatever ids were given since
        Edit("iceberg/commit_manifests.cc", "return {manifest.manifest_path, manifest.first_row_id};",
             "return {manifest.manifest_path, std::nullopt};"),
        Unit("iceberg_test", "SnapshotWriterTest.RowsOfAnUpgradedTableKeepTheIdsThatARivalGaveThem")),

    # --- Where offsets stand, and whose they are ----------------------------------------------------------------------
    "one-feeder": rule(
        Edit("table/state_reader.cc", "if (options_.independent) return {};", "return {};"), Simulation()),
    "same-topic": rule(
        Edit("table/state_reader.cc",
             "if (!state.topic_id.empty() && !topic_id.empty() && state.topic_id != topic_id) {", "if (false) {"),
        Simulation()),
    "not-copied": rule(
        Edit("table/state_validity.cc", "if (state.table_uuid != metadata.table_uuid) return", "if (false) return"),
        Simulation()),
    "not-rolled-back": rule(
        Edit("table/state_validity.cc", "  const auto unless_cut =",
             "  return StateValidity::kValid;\n  const auto unless_cut ="),
        Simulation()),
    "caught-up": rule(
        Edit("table/state_reader.cc", "return in_table(CaughtUp(state, history));", "return state;"), Simulation()),
    "by-commits": rule(
        Edit("table/start_check.cc", "const std::string& table_name) {\n  std::vector<StoredState> states;",
             "const std::string& table_name) {\n  return {};\n  std::vector<StoredState> states;"),
        Unit("table_test", "*StartCheckTest.OffsetsThatWereTakenOut/*")),
    "as-named": rule(
        Edit("table/offset_store.cc", "OffsetsKey(*state); key != at->first) {", "OffsetsKey(*state); false) {"),
        Unit("table_test", "*EditedStateTest.AValueThatBelongsUnderAnotherKey/*")),
    "newest-form": rule(
        Edit("table/offset_store.cc", "if (first || newer) at->second", "if (first) at->second"), Simulation()),
    "unexpired": rule(
        Edit("table/offset_store.cc", "      ref.max_ref_age_ms = std::numeric_limits<int64_t>::max();\n", ""),
        Simulation()),

    # --- Bad records: in the errors table once, a row once at most ----------------------------------------------------
    "errors-there": rule(
        Edit("ingest/errors_outbox.cc", "if (stands == next.end() ||", "if (true ||"), Simulation()),
    "errors-named": rule(
        Edit("table/committer.cc", "if (own != pending.end() && Reaches(state, own->second)) AddPending",
             "if (false) AddPending"),
        Simulation()),
    "errors-told": rule(
        Edit("table/offset_history.cc",
             "if (const auto own = errors.find(state.topic); own != errors.end()) AddPending",
             "if (const auto own = errors.end(); false) AddPending"),
        Simulation(), Unit("table_test", "*FallbackTest.ErrorsThatWereDroppedAreToldByTheSnapshot/*")),
    "errors-new": rule(  # one schedule of ten thousand needs it, so its unit test must do
        Edit("table/committer.cc", "if (found != states.end()) FRAZIL_RETURN_IF_ERROR(CheckNew(",
             "if (false) FRAZIL_RETURN_IF_ERROR(CheckNew("),
        Unit("table_test", "*CommitterTest.ErrorsThatCameBeforeARewindAreFenced/*")),
    "replayed-once": rule(  # likewise
        Edit("table/committer.cc", "    if (!as_chosen) {\n", "    if (false) {\n"),
        Unit("table_test", "*CommitterTest.OfTwoReplaysAtOnceOneIsFenced/*")),

    # --- Memory -------------------------------------------------------------------------------------------------------
    "bounded": rule(
        Edit("ingest/lane_intake.cc", "bool LaneIntake::MemoryIsSpent() {\n",
             "bool LaneIntake::MemoryIsSpent() {\n  return false;\n"),
        Whole("e2e/exactly_once_test.py::test_memory_stays_within_its_limit_while_commits_are_slow")),
}
