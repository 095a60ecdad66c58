"""Makes the faults, all or those of the numbers given, and writes docs/faults.md once all were made.

    PYTHONPATH=tests tests/fault/report.py [NUMBER...]
"""

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from registry import CONNECT, FAULTS, Fault
from seed import SEED

TESTS = Path(__file__).resolve().parent.parent
PAGE = TESTS.parent / "docs" / "faults.md"
INTRO = """# Faults

This page lists what can go wrong around a pipeline from Kafka to Iceberg, what should happen then, and what did happen in
the last run. The tests make each fault on real servers: Apache Kafka, MinIO and Iceberg's REST catalog. They use

- a proxy between Frazil and its servers (`tests/fault/proxy.py`). It delays and refuses requests, answers 5xx before or
  after it passes a request on, loses replies, sends requests twice, cuts bodies short, and closes one direction of a
  connection;
- failpoints in the program, signals, a small disk and a wrong clock.

After each fault PyIceberg counts. Every committed record must be in the table once. Every file that the table refers to
must exist with its size, and none may be referenced twice. `frazil verify` must find the same (`tests/fault/oracle.py`).
If a pipeline should stop, the test also checks that it says why.

`make faults` makes all faults and writes this page. `make faults NUMBER=2` makes one and prints what happened.
`make faults-short`, a part of `make test`, makes the quick ones. `make soak` makes faults at random under load for an
hour, from a seed that it prints. `make outage` keeps the catalog down for an hour while 2 GB arrive in the topic.
[exactly-once.md](exactly-once.md) says how exactly-once is kept. It also describes the simulation, which covers orders of
events that no real server can be made to show.

"""


BESIDE = """
## Kafka Connect under the same faults

Here Apache Kafka Connect 3.9.1 with Iceberg's own sink 1.10.1 takes Frazil's place, with the same proxies, broker and
catalog and the same count afterwards. It has its default settings, except a commit every 3 s and sessions of 6 s
(`tests/fault/connect_sink.py`). The table shows what happened in this run:

"""


@dataclass
class Outcome:
    """Of the tests of one function."""

    ran: int = 0
    skipped: int = 0
    failed: list[str] = field(default_factory=list)
    happened: list[str] = field(default_factory=list)


def make(faults: list[Fault]) -> dict[str, Outcome]:
    """Runs their tests; by test as the registry names it."""
    tests = dict.fromkeys(test for fault in faults for test in fault.tests)
    tests |= dict.fromkeys(CONNECT[fault.number] for fault in faults if fault.number in CONNECT)
    with tempfile.TemporaryDirectory(prefix="faults-") as directory:
        results = Path(directory) / "results.xml"
        at_once = ["-n", str((os.cpu_count() or 1) + 1), "--dist", "worksteal"] if len(faults) > 1 else []
        subprocess.run([sys.executable, "-m", "pytest", "-m", "fault or connect or not slow", *at_once,
                        "-o", "junit_family=xunit1", f"--junitxml={results}", *tests], cwd=TESTS)
        cases = ElementTree.parse(results).iter("testcase")
        return read(sorted(cases, key=lambda case: case.get("name")))  # the page changes with what happens only


def read(cases) -> dict[str, Outcome]:
    outcomes = defaultdict(Outcome)
    for case in cases:
        outcome = outcomes[f"{case.get('file')}::{case.get('name').split('[')[0]}"]
        outcome.ran += 1
        if case.find("failure") is not None or case.find("error") is not None:
            outcome.failed.append(case.get("name"))
        elif case.find("skipped") is not None:
            outcome.skipped += 1
        outcome.happened += [p.get("value") for p in case.iter("property") if p.get("name") == "happened"]
    return outcomes


def happened(fault: Fault, outcomes: dict[str, Outcome]) -> str:
    if not fault.tests:
        return f"not applicable: {fault.missing}"
    of = [outcomes.get(test, Outcome()) for test in fault.tests]
    failed = [name for outcome in of for name in outcome.failed]
    silent = [test for test, outcome in zip(fault.tests, of) if outcome.ran == outcome.skipped]
    ran = sum(outcome.ran - outcome.skipped for outcome in of)
    if failed:
        verdict = f"**fails**: {len(failed)} of {ran}: " + ", ".join(f"`{name}`" for name in failed)
    elif silent:
        verdict = "**did not run**: " + ", ".join(f"`{test}`" for test in silent)
    else:
        verdict = f"as it should, {ran} of {ran}"
    said = list(dict.fromkeys(text for outcome in of for text in outcome.happened))
    return ". ".join([verdict, *said[:3]]) + (f" ({fault.missing})" if fault.missing else "")


def page(outcomes: dict[str, Outcome]) -> str:
    lines = ["| # | fault | what should happen | what happened | alone |", "|---|---|---|---|---|"]
    for fault in FAULTS:
        alone = f"`make faults NUMBER={fault.number}`" if fault.tests else ""
        cells = [str(fault.number), fault.name, fault.should, happened(fault, outcomes), alone]
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    beside = ["| # | fault | what happened |", "|---|---|---|"]
    for fault in FAULTS:
        if fault.number in CONNECT:
            beside.append(f"| {fault.number} | {fault.name} | {of_connect(fault, outcomes)} |")
    seed = f"The dice of this run began with {SEED} (`make faults SEED=N`).\n\n"
    return INTRO + seed + "\n".join(lines) + "\n" + BESIDE + "\n".join(beside) + "\n"


def of_connect(fault: Fault, outcomes: dict[str, Outcome]) -> str:
    outcome = outcomes.get(CONNECT[fault.number], Outcome())
    if outcome.failed or not outcome.happened:
        return f"**did not come to an end**: {', '.join(outcome.failed) or 'no outcome'}"
    return ". ".join(outcome.happened)


def main(numbers: list[str]) -> int:
    faults = [fault for fault in FAULTS if not numbers or str(fault.number) in numbers]
    outcomes = make(faults)
    if not numbers:
        PAGE.write_text(page(outcomes))
    for fault in faults:
        print(f"{fault.number:2} {fault.name}\n   {happened(fault, outcomes)}")
        if fault.number in CONNECT:
            print(f"   Kafka Connect: {of_connect(fault, outcomes)}")
    return int(any(fault.tests and not happened(fault, outcomes).startswith("as it should") for fault in faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
