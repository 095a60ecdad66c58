"""What the tests of other engines share: a table filled by `frazil run --once`, and the engines that read it."""

import json
import subprocess
from pathlib import Path

import pytest
from paths import ROOT
from readers import DuckDb, PyIceberg, Reader, Spark, Trino
from servers import distinct_numbers


class Lake:
    """A namespace of Iceberg's REST catalog, its tables in local files."""

    numbers = distinct_numbers()

    def __init__(self, kafka, server, frazil, directory: Path):
        self.kafka, self.server, self.frazil, self.directory = kafka, server, frazil, directory
        self.namespace = f"lake{next(self.numbers)}"
        self.catalog = PyIceberg(server.address, {}).catalog
        self.catalog.create_namespace(self.namespace)

    def append(self, table: str, records: list, check: bool = True, **sink) -> subprocess.CompletedProcess:
        """One `frazil run --once` that moves the records, by a topic of their own, into the table, made if need be."""
        topic = self.kafka.create_topic()
        self.kafka.produce(topic, [record if isinstance(record, str) else json.dumps(record) for record in records])
        config = {
            "version": "1.0",
            "sources": {"in": {"connector": "kafka", "config": {
                "brokers": self.kafka.address, "topics": [topic], "start": "earliest", "format": "json"}}},
            "sinks": {"out": {"connector": "iceberg", "config": {
                "catalog": {"type": "rest", "rest": {"uri": self.server.address}},
                "namespace": self.namespace, "table": table, **sink}}},
            "pipelines": {topic: {"source": "in", "sink": "out"}},
        }
        file = self.directory / f"{topic}.yaml"
        file.write_text(json.dumps(config))  # which is YAML
        return self.frazil.run("run", "-c", file, "--once", timeout=180, check=check)

    def name(self, table: str) -> str:
        return f"{self.namespace}.{table}"

    def load(self, table: str):
        return self.catalog.load_table(self.name(table))


@pytest.fixture
def lake(kafka, rest_catalog, frazil, tmp_path) -> Lake:
    return Lake(kafka, rest_catalog, frazil, tmp_path)


@pytest.fixture(scope="session")
def light_readers(rest_catalog) -> list[Reader]:
    """Those that start in no time."""
    return [PyIceberg(rest_catalog.address, {}), DuckDb(rest_catalog.address)]


@pytest.fixture(scope="session")
def spark_process(rest_catalog, rest_catalog_s3, nessie, minio):
    s3 = minio.properties()
    with subprocess.Popen([ROOT / "dev" / "spark", "run", Path(__file__).parent / "spark_session.py",
                           f"rest={rest_catalog.address}", f"rest_s3={rest_catalog_s3.address}",
                           f"nessie={nessie.address}", "s3", minio.address, s3["s3.access-key-id"],
                           s3["s3.secret-access-key"], s3["s3.region"]],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.stdin.close()


@pytest.fixture(scope="session")
def spark(spark_process) -> Spark:
    return Spark(spark_process, "rest")


@pytest.fixture(params=["light", pytest.param("all", marks=pytest.mark.engines)])
def readers(request, light_readers) -> list[Reader]:
    """PyIceberg and DuckDB; with the engines, Spark and Trino too."""
    if request.param == "light":
        return light_readers
    return [*light_readers, request.getfixturevalue("spark"), Trino(request.getfixturevalue("trino").address, "rest")]

