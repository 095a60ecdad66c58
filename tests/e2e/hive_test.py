"""From Kafka into a Hive Metastore's tables, which PyIceberg reads by the same metastore."""

import json
import subprocess
import time

import pytest
from fault.proxy import TcpProxy
from hive import Hive, OldHive
from pipelines import Pipeline, stop, values, wait_for_log
from servers import distinct_numbers

NUMBERS = distinct_numbers()


class HivePipeline(Pipeline):
    def __init__(self, hive, frazil, kafka, directory, topic, *, uri: str = "", database: str = "", **sink):
        self.hive = hive
        self.db = database or f"e2e{next(NUMBERS)}"
        warehouse = f"file://{directory}/warehouse"
        super().__init__(frazil, kafka, directory, topic, catalog={"type": "hive", "hive": {
            "uri": uri or hive.address, "warehouse": warehouse}}, namespace=self.db, **sink)

    def catalog(self):
        return self.hive.catalog()

    def table(self):
        return self.catalog().load_table(f"{self.db}.events")


@pytest.fixture(params=["4.0.1", pytest.param("3.1.3", marks=pytest.mark.slow)])
def server(request):
    return request.getfixturevalue("hive" if request.param == "4.0.1" else "old_hive")


@pytest.fixture
def pipeline(server, frazil, kafka, tmp_path):
    return lambda topic, **options: HivePipeline(server, frazil, kafka, tmp_path, topic, **options)


def test_rows_arrive_once_and_columns_grow(kafka, pipeline):
    topic = kafka.create_topic(partitions=2)
    p = pipeline(topic)
    placed = kafka.produce(topic, values(500))
    p.run_once()
    placed += kafka.produce(topic, ['{"id": 501, "extra": {"deep": [1]}}'])
    p.run_once()
    p.check_exactly_once(placed)
    shown = {column.name: column.type for column in p.hive.table(p.db, "events").sd.cols}
    assert shown["extra"] == "struct<deep:array<bigint>>"


def test_a_database_in_s3(frazil, kafka, hive, minio, tmp_path):
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(300))
    keys = minio.properties()
    p = HivePipeline(hive, frazil, kafka, tmp_path, topic, s3={
        "endpoint": minio.address, "path_style_access": True, "region": keys["s3.region"],
        "access_key_id": keys["s3.access-key-id"], "secret_access_key": keys["s3.secret-access-key"]})
    p.sink["catalog"]["hive"]["warehouse"] = f"s3://warehouse/{topic}"
    p.write_config()
    p.catalog = lambda: hive.catalog(**keys)
    p.run_once()
    placed += kafka.produce(topic, values(300, 300))
    p.run_once()
    p.check_exactly_once(placed)
    assert hive.table(p.db, "events").sd.location == f"s3://warehouse/{topic}/{p.db}.db/events"


# Of a commit: before its request, with the lock, after its request.
@pytest.mark.slow
@pytest.mark.parametrize("failpoint", ["before-send=kill@3", "hive-locked=kill@3", "after-send=kill@3"])
def test_killed_in_a_commit(kafka, pipeline, failpoint):
    """A lock that a dead process holds is broken by the metastore after ten seconds here."""
    topic = kafka.create_topic()
    p = pipeline(topic, batch_size=100)
    placed = kafka.produce(topic, values(300))
    p.run_once()
    placed += kafka.produce(topic, values(300, 300))
    process = p.start(failpoints=failpoint.replace("@3", "@1"))
    assert process.wait(60) == -9, p.logs()
    p.run_once(timeout=120)
    p.check_exactly_once(placed)


@pytest.mark.slow
def test_two_pipelines_feed_one_table(kafka, frazil, server, tmp_path):
    topics = [kafka.create_topic() for _ in range(2)]
    first = HivePipeline(server, frazil, kafka, tmp_path, topics[0], batch_size=50)
    first.source["start"] = "earliest"
    kafka.produce(topics[0], values(10))
    first.run_once()
    second = HivePipeline(server, frazil, kafka, tmp_path, topics[1], database=first.db, batch_size=50)
    processes = [first.start(), second.start()]
    for round_ in range(10):
        for topic in topics:
            kafka.produce(topic, values(50, 1000 * round_))
        time.sleep(0.3)
    first.wait_for_rows(10 + 2 * 10 * 50, timeout=90)
    assert [stop(process) for process in processes] == [0, 0]
    assert first.rows().num_rows == 10 + 2 * 10 * 50


@pytest.fixture(params=["4.0.1", "3.1.3"])
def own_server(request, servers):
    """One that no other test needs."""
    if request.param == "3.1.3":
        return servers(OldHive, "hive")
    return servers(Hive, "hive", "--postgres", request.getfixturevalue("postgres").address)


@pytest.mark.slow
def test_the_metastore_is_away_for_twenty_seconds(frazil, kafka, own_server, tmp_path):
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(300))
    p = HivePipeline(own_server, frazil, kafka, tmp_path, topic)
    process = p.start()
    p.wait_for_rows(300, timeout=60)
    own_server.stop()
    placed += kafka.produce(topic, values(300, 300))
    wait_for_log(p, f"cannot commit to {p.db}.events for")
    # In the way to Hive 3 there is a proxy, which takes connections and ends them.
    assert "Failed to connect to catalog at thrift://" in p.logs() or "Connection reset by peer" in p.logs()
    time.sleep(20)
    own_server.start()
    p.wait_for_rows(600, timeout=120)
    assert stop(process) == 0
    p.check_exactly_once(placed)


@pytest.mark.slow
def test_a_metastore_that_hangs_is_told_in_the_user_s_words(kafka, pipeline, server):
    topic = kafka.create_topic()
    proxy = TcpProxy(server.address.removeprefix("thrift://"))
    placed = kafka.produce(topic, values(300))
    p = pipeline(topic, uri=f"thrift://{proxy.host_and_port}")
    p.config["limits"] = {"hive_timeout_secs": 3}
    p.write_config()
    process = p.start()
    p.wait_for_rows(300)
    with proxy.frozen():
        placed += kafka.produce(topic, values(300, 300))
        wait_for_log(p, "SocketTimeoutException")
    p.wait_for_rows(600, timeout=120)
    with proxy.frozen():
        kafka.produce(topic, values(1, 600))
        time.sleep(2)
        began = time.monotonic()
        stop(process)
        assert time.monotonic() - began < 12
    p.run_once(timeout=120)
    p.check_exactly_once(placed + [(0, 600)])
    proxy.close()


def test_the_program_shows_no_thrift(frazil):
    """Arrow's libparquet has one of its own, which would end up in ours."""
    shown = subprocess.check_output(["nm", "-D", "--defined-only", frazil.program], text=True)
    assert not [line for line in shown.splitlines() if "apache6thrift" in line]


def test_check_refuses_hdfs_by_name(frazil, kafka, tmp_path):
    config = {"version": "1.0",
              "sources": {"in": {"connector": "kafka", "config": {"brokers": kafka.address, "topics": ["t"],
                                                                  "format": "json"}}},
              "sinks": {"out": {"connector": "iceberg", "config": {
                  "catalog": {"type": "hive", "hive": {"uri": "thrift://hms:9083", "warehouse": "hdfs://nn/warehouse"}},
                  "namespace": "db", "table": "t"}}},
              "pipelines": {"p": {"source": "in", "sink": "out"}}}
    file = tmp_path / "hdfs.yaml"
    file.write_text(json.dumps(config))
    done = frazil.run("check", "-c", file, check=False)
    assert done.returncode == 2
    assert "a warehouse on HDFS cannot be had; use s3:// or file:///" in done.stderr
