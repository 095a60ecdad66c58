"""What the stages cost at least: the programs of bench/ceilings, and librdkafka to hold them against."""

import json
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.loads import Load
from bench.servers import Kafka
from bench.settings import BUILD

PROGRAMS = ("ceiling_fetch", "ceiling_parse", "ceiling_encode", "ceiling_librdkafka")
LOADS = ("sensor", "events")  # whose fields the programs know
STAGES = ("fetch", "parse", "encode")
AT_LEAST = {"fetch": 8, "parse": 4, "encode": 4}  # times librdkafka: else the ceilings are none


@dataclass(frozen=True)
class Ceilings:
    """What each program printed, a list of its runs each; runs of one number belong together."""

    load: str
    runs: dict[str, list[dict]]

    def per_cpu(self, name: str) -> list[float]:
        return [run["records_per_cpu_second"] for run in self.runs[name]]

    def limits(self) -> list[float]:
        """Records per CPU-second of a program that did the three stages and nothing else, by runs."""
        return [1 / sum(1 / rate for rate in rates) for rates in zip(*map(self.per_cpu, STAGES))]

    def times_librdkafka(self, stage: str) -> float:
        return statistics.median(a / b for a, b in zip(self.per_cpu(stage), self.per_cpu("librdkafka")))

    def complaints(self) -> list[str]:
        """Why no share of these ceilings means anything; nothing if they are good."""
        times = {stage: self.times_librdkafka(stage) for stage in STAGES}
        return [f"on {self.load} the {stage} ceiling is {times[stage]:.1f} × librdkafka, not ≥ {least} ×"
                for stage, least in AT_LEAST.items() if times[stage] < least]


def measure(kafka: Kafka, load: Load, rounds: int, work: Path) -> Ceilings:
    broker, topic = kafka.address, load.name
    commands = {"fetch": [BUILD / "ceiling_fetch", broker, topic],
                "parse": [BUILD / "ceiling_parse", broker, topic, load.kind],
                "encode": [BUILD / "ceiling_encode", broker, topic, load.kind, work / "ceiling.parquet"],
                "librdkafka": [BUILD / "ceiling_librdkafka", broker, topic]}
    runs = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            runs[name].append(json.loads(done.stdout))
    return Ceilings(load.name, runs)
