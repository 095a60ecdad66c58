"""Faults of the broker, of the way to it, and what is done to a topic."""

import os
import signal
import time

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from pipelines import stop, values

pytestmark = pytest.mark.fault
slow = pytest.mark.slow


def under_way(broker, pipeline):
    """A process that has read 1,000 records of two partitions and waits for more."""
    topic = broker.create_topic(partitions=2)
    placed = broker.produce(topic, values(1000))
    p = pipeline(topic, broker)
    process = p.start()
    p.wait_for_rows(1000)
    return p, process, placed


def goes_on(broker, p, process, placed, settle, note: str) -> None:
    placed += broker.produce(p.topic, values(1000, first=1000))
    p.wait_for_rows(2000, timeout=90)
    assert stop(process, 30) == 0, p.logs()
    settle(p, placed, note=note)


@pytest.mark.parametrize("sign", [
    pytest.param(signal.SIGKILL, id="killed"), pytest.param(signal.SIGTERM, marks=slow, id="stopped")])
def test_the_broker_restarts(proxied_kafka, pipeline, settle, sign):
    p, process, placed = under_way(proxied_kafka, pipeline)
    os.kill(proxied_kafka.pid, sign)
    proxied_kafka.stop()  # ends it for sure
    before, deadline = proxied_kafka.proxy.accepted, time.monotonic() + 60
    while proxied_kafka.proxy.accepted < before + 3:  # tries in vain
        assert process.poll() is None and time.monotonic() < deadline, p.logs()
        time.sleep(0.05)
    proxied_kafka.run("start", "--data", str(proxied_kafka.data), *proxied_kafka.options)  # behind its proxy as before
    goes_on(proxied_kafka, p, process, placed, settle, "went on by itself")


def test_connections_to_the_broker_are_cut(proxied_kafka, pipeline, settle):
    p, process, placed = under_way(proxied_kafka, pipeline)
    for first in range(1000, 6000, 1000):
        placed += proxied_kafka.produce(p.topic, values(1000, first))
        proxied_kafka.proxy.cut()
        p.wait_for_rows(len(placed), timeout=90)
    assert stop(process, 30) == 0, p.logs()
    settle(p, placed, note="cut five times")


@slow
def test_the_broker_says_nothing_for_longer_than_a_session(proxied_kafka, pipeline, settle):
    p, process, placed = under_way(proxied_kafka, pipeline)
    with proxied_kafka.proxy.frozen():
        time.sleep(8)  # the session is 3 s
    goes_on(proxied_kafka, p, process, placed, settle, "silent for 8 s, of a session of 3 s")


@slow
def test_leaders_move_among_three_brokers(kafka_cluster, pipeline, settle):
    """Each is killed in turn, and comes back."""
    p, process, placed = under_way(kafka_cluster, pipeline)
    admin = kafka_cluster.admin()
    for broker in kafka_cluster.brokers:
        os.kill(broker.pid, signal.SIGKILL)
        placed += kafka_cluster.produce(p.topic, values(1000, first=len(placed)))
        p.wait_for_rows(len(placed), timeout=90)
        broker.stop()  # ends it for sure
        broker.start()
        wait_for_copies(admin, p.topic, len(kafka_cluster.brokers))
    assert stop(process, 30) == 0, p.logs()
    settle(p, placed, note="each of three brokers killed once")


def wait_for_copies(admin, topic: str, copies: int) -> None:
    """The next one that is killed must not be the last that has all."""
    deadline = time.monotonic() + 60
    while True:
        partitions = admin.list_topics(topic, 10).topics[topic].partitions.values()
        if all(len(partition.isrs) == copies for partition in partitions):
            return
        assert time.monotonic() < deadline, f"{topic} has not {copies} copies"
        time.sleep(0.2)


@slow
def test_the_way_to_the_broker_is_slow(proxied_kafka, pipeline, settle):
    topic = proxied_kafka.create_topic(partitions=2)
    placed = proxied_kafka.produce(topic, values(20_000), compression_type="none")
    p = pipeline(topic, proxied_kafka)
    proxied_kafka.proxy.rate = 200_000
    try:
        p.run_once()
    finally:
        proxied_kafka.proxy.rate = 0
    settle(p, placed, note="200 kB/s")


def delete_before(broker, topic: str, offset: int) -> None:
    admin = broker.admin()  # its futures end only while it is there
    for future in admin.delete_records([TopicPartition(topic, 0, offset)]).values():
        future.result(30)


def make_anew(broker, topic: str, records: int) -> None:
    broker.delete_topic(topic)
    broker.create_topic(topic)
    broker.produce(topic, values(records))


def test_retention_takes_records_that_were_not_read(kafka, local_pipeline, settle, stopped):
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(1000))
    p = local_pipeline(topic)
    p.run_once()
    kafka.produce(topic, values(100, first=1000))
    delete_before(kafka, topic, 1050)
    process = p.start()
    assert process.wait(60) == 1, p.logs()
    assert "1050" in stopped(p.logs())
    p.check_exactly_once(placed)


