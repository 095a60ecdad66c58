"""The loop that a data engineer writes: a Kafka consumer, PyArrow's JSON reader, PyIceberg's append."""

import json
import subprocess

from bench.contestant import Job
from bench.settings import ROOT

CONSUMER = {"auto.offset.reset": "earliest", "enable.auto.commit": False, "fetch.wait.max.ms": 100}
ROWS_A_COMMIT = 1_000_000


class PyIceberg:
    name = "PyIceberg loop"
    leaves = True
    settings = ["confluent-kafka, PyArrow, PyIceberg as in dev/requirements.txt",
                f"append every {ROWS_A_COMMIT:,} rows", *(f"{key}={value}" for key, value in CONSUMER.items())]

    def fetch(self) -> None:
        subprocess.run([ROOT / "dev/pyiceberg", "fetch"], check=True)

    def command(self, job: Job) -> list:
        description = job.directory / "job.json"
        description.write_text(json.dumps({
            "consumer": {**CONSUMER, "bootstrap.servers": job.kafka.address, "group.id": job.table},
            "topic": job.topic, "catalog": job.catalog.address, "table": f"{job.namespace}.{job.table}",
            "rows_a_commit": ROWS_A_COMMIT}))
        return [ROOT / "dev/pyiceberg", "run", ROOT / "bench/peers/pyiceberg_loop_job.py", description]
