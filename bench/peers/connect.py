"""Kafka Connect with Apache Iceberg's sink: one standalone worker."""

import subprocess

from bench.contestant import Job
from bench.settings import ROOT

WORKER = [
    "key.converter=org.apache.kafka.connect.converters.ByteArrayConverter",
    "value.converter=org.apache.kafka.connect.json.JsonConverter",
    "value.converter.schemas.enable=false",
    "connector.client.config.override.policy=All",
    "plugin.discovery=service_load",
    "offset.flush.interval.ms=1000",  # a task whose topic has nothing new hears of a commit only this often
]
SINK = [
    "connector.class=org.apache.iceberg.connect.IcebergSinkConnector",
    "tasks.max=1",
    "iceberg.control.commit.interval-ms=10000",
    "consumer.override.auto.offset.reset=earliest",
    "consumer.override.max.partition.fetch.bytes=4194304",
    "consumer.override.fetch.max.wait.ms=100",
]


class Connect:
    name = "Kafka Connect"
    leaves = False
    settings = ["Kafka Connect 3.9.1, Iceberg sink 1.10.1, Java 17", "-Xms256m -Xmx2g", *WORKER, *SINK]

    def fetch(self) -> None:
        subprocess.run([ROOT / "dev/connect", "fetch"], check=True)

    def command(self, job: Job) -> list:
        control = f"control-{job.table}"
        job.kafka.create_topic(control, 1)
        worker, sink = job.directory / "worker.properties", job.directory / "sink.properties"
        worker.write_text("\n".join([
            *WORKER, f"bootstrap.servers={job.kafka.address}", "listeners=http://127.0.0.1:0",
            f"offset.storage.file.filename={job.directory}/offsets"]) + "\n")
        sink.write_text("\n".join([
            *SINK, f"name={job.table}", f"topics={job.topic}", f"iceberg.tables={job.namespace}.{job.table}",
            f"iceberg.control.topic={control}", "iceberg.catalog.type=rest",
            f"iceberg.catalog.uri={job.catalog.address}",
            "iceberg.catalog.io-impl=org.apache.iceberg.hadoop.HadoopFileIO"]) + "\n")
        return [ROOT / "dev/connect", "run", worker, sink]
