"""A pipeline under test: its configuration, its runs, and what another reader finds in its table."""

import json
import os
import re
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NoSuchTableError
from sqlalchemy.exc import OperationalError

FETCH = os.environ.get("FRAZIL_TEST_FETCH", "native")  # by which door records come in


class Pipeline:
    """Feeds one table of a SQLite catalog from one topic, with the Kafka position of each row in the table.

    Sessions time out quickly, so that a killed process's partitions are free again within seconds.
    """

    def __init__(self, frazil, kafka, directory: Path, topic: str, **sink):
        self.frazil, self.kafka, self.directory, self.topic = frazil, kafka, directory, topic
        self.database = directory / "catalog.db"
        self.warehouse = directory / "warehouse"
        self.config_file = directory / f"{topic}.yaml"
        self.config = {
            "version": "1.0",
            "sources": {"in": {"connector": "kafka", "config": {
                "brokers": kafka.address, "topics": [topic], "start": "earliest", "format": "json", "fetch": FETCH,
                "properties": {"session.timeout.ms": "3000", "heartbeat.interval.ms": "500"}}}},
            "sinks": {"out": {"connector": "iceberg", "config": {
                "catalog": {"type": "sql", "sql": {"uri": f"sqlite:///{self.database}",
                                                   "warehouse": f"file://{self.warehouse}"}},
                "namespace": "db", "table": "events", "batch_size": 1000, "flush_interval_secs": 1,
                "min_commit_interval_ms": 100, "metadata": ["partition", "offset"], **sink}}},
            "pipelines": {topic: {"source": "in", "sink": "out"}},
        }
        self.write_config()

    def write_config(self) -> None:
        self.config_file.write_text(json.dumps(self.config, indent=1))  # JSON is YAML

    @property
    def sink(self) -> dict:
        return self.config["sinks"]["out"]["config"]

    @property
    def source(self) -> dict:
        return self.config["sources"]["in"]["config"]

    def run_once(self, failpoints: str = "", timeout: float = 90, check: bool = True):
        return self.frazil.run("run", "-c", self.config_file, "--once", env=environment(failpoints),
                               timeout=timeout, check=check)

    def start(self, *arguments, failpoints: str = "", **popen):
        """The process in the background; its log goes to a file, so that no pipe fills up."""
        log = open(self.directory / f"{self.topic}-{time.monotonic_ns()}.log", "w")
        return self.frazil.start("run", "-c", self.config_file, *arguments, env=environment(failpoints),
                                 stdout=log, stderr=log, **popen)

    def replace_oldest(self, processes: list) -> None:
        """Kills the first of them, which has to run still, and starts another."""
        gone = processes.pop(0)
        assert gone.poll() is None, self.logs()
        gone.kill()
        gone.wait()
        processes.append(self.start())

    def catalog(self) -> SqlCatalog:
        place = {"uri": f"sqlite:///{self.database}", "warehouse": f"file://{self.warehouse}"}
        try:
            return SqlCatalog("frazil", **place)
        except OperationalError:  # Frazil made the tables while PyIceberg looked whether they are there
            return SqlCatalog("frazil", **place)

    def table(self):
        return self.catalog().load_table("db.events")

    def rows(self):
        """The table as another reader sees it: a pyarrow table."""
        return self.table().scan().to_arrow()

    def positions(self) -> Counter:
        rows = self.table().scan(selected_fields=("_kafka_partition", "_kafka_offset")).to_arrow()
        return Counter(zip(rows["_kafka_partition"].to_pylist(), rows["_kafka_offset"].to_pylist()))

    def check_exactly_once(self, expected) -> None:
        """Every expected (partition, offset) is in the table once, and nothing else; no file stands twice."""
        expected = set(expected)
        check_positions(self.positions(), expected)
        files = [task.file.file_path for task in self.table().scan().plan_files()]
        assert len(files) == len(set(files)), "a data file is referenced twice"
        total = int(self.table().current_snapshot().summary["total-records"])
        assert total == len(expected), f"the summary says {total} records, there are {len(expected)}"

    def state(self) -> dict:
        """The offset state in the table's property, {partition: [start, next]}."""
        text = self.table().properties[f"frazil.offsets/{self.topic}/{self.topic}/main"]
        return {p[0]: p[1:3] for p in (entry + [0] * (9 - len(entry)) for entry in json.loads(text)["partitions"])}

    def wait_for_rows(self, count: int, timeout: float = 30) -> None:
        deadline = time.monotonic() + timeout
        found = -1
        while time.monotonic() < deadline:
            try:
                snapshot = self.table().current_snapshot()
                found = int(snapshot.summary["total-records"]) if snapshot else 0
            except NoSuchTableError:  # yet
                found = -1
            if found >= count:
                return
            time.sleep(0.2)
        pytest.fail(f"{found} of {count} rows after {timeout} s\n{self.logs()}")

    def logs(self) -> str:
        return "\n".join(path.read_text()[-4000:] for path in sorted(self.directory.glob(f"{self.topic}-*.log")))


def wait_for_log(p: Pipeline, text: str, timeout: float = 60) -> None:
    deadline = time.monotonic() + timeout
    while text not in p.logs():
        assert time.monotonic() < deadline, f"the log does not say '{text}' within {timeout} s\n{p.logs()}"
        time.sleep(0.1)


def check_positions(found: Counter, expected: set) -> None:
    """Each (partition, offset) that is expected was found once, and no other."""
    twice = sorted(position for position, count in found.items() if count > 1)
    missing = sorted(expected - set(found))
    extra = sorted(set(found) - expected)
    assert not (twice or missing or extra), (
        f"{len(twice)} rows twice {twice[:5]}, {len(missing)} missing {missing[:5]}, {len(extra)} extra {extra[:5]}")


def environment(failpoints: str) -> dict[str, str]:
    return {"FRAZIL_FAILPOINTS_SET": failpoints}


def values(count: int, first: int = 0) -> list[str]:
    return [json.dumps({"id": i, "name": f"n{i % 7}", "reading": i / 4}) for i in range(first, first + count)]


def bad(number: int) -> str:
    """No row, where the column `id` is a number."""
    return json.dumps({"id": f"not a number {number}"})


def hears_a_stop(process) -> bool:
    """Until it has a handler of SIGTERM, which is among the first things it does, it ends by it as any program."""
    if process.poll() is not None:
        return True
    caught = re.search(r"SigCgt:\s+(\w+)", Path(f"/proc/{process.pid}/status").read_text())
    return bool(caught and int(caught[1], 16) >> (signal.SIGTERM - 1) & 1)


def stop(process, timeout: float = 10) -> int:
    deadline = time.monotonic() + 30
    while not hears_a_stop(process) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout)
