"""The page of faults leaves out nothing that is tested, and names nothing that is not."""

import re

from paths import ROOT
from registry import CONNECT, FAULTS

TESTS = ROOT / "tests"


def functions(file: str) -> set[str]:
    return {f"{file}::{name}" for name in re.findall(r"^def (test_\w+)", (TESTS / file).read_text(), re.M)}


def test_every_test_is_there():
    named = {test for fault in FAULTS for test in fault.tests} | set(CONNECT.values())
    there = set().union(*(functions(file) for file in {test.split("::")[0] for test in named}))
    assert named <= there


def test_every_fault_that_is_made_has_its_row():
    named = {test for fault in FAULTS for test in fault.tests}
    files = [file for file in sorted((TESTS / "fault").glob("*_test.py")) if "mark.fault" in file.read_text()]
    made = set().union(*(functions(f"fault/{file.name}") for file in files if file.name != "registry_test.py"))
    assert made <= named


def test_numbers_are_names():
    assert [fault.number for fault in FAULTS] == list(range(1, len(FAULTS) + 1))
    assert all(fault.tests or fault.missing for fault in FAULTS)