@pytest.mark.parametrize("delivery", ["exactly_once", "at_least_once"])
def test_records_that_retention_took_are_skipped_where_that_is_wanted(kafka, local_pipeline, settle, delivery):
    topic = kafka.create_topic(partitions=2)
    placed = kafka.produce(topic, values(1000), partition=0) + kafka.produce(topic, values(1000), partition=1)
    p = local_pipeline(topic, delivery=delivery)
    p.source["on_lost_records"] = "skip"
    p.write_config()
    p.run_once()
    kafka.produce(topic, values(50, first=1000), partition=0)
    placed += kafka.produce(topic, values(50, first=1050), partition=0)
    placed += kafka.produce(topic, values(100, first=1000), partition=1)
    delete_before(kafka, topic, 1050)
    done = p.run_once()
    assert f"LOST up to 50 records of topic '{topic}', partition 0: offsets 1000 to 1049" in done.stderr
    p.check_exactly_once(placed)
    p.run_once()
    if delivery == "exactly_once":
        settle(p, placed, note="skipped where 'on_lost_records: skip' says so, 50 counted as skipped")


@pytest.mark.parametrize("offset", [0, 1900], ids=["back", "ahead"])
def test_an_operator_sets_the_offsets_of_the_group(kafka, local_pipeline, settle, offset):
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(1000))
    p = local_pipeline(topic)
    p.run_once()
    placed += kafka.produce(topic, values(1000, first=1000))
    admin = kafka.admin()  # its futures end only while it is there
    group = ConsumerGroupTopicPartitions(topic, [TopicPartition(topic, 0, offset)])
    for future in admin.alter_consumer_group_offsets([group]).values():
        future.result(30)
    p.run_once()
    settle(p, placed)


@pytest.mark.parametrize("records", [500, 1000, 3000], ids=["shorter", "as-long", "longer"])
def test_the_topic_is_made_anew_while_the_pipeline_rests(kafka, local_pipeline, stopped, records):
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(1000))
    p = local_pipeline(topic)
    p.run_once()
    make_anew(kafka, topic, records)
    process = p.start()
    assert process.wait(60) == 1, p.logs()
    assert topic in p.logs()
    stopped(p.logs())
    p.check_exactly_once(placed)


@pytest.mark.parametrize("records", [500, 3000], ids=["shorter", "longer"])
def test_the_topic_is_made_anew_under_a_running_pipeline(kafka, local_pipeline, stopped, records):
    """Rows of the new topic must not be taken for the continuation of the old one."""
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(1000))
    p = local_pipeline(topic)
    process = p.start()
    p.wait_for_rows(1000)
    make_anew(kafka, topic, records)
    assert process.wait(120) == 1, p.logs()
    stopped(p.logs())
    p.check_exactly_once(placed)


@slow
def test_a_compacted_topic_with_tombstones(kafka, local_pipeline, settle):
    """What compaction took before it was read is a gap, which is counted; a tombstone is skipped, by its policy."""
    topic = kafka.create_topic(cleanup_policy="compact", segment_bytes="1048576", min_cleanable_dirty_ratio="0.01",
                               max_compaction_lag_ms="500", delete_retention_ms="600000")
    filler = "x" * 1000
    for number in range(7):
        kafka.produce(topic, [f'{{"id": {i}, "filler": "{filler}"}}' for i in range(600)], key=f"key-{number}")
    kafka.produce(topic, [None], key="key-0")
    time.sleep(2)  # what is older than the compaction lag lets the segment end, by whatever comes next
    last = [kafka.produce(topic, values(1, first=number), key=f"key-{number}")[0] for number in range(1, 7)]
    wait_until_compacted(kafka, topic)
    there, tombstones = records_of(kafka, topic)
    assert set(last) <= set(there) and tombstones and len(there) < 7 * 600
    p = local_pipeline(topic, on_bad_record="skip")
    p.run_once()
    settle(p, there, note=f"{7 * 600 + 7 - len(there)} offsets are gaps or tombstones")


def wait_until_compacted(kafka, topic: str) -> None:
    def log_size() -> int:
        return sum(segment.stat().st_size for segment in (kafka.data / "topics" / f"{topic}-0").glob("*.log"))

    deadline = time.monotonic() + 60
    before, size = 0, log_size()
    while size > 3_000_000 or size != before:
        assert time.monotonic() < deadline, "the broker does not compact"
        time.sleep(0.5)
        before, size = size, log_size()


def records_of(kafka, topic: str) -> tuple[list, list]:
    """The positions of records and of tombstones, by another client."""
    from confluent_kafka import Consumer

    consumer = Consumer({"bootstrap.servers": kafka.address, "group.id": "reader", "enable.partition.eof": True})
    consumer.assign([TopicPartition(topic, 0, 0)])
    found = [], []
    while not ((message := consumer.poll(10)) is None or message.error()):
        found[message.value() is None].append((0, message.offset()))
    consumer.close()
    return found
