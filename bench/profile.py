"""Where the CPU time of a run of Frazil goes, by perf. A run more, which counts nowhere else."""

import subprocess
from pathlib import Path

from bench.compare import Arena
from bench.contestant import Job
from bench.frazil import Frazil
from bench.loads import Load

LINES = 30


class Profiled(Frazil):
    def __init__(self, data: Path):
        super().__init__("Frazil under perf")
        self.data = data

    def command(self, job: Job) -> list:
        return ["perf", "record", "--quiet", "-F", "499", "-g", "-o", self.data, *super().command(job)]


def measure(arena: Arena, load: Load) -> list[str]:
    """The functions that take most, a line each."""
    data = arena.work / "perf.data"
    arena.run(Profiled(data), load, 1)
    report = subprocess.run(["perf", "report", "-i", data, "--stdio", "--no-children", "-g", "none", "--sort",
                             "dso,symbol", "--percent-limit", "0.8"], check=True, capture_output=True, text=True).stdout
    return [line.rstrip()[:110] for line in report.splitlines() if line.strip() and not line.startswith("#")][:LINES]
