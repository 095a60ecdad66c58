"""The loads: every contestant moves the same topics, in rounds, so that noise of the machine meets all alike."""

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bench import measure
from bench.contestant import Contestant, Job
from bench.loads import Load
from bench.servers import Kafka, RestCatalog, note
from bench.tables import NAMESPACE, Table

TIME_LIMIT = 600.0  # seconds of one run
STEADY_SHARE = measure.STEADY_TO - measure.STEADY_FROM


@dataclass(frozen=True)
class Run:
    """What one run came to. With an error the numbers are None."""

    load: str
    contestant: str
    round: int
    records: int
    error: str | None = None
    seconds: float | None = None
    cpu: float | None = None
    peak: int | None = None
    steady_rate: float | None = None  # records a second
    steady_per_cpu: float | None = None  # records a CPU second
    rows: int | None = None
    files: int | None = None
    bytes: int | None = None
    commits: int | None = None

    @property
    def rate(self) -> float:
        return self.records / self.seconds

    @property
    def per_cpu(self) -> float:
        return self.records / self.cpu


@dataclass(frozen=True)
class Arena:
    """Where runs take place. A topic has its load's name."""

    kafka: Kafka
    catalog: RestCatalog
    work: Path
    every: float = measure.EVERY  # seconds between two looks at a contestant

    def run(self, contestant: Contestant, load: Load, number: int) -> Run:
        """Moves the load's topic into a table of its own, and reads that."""
        what = {"load": load.name, "contestant": contestant.name, "round": number, "records": load.records}
        name = f"{load.name}_{contestant.name}_{number}".lower().replace(" ", "_")
        directory = self.work / name
        directory.mkdir()
        table = Table(self.catalog, name, load)
        try:
            job = Job(load, self.kafka, load.name, self.catalog, NAMESPACE, name, directory)
            measured = measure.run(contestant.command(job), directory, self.kafka.port,
                                   lambda: table.visible_rows() >= load.records, contestant.leaves, TIME_LIMIT,
                                   self.every)
            written = table.read()
            if (written.rows, written.distinct) != (load.records, load.records):
                raise measure.Failed(f"the table has {written.rows} rows, {written.distinct} of them different; "
                                     f"the topic has {load.records}")
        except measure.Failed as failure:
            note(f"{name} failed: {failure}")
            return Run(**what, error=str(failure))
        finally:
            table.drop()
            shutil.rmtree(directory)
        steady = STEADY_SHARE * load.records
        result = Run(**what, seconds=measured.seconds, cpu=measured.cpu, peak=measured.peak,
                     steady_rate=steady / measured.steady_seconds if measured.steady_seconds else None,
                     steady_per_cpu=steady / measured.steady_cpu if measured.steady_cpu else None,
                     rows=written.rows, files=written.files, bytes=written.bytes, commits=written.commits)
        note(f"{name}: {result.seconds:.2f} s, {result.per_cpu:,.0f} records per CPU-second")
        return result

    def rounds(self, pairs: list[tuple[Contestant, Load]], count: int) -> list[Run]:
        """Runs each pair `count` times, one after the other and again. One that fails twice does not start again."""
        runs: list[Run] = []
        failures: Counter[tuple[str, str]] = Counter()
        for number in range(1, count + 1):
            for contestant, load in pairs:
                if failures[contestant.name, load.name] < 2:
                    runs.append(run := self.run(contestant, load, number))
                    failures[contestant.name, load.name] += run.error is not None
        return runs
