"""The main job: a topic becomes a table, read back by PyIceberg."""

import json
import re
import signal
import subprocess
import time
import urllib.request

import pytest
from pipelines import stop, values, wait_for_log


def test_rows_arrive_once_and_a_second_run_adds_only_what_is_new(kafka, pipeline):
    topic = kafka.create_topic(partitions=3)
    placed = kafka.produce(topic, values(5000))
    p = pipeline(topic)
    p.run_once()
    p.check_exactly_once(placed)
    assert p.rows().column_names == ["id", "name", "reading", "_kafka_partition", "_kafka_offset"]
    snapshots = len(p.table().snapshots())
    p.run_once()
    assert len(p.table().snapshots()) == snapshots, "nothing new: no commit"
    placed += kafka.produce(topic, values(500, first=5000))
    p.run_once()
    p.check_exactly_once(placed)
    assert sorted(p.rows()["id"].to_pylist()) == list(range(5500))


def test_identity_partitions_and_their_files(kafka, pipeline):
    topic = kafka.create_topic(partitions=2)
    placed = kafka.produce(topic, values(700))
    p = pipeline(topic, partitioning="identity", partition_fields=["name"], batch_size=100000)
    p.run_once()
    p.check_exactly_once(placed)
    tasks = list(p.table().scan().plan_files())
    assert len(tasks) == 7, "one file a partition and commit, whichever lane decoded the rows"
    assert {task.file.partition[0] for task in tasks} == {f"n{i}" for i in range(7)}
    assert p.table().scan(row_filter="name == 'n3'").to_arrow().num_rows == 100


def test_new_columns_are_added_as_they_come(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, ['{"a": 1}', '{"a": 2}'])
    p = pipeline(topic)
    p.run_once()
    kafka.produce(topic, ['{"a": 3, "b": {"c": "x"}}', '{"a": 4, "b": {"c": "y", "d": 1.5}, "e": [1, 2]}', '{"a": 5}'])
    p.run_once()
    rows = p.rows().sort_by("a").to_pylist()
    assert [row["b"] for row in rows] == [None, None, {"c": "x", "d": None}, {"c": "y", "d": 1.5}, None]
    assert [row["e"] for row in rows] == [None, None, None, [1, 2], None]


def test_a_bad_record_stops_the_pipeline_by_its_name(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, ['{"a": 1}', '{"a": 2}'])
    p = pipeline(topic)
    p.run_once()
    kafka.produce(topic, ['{"a": 3}', '{"a": "four"}', '{"a": 5}'])
    done = p.run_once(check=False)
    assert done.returncode == 1
    assert f"topic '{topic}', partition 0, offset 3" in done.stderr
    assert "schema:" in done.stderr
    assert p.rows().num_rows == 2
    p.sink["on_bad_record"] = "skip"
    p.write_config()
    p.run_once()
    assert sorted(p.rows()["a"].to_pylist()) == [1, 2, 3, 5]
    assert p.state() == {0: [0, 5]}


def test_strict_schema_refuses_unknown_columns(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, ['{"a": 1}'])
    p = pipeline(topic, schema_evolution="strict")
    p.run_once()
    kafka.produce(topic, ['{"a": 1, "b": 2}'])
    done = p.run_once(check=False)
    assert done.returncode == 1
    assert "Schema evolution not allowed in strict mode" in done.stderr


def test_keys_that_are_ids_add_columns_up_to_a_limit(kafka, pipeline):
    """Whichever lane finds room for a column, together they add no more than there is room for."""
    topic = kafka.create_topic(partitions=8)
    kafka.produce(topic, ['{"id": 1}'])
    p = pipeline(topic, max_columns=20, on_bad_record="skip")
    p.config["pipelines"][topic]["lanes"] = 4
    p.write_config()
    p.run_once()
    for partition in range(8):
        kafka.produce(topic, [json.dumps({"id": i, f"user-{partition}-{i}": i}) for i in range(100)], partition)
    done = p.run_once()
    rows = p.rows()
    assert len(rows.column_names) == 20
    assert rows.num_rows == 1 + 20 - 3  # each new column's own record; two columns are the record's position
    assert "`max_columns: 20`" in done.stderr
    p.sink["on_bad_record"] = "fail"
    p.write_config()
    kafka.produce(topic, ['{"id": 1, "one-more": 2}'])
    done = p.run_once(check=False)
    assert done.returncode == 1 and "field 'one-more' has no column" in done.stderr


