"""Several processes of one pipeline, undisturbed and with one more that comes and goes."""

import shlex
import sys
from dataclasses import replace
from pathlib import Path

from bench.compare import Arena, Run
from bench.contestant import Job
from bench.frazil import Frazil
from bench.loads import LOADS

PROCESSES = 3
EVERY = 2.0  # seconds between two rebalances
UNDISTURBED, DISTURBED = "undisturbed", f"a rebalance every {EVERY:.0f} s"
LOAD = replace(LOADS["wide"], name="group", partitions=200, records=2_000_000)


class Group(Frazil):
    leaves = False

    def __init__(self, name: str, every: float):
        super().__init__(name)
        self.every = every
        self.sink["flush_interval_secs"] = 1

    def command(self, job: Job) -> list:
        frazil = [str(word) for word in super().command(job) if word != "--once"]
        return [sys.executable, Path(__file__).with_name("group_job.py"), shlex.join(frazil), str(PROCESSES),
                str(self.every)]


def measure(arena: Arena, scale: float, rounds: int) -> list[Run]:
    load = LOAD.scaled(scale)
    arena.kafka.fill(load.name, load)
    return arena.rounds([(Group(UNDISTURBED, 0), load), (Group(DISTURBED, EVERY), load)], rounds)
