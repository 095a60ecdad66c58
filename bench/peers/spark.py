"""Spark Structured Streaming: one query, triggered once for all that is in the topic (availableNow)."""

import json
import subprocess

from pyiceberg.types import BooleanType, DoubleType, IntegerType, LongType, StringType, TimestampType

from bench.contestant import Job
from bench.dialect import Dialect
from bench.settings import ROOT

DIALECT = Dialect({StringType(): "STRING", LongType(): "BIGINT", IntegerType(): "INT", DoubleType(): "DOUBLE",
                   BooleanType(): "BOOLEAN", TimestampType(): "TIMESTAMP_NTZ"}, "STRUCT", ": ")
SOURCE = {"startingOffsets": "earliest", "kafka.max.partition.fetch.bytes": "4194304", "kafka.fetch.max.wait.ms": "100"}
SINK = {"fanout-enabled": "true", "distribution-mode": "none"}


class Spark:
    name = "Spark"
    leaves = True
    settings = ["Spark 3.5.8, Iceberg 1.10.1, Kafka source 3.5.7, Java 17, local[2]", "driver heap 2g",
                "trigger availableNow", *(f"{key}={value}" for key, value in (SOURCE | SINK).items())]

    def fetch(self) -> None:
        subprocess.run([ROOT / "dev/spark", "fetch"], check=True)

    def command(self, job: Job) -> list:
        description = job.directory / "job.json"
        description.write_text(json.dumps({
            "source": {**SOURCE, "kafka.bootstrap.servers": job.kafka.address, "subscribe": job.topic},
            "columns": DIALECT.columns(job.load.schema), "sink": SINK, "catalog": job.catalog.address,
            "checkpoints": f"file://{job.directory}/checkpoints", "table": f"lake.{job.namespace}.{job.table}"}))
        return ["env", "SPARK_HEAP=2g", ROOT / "dev/spark", "run", ROOT / "bench/peers/spark_job.py", description]