def test_an_empty_topic_makes_no_table_and_an_empty_interval_no_commit(kafka, pipeline):
    topic = kafka.create_topic()
    p = pipeline(topic)
    p.run_once()
    assert not p.catalog().list_namespaces()
    process = p.start()
    wait_for_log(p, "waiting for a first record")
    placed = kafka.produce(topic, values(10))
    p.wait_for_rows(10)
    snapshots = len(p.table().snapshots())
    time.sleep(3)  # as many intervals
    assert len(p.table().snapshots()) == snapshots
    assert stop(process) == 0
    p.check_exactly_once(placed)


def test_sigterm_under_load_ends_well_and_reads_nothing_again(kafka, pipeline):
    topic = kafka.create_topic(partitions=4)
    placed = kafka.produce(topic, values(200_000))
    p = pipeline(topic)
    process = p.start()
    p.wait_for_rows(1)
    begin = time.monotonic()
    assert stop(process) == 0, p.logs()
    assert time.monotonic() - begin < 10
    state = p.state()
    assert sum(next_ - start for start, next_ in state.values()) == p.rows().num_rows
    p.run_once()
    p.check_exactly_once(placed)


def test_metadata_columns_keys_headers_and_tombstones(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, [json.dumps({"a": 1})], key="k", headers=[("h", b"v"), ("empty", b"")])
    kafka.produce(topic, [None, json.dumps({"a": 2})])
    p = pipeline(topic, metadata=["topic", "partition", "offset", "timestamp", "key", "headers"])
    p.run_once()
    rows = p.rows().sort_by("a").to_pylist()
    assert [row["_kafka_offset"] for row in rows] == [0, 2]
    assert rows[0]["_kafka_key"] == b"k" and rows[1]["_kafka_key"] is None
    assert dict(rows[0]["_kafka_headers"]) == {"h": b"v", "empty": b""}
    assert {row["_kafka_topic"] for row in rows} == {topic}
    assert abs(rows[0]["_kafka_timestamp"].timestamp() - time.time()) < 600
    assert p.state() == {0: [0, 3]}


def test_start_latest_reads_only_what_comes_later(kafka, latest_pipeline):
    p = latest_pipeline
    p.run_once()
    assert p.state() == {0: [100, 100]}
    placed = kafka.produce(p.topic, values(50, first=100))
    p.run_once()
    p.check_exactly_once(placed)


def test_new_partitions_are_found_and_read_from_their_start(kafka, pipeline):
    from confluent_kafka.admin import NewPartitions

    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(100))
    p = pipeline(topic)
    p.source["properties"]["topic.metadata.refresh.interval.ms"] = "500"
    p.write_config()
    process = p.start()
    p.wait_for_rows(100)
    admin = kafka.admin()
    admin.create_partitions([NewPartitions(topic, 3)])[topic].result(30)
    placed += kafka.produce(topic, values(100, first=100), partition=2)
    p.wait_for_rows(200)
    assert stop(process) == 0
    p.check_exactly_once(placed)


def test_at_least_once_goes_by_the_group_and_leaves_the_table_alone(kafka, pipeline):
    topic = kafka.create_topic(partitions=2)
    placed = kafka.produce(topic, values(1000))
    p = pipeline(topic, delivery="at_least_once")
    p.run_once()
    p.run_once()
    p.check_exactly_once(placed)
    assert not [name for name in p.table().properties if name.startswith("frazil.")]
    placed += kafka.produce(topic, values(10, first=1000))
    p.run_once()
    p.check_exactly_once(placed)


