"""Each rule of docs/exactly-once.md has a guard in the code and a test; with the guard off, the test must fail.

That shows two things: the test can see the rule broken, and the guard is what keeps it.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from paths import BUILD

UNIT = {
    "contiguous": ("table_test", "OffsetMoves.AdvancesOnlyWhereRangesJoin:*CommitterTest.AZombieIsFenced/*"),
    "by-commits": ("table_test", "*StartCheckTest.OffsetsThatWereTakenOut/*"),
    "as-named": ("table_test", "*EditedStateTest.AValueThatBelongsUnderAnotherKey/*"),
    "accounted": ("table_test", "OffsetMoves.RefusesOffsetsThatNobodyAccountsFor"),
    "atomic": ("table_test", "*CommitterTest.FilesAndOffsetsArriveTogether/*"),
    "errors-new": ("table_test", "*CommitterTest.ErrorsThatCameBeforeARewindAreFenced/*"),
    "replayed-once": ("table_test", "*CommitterTest.OfTwoReplaysAtOnceOneIsFenced/*"),
    "errors-told": ("table_test", "*FallbackTest.ErrorsThatWereDroppedAreToldByTheSnapshot/*"),
    "told": ("table_test", "*CommitterTest.ATryThatMayHaveBeenTakenAndExpiredIsNotSentAgain/*"),
    "same-schema": ("table_test", "*CommitterTest.WhatAnotherEngineChangesHasRecordsDecidedUponAgain/*"),
    "unknown": ("table_test", "*CommitterTest.ALostReplyIsNotAFailure/*"),
    "ordered": ("ingest_test", "MicroBatchTest.AHoleIsNeverCommitted"),
    "unique": ("ingest_test", "FileNames.AreNeverUsedTwice"),
}
WHOLE = {
    "established": "test_the_start_is_recorded_before_anything_is_read",
    "bounded": "test_memory_stays_within_its_limit_while_commits_are_slow",
}


@pytest.mark.parametrize("guard", UNIT)
def test_the_unit_test_needs_its_guard(guard):
    program, tests = UNIT[guard]

    def run(without: str) -> subprocess.CompletedProcess:
        return subprocess.run([BUILD / program, f"--gtest_filter={tests}"], capture_output=True, text=True,
                              env=os.environ | {"FRAZIL_WITHOUT_GUARDS": without})

    sound = run("")
    assert sound.returncode == 0, sound.stdout
    for one in tests.split(":"):
        pattern = one.replace("*", ".*")
        assert re.search(rf"\[       OK \] {pattern}( |$)", sound.stdout), f"{program} has no test {one}"
    assert run(guard).returncode != 0, f"nothing notices that '{guard}' is off"


@pytest.mark.slow
@pytest.mark.parametrize("guard", WHOLE)
def test_the_whole_needs_its_guard(guard):
    def run(without: str) -> int:
        command = [sys.executable, "-m", "pytest", "-q", Path(__file__).parent / "exactly_once_test.py", "-k", WHOLE[guard]]
        return subprocess.run(command, capture_output=True,
                              env=os.environ | {"FRAZIL_WITHOUT_GUARDS": without}).returncode

    assert run("") == 0
    assert run(guard) == 1, f"nothing notices that '{guard}' is off"
