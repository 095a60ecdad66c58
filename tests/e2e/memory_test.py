"""The process stays within `memory_limit_mb` whatever the stream holds: as the system measures it, and in a control
group that would kill it. Commits are due at the end only, so that nothing but memory makes the pipeline write."""

import json
import random

import pytest
from memory_cgroup import peak_memory
from pipelines import Pipeline
from pyiceberg.catalog.sql import SqlCatalog

MIB = 1 << 20
FOR_LARGE = {"batch.size": 8 * MIB, "message.max.bytes": 16 * MIB, "linger.ms": 200}


def rows(count: int, partitions: int, *fillers: str):
    return (f'{{"id": {i}, "part": {i * 7919 % partitions}, "filler": "{fillers[i % len(fillers)]}"}}'
            for i in range(count))


class Topic:
    def __init__(self, kafka):
        self.kafka, self.placed = kafka, []
        self.name = kafka.create_topic(partitions=4, max_message_bytes=str(16 * MIB))

    def produce(self, values, **config) -> None:
        self.placed += self.kafka.produce(self.name, values, **config)


def short_rows(topic: Topic, scale: int) -> None:
    topic.produce(rows(400_000 * scale, 1000, "twenty small letters"))


def long_rows(topic: Topic, scale: int) -> None:
    """No partition alone is worth a row group for long: all of it would be held."""
    topic.produce(rows(100_000 * scale, 20, "x" * 2000))


def large_records(topic: Topic, scale: int) -> None:
    """Of 1 MB between short ones, several in one batch: such as do not pack, and such as unpack fiftyfold."""
    generator = random.Random(1)
    dense = [generator.randbytes(MIB // 2).hex() for _ in range(8)]
    loose = [generator.randbytes(8000).hex() * (MIB // 16000) for _ in range(8)]
    for _ in range(5 * scale):
        topic.produce(rows(16, 16, *dense), **FOR_LARGE)
        for codec in ["lz4", "zstd"]:
            topic.produce(rows(32, 32, *loose), **FOR_LARGE, **{"compression.type": codec})
        topic.produce(rows(20_000, 1000, "short"))


@pytest.fixture(scope="module")
def topics(kafka):
    """make(stream, scale): a topic, filled at its first use."""
    made = {}

    def make(stream, scale: int) -> Topic:
        if (stream, scale) not in made:
            made[stream, scale] = topic = Topic(kafka)
            stream(topic, scale)
        return made[stream, scale]

    return make


def run_within(limit: int, topic: Topic, pipeline, cgroup, partitioning: str) -> None:
    """One run at `limit` MiB: it takes no more than a tenth above, and brings every row once."""
    p = pipeline(topic.name, batch_size=1_000_000_000, flush_interval_secs=600, partitioning=partitioning,
                 partition_fields=["part"] if partitioning == "identity" else [])
    p.config["pipelines"][topic.name]["memory_limit_mb"] = limit
    p.write_config()
    most = limit * MIB * 11 // 10
    group = cgroup(most)
    process = p.start("--once", **({"preexec_fn": group.enter} if group else {}))
    peak = peak_memory(process, timeout=300)
    killed = "killed: it took more than its control group may; " if group and group.kills() else ""
    assert process.returncode == 0, f"{killed}{process.returncode} at {peak / MIB:.0f} MiB\n{p.logs()}"
    print(f"peak {peak / MIB:.0f} MiB at a limit of {limit}")
    assert peak <= most, f"{peak / MIB:.0f} MiB at a limit of {limit}\n{p.logs()}"
    p.check_exactly_once(topic.placed)
    if group is None:
        pytest.skip("its peak is within the limit; no control group can be made here to try it in")


class S3Pipeline(Pipeline):
    """Its table lies in MinIO."""

    def __init__(self, minio, frazil, kafka, directory, topic: str, **sink):
        self.s3 = minio.properties()
        super().__init__(frazil, kafka, directory, topic, **sink)
        self.warehouse = f"s3://warehouse/{topic}"
        self.sink["catalog"]["sql"]["warehouse"] = self.warehouse
        self.sink["s3"] = {"endpoint": minio.address, "path_style_access": True, "region": self.s3["s3.region"],
                           "access_key_id": self.s3["s3.access-key-id"],
                           "secret_access_key": self.s3["s3.secret-access-key"]}
        self.write_config()

    def catalog(self) -> SqlCatalog:
        return SqlCatalog("frazil", uri=f"sqlite:///{self.database}", warehouse=self.warehouse, **self.s3)


@pytest.fixture
def s3_pipeline(minio, frazil, kafka, tmp_path):
    return lambda topic, **sink: S3Pipeline(minio, frazil, kafka, tmp_path, topic, **sink)


@pytest.mark.parametrize("stream, partitioning, limit", [
    (short_rows, "identity", 160), (long_rows, "identity", 128), (large_records, "none", 160)])
def test_on_local_disk(topics, pipeline, cgroup, stream, partitioning, limit):
    run_within(limit, topics(stream, 1), pipeline, cgroup, partitioning)


@pytest.mark.slow
def test_in_s3(topics, s3_pipeline, cgroup):
    run_within(160, topics(large_records, 1), s3_pipeline, cgroup, "identity")


CASES = pytest.mark.parametrize("stream, partitioning", [
    (short_rows, "identity"), (long_rows, "identity"), (large_records, "none"), (large_records, "identity")])


@pytest.mark.slow
@pytest.mark.parametrize("limit", [128, 160])
@CASES
def test_on_local_disk_for_long(topics, pipeline, cgroup, stream, partitioning, limit):
    run_within(limit, topics(stream, 4), pipeline, cgroup, partitioning)


@pytest.mark.slow
@CASES
def test_in_s3_for_long(topics, s3_pipeline, cgroup, stream, partitioning):
    run_within(160, topics(stream, 4), s3_pipeline, cgroup, partitioning)