def test_the_group_mirrors_what_is_committed(kafka, pipeline):
    from confluent_kafka import Consumer, TopicPartition

    topic = kafka.create_topic()
    kafka.produce(topic, values(123))
    p = pipeline(topic)
    p.run_once()
    consumer = Consumer({"bootstrap.servers": kafka.address, "group.id": topic})
    assert consumer.committed([TopicPartition(topic, 0)], 10)[0].offset == 123
    consumer.close()
    # The table is the truth: an operator's reset of the group changes nothing.
    consumer = Consumer({"bootstrap.servers": kafka.address, "group.id": topic, "enable.auto.commit": False})
    consumer.commit(offsets=[TopicPartition(topic, 0, 0)], asynchronous=False)
    consumer.close()
    p.run_once()
    assert p.rows().num_rows == 123


def test_ctrl_c_ends_like_sigterm(kafka, pipeline):
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(10))
    p = pipeline(topic)
    process = p.start()
    p.wait_for_rows(10)
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0
    p.check_exactly_once(placed)


def test_the_broker_sends_every_byte_once(kafka, frazil, pipeline):
    """By one connection; the client that keeps the group beside it must fetch nothing."""
    topic = kafka.create_topic(partitions=4)
    produce = ["produce", "sensor", "--topic", topic, "--brokers", kafka.address, "--property", "compression.type=none"]
    frazil.run(*produce, "--count", 1000)
    p = pipeline(topic, batch_size=10_000_000, metadata=[])
    p.run_once()
    small = log_bytes(kafka, topic)
    process = p.start()
    frazil.run(*produce, "--count", 1_500_000)
    p.wait_for_rows(1_501_000, timeout=60)
    (records, *others), sent = bytes_received(process.pid), log_bytes(kafka, topic) - small
    assert stop(process) == 0, p.logs()
    assert sent > 100e6
    # The end of an answer may cut a batch in two, which then comes again.
    assert sent < records < 1.5 * sent
    # Heartbeats and the like; and of each partition a megabyte, where it is given to the client so late that its first
    # question was under way when it was told to pause.
    assert others and sum(others) < 4 * (1 << 20) + 1e5


def log_bytes(kafka, topic: str) -> int:
    return sum(segment.stat().st_size for segment in (kafka.data / "topics").glob(f"{topic}-*/*.log"))


def bytes_received(pid: int) -> list[int]:
    """By each TCP connection of the process since it was opened, the most first."""
    sockets = subprocess.run(["ss", "-tinpOH"], text=True, capture_output=True, check=True).stdout
    ours = [line for line in sockets.splitlines() if f"pid={pid}," in line]
    return sorted((int(count) for line in ours for count in re.findall(r"bytes_received:(\d+)", line)), reverse=True)


def test_trouble_that_may_pass_is_sat_out(kafka, pipeline):
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(1000))
    p = pipeline(topic)
    process = p.start("--metrics-port", "0", failpoints="after-data-put=fail@2")
    p.wait_for_rows(1000)
    placed += kafka.produce(topic, values(1000, first=1000))  # whose file fails
    p.wait_for_rows(2000)
    assert "failpoint after-data-put. Nothing is lost; it starts again in" in p.logs()
    port = re.search(r"metrics at http://127.0.0.1:(\d+)/", p.logs())[1]
    series = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    assert re.search(r"frazil_pipeline_restarts_total\{.*\} 1\n", series)
    assert stop(process) == 0
    p.check_exactly_once(placed)


def test_trouble_under_once_ends_it(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, values(1000))
    p = pipeline(topic)
    done = p.run_once(failpoints="after-data-put=fail", check=False)
    assert done.returncode == 1 and "failpoint after-data-put" in done.stderr


@pytest.mark.slow
def test_brokers_that_are_away_at_the_first_step_end_it(kafka, pipeline):
    p = pipeline(kafka.create_topic())
    p.source["brokers"] = "127.0.0.1:1"
    p.source["properties"]["socket.connection.setup.timeout.ms"] = "1000"
    p.write_config()
    assert p.start().wait(90) == 1
    assert "127.0.0.1:1" in p.logs()
