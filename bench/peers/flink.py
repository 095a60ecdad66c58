"""Flink SQL: one INSERT from a Kafka table that ends where the topic ends now."""

import subprocess

from pyiceberg.types import BooleanType, DoubleType, IntegerType, LongType, StringType, TimestampType

from bench.contestant import Job
from bench.dialect import Dialect
from bench.settings import ROOT

DIALECT = Dialect({StringType(): "STRING", LongType(): "BIGINT", IntegerType(): "INT", DoubleType(): "DOUBLE",
                   BooleanType(): "BOOLEAN", TimestampType(): "TIMESTAMP(6)"}, "ROW", " ")
CLUSTER = [
    "parallelism.default=2",
    "taskmanager.numberOfTaskSlots=2",
    "taskmanager.memory.network.min=64mb",
    "taskmanager.memory.network.max=64mb",
    "execution.checkpointing.interval=10s",
    "pipeline.object-reuse=true",
]
SOURCE = [
    "'connector' = 'kafka'",
    "'scan.startup.mode' = 'earliest-offset'",
    "'scan.bounded.mode' = 'latest-offset'",
    "'format' = 'json'",
    "'json.timestamp-format.standard' = 'ISO-8601'",
    "'properties.max.partition.fetch.bytes' = '4194304'",
    "'properties.fetch.max.wait.ms' = '100'",
]
SQL = """\
CREATE CATALOG lake WITH ('type' = 'iceberg', 'catalog-type' = 'rest', 'uri' = '{catalog}',
  'io-impl' = 'org.apache.iceberg.hadoop.HadoopFileIO');
CREATE TEMPORARY TABLE source ({columns}) WITH ({source},
  'topic' = '{topic}', 'properties.bootstrap.servers' = '{brokers}', 'properties.group.id' = '{table}');
INSERT INTO lake.{namespace}.{table} SELECT * FROM source;
"""


class Flink:
    name = "Flink SQL"
    leaves = True
    settings = ["Flink 1.20.3, Iceberg 1.10.1, Kafka connector 3.2.0-1.19, Java 17",
                "job and task manager in one process", "-Xmx2g", *CLUSTER, *SOURCE]

    def fetch(self) -> None:
        subprocess.run([ROOT / "dev/flink", "fetch"], check=True)

    def command(self, job: Job) -> list:
        script = job.directory / "job.sql"
        script.write_text(SQL.format(
            catalog=job.catalog.address, columns=DIALECT.columns(job.load.schema), source=", ".join(SOURCE),
            topic=job.topic, brokers=job.kafka.address, namespace=job.namespace, table=job.table))
        return [ROOT / "dev/flink", "run", script, *CLUSTER]
