"""Kafka Connect with Apache Iceberg's sink, under the same faults: standalone workers, each with one task."""

import re
import subprocess
import time
from collections import Counter
from pathlib import Path

import pyarrow as pa
from bench.peers.connect import WORKER
from paths import ROOT
from proxy import HttpProxy
from pyiceberg.catalog import load_catalog

COMMIT_SECONDS = 3
PATIENCE = 180  # seconds, longer than any of its time-outs; and as many again once all workers were started anew


class ConnectSink:
    """Feeds a table of Iceberg's REST catalog, which stands behind a proxy, in local files. Settings are the sink's
    defaults but for shorter intervals."""

    def __init__(self, kafka, directory: Path, topic: str, catalog_server):
        self.kafka, self.directory, self.topic, self.catalog_server = kafka, directory, topic, catalog_server
        self.catalog_proxy = HttpProxy(catalog_server.address)
        self.namespace, self.workers = topic.replace("-", "_"), []
        self.control = kafka.create_topic()
        catalog = self.catalog()
        catalog.create_namespace(self.namespace)
        catalog.create_table(f"{self.namespace}.events", pa.schema(
            [("id", pa.int64()), ("name", pa.string()), ("reading", pa.float64())]))

    def catalog(self):
        return load_catalog("real", type="rest", uri=self.catalog_server.address)

    def table(self):
        return self.catalog().load_table(f"{self.namespace}.events")

    def start(self) -> subprocess.Popen:
        number = len(self.workers)
        worker, sink = (self.directory / f"{name}-{number}.properties" for name in ("worker", "sink"))
        worker.write_text("\n".join([
            *WORKER, f"bootstrap.servers={self.kafka.address}", "listeners=http://127.0.0.1:0",
            f"offset.storage.file.filename={self.directory}/offsets-{number}"]) + "\n")
        sink.write_text("\n".join([
            f"name={self.topic}", "connector.class=org.apache.iceberg.connect.IcebergSinkConnector", "tasks.max=1",
            f"topics={self.topic}", f"iceberg.tables={self.namespace}.events", f"iceberg.control.topic={self.control}",
            f"iceberg.control.commit.interval-ms={COMMIT_SECONDS * 1000}", "iceberg.catalog.type=rest",
            f"iceberg.catalog.uri={self.catalog_proxy.address}",
            "iceberg.catalog.io-impl=org.apache.iceberg.hadoop.HadoopFileIO",
            "consumer.override.auto.offset.reset=earliest", "consumer.override.session.timeout.ms=6000"]) + "\n")
        log = open(self.directory / f"worker-{number}.log", "w")
        process = subprocess.Popen([ROOT / "dev/connect", "run", worker, sink], stdout=log, stderr=log,
                                   env={"CONNECT_HEAP": "512m", "PATH": "/usr/bin:/bin", "HOME": str(Path.home())})
        self.workers.append(process)
        return process

    def found(self) -> Counter:
        """How often each id is in the table."""
        return Counter(self.table().scan(selected_fields=("id",)).to_arrow()["id"].to_pylist())

    def wait_for(self, ids, seconds: float) -> bool:
        """Whether all are there at least once within that time. FileNotFoundError: the table has lost its files."""
        deadline = time.monotonic() + seconds
        while not set(ids) <= set(self.found()):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.5)
        return True

    def outcome(self, expected: int) -> str:
        """What became of ids 0 to `expected`, in words."""
        try:
            return self.account(expected)
        except FileNotFoundError as lost:
            return f"the table cannot be read any more: it refers to a file that is gone ({kind_of_file(lost)})"

    def account(self, expected: int) -> str:
        """Waits for them, if need be past a start anew as a service manager would make it."""
        helped = ""
        if not self.wait_for(range(expected), PATIENCE):
            helped = f"; started again by hand after {PATIENCE} s without them all"
            self.stop()
            self.start()
            self.wait_for(range(expected), PATIENCE)
        time.sleep(2 * COMMIT_SECONDS)  # what comes twice may come late
        found = self.found()
        lost = sum(1 for number in range(expected) if number not in found)
        doubled = sum(count - 1 for number, count in found.items() if number >= 0)
        paths = Counter(task.file.file_path for task in self.table().scan().plan_files())
        twice = sum(count - 1 for count in paths.values())
        return (f"{expected} records: lost {lost}, doubled {doubled}"
                f"{f' ({twice} files referenced twice)' if twice else ''}{helped}")

    def stop(self) -> None:
        for worker in self.workers:
            worker.kill()
            worker.wait()

    def close(self) -> None:
        self.stop()
        self.catalog_proxy.close()


def kind_of_file(error: FileNotFoundError) -> str:
    name = re.search(r"'([^']*)'", str(error))[1].rpartition("/")[2]
    return ("a manifest list" if name.startswith("snap-") else "a manifest" if name.endswith(".avro")
            else "a data file" if name.endswith(".parquet") else name)
