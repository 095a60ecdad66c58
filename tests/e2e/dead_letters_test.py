"""Bad records in a topic, at least once; a consumer of confluent-kafka's looks into it."""

import json
import os
import signal

import pytest
from confluent_kafka import Consumer
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from pipelines import bad, stop, values
from servers import Kafka


def letters(kafka, topic: str, at_least: int) -> list:
    """What is in the topic, all of it."""
    consumer = Consumer({"bootstrap.servers": kafka.address, "group.id": f"of-{topic}", "enable.partition.eof": True,
                         "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    found, ended = [], False
    while not ended:
        message = consumer.poll(30)
        assert message is not None, f"{topic} is silent"
        ended = message.error() is not None
        if not ended:
            found.append(message)
    consumer.close()
    assert len(found) >= at_least, f"{topic} has {len(found)}"
    return found


def origins(found) -> list[tuple[int, int]]:
    headers = [dict(message.headers()) for message in found]
    return [(int(each["frazil.partition"]), int(each["frazil.offset"])) for each in headers]


@pytest.fixture
def letters_pipeline(pipeline):
    def make(topic, dead, **sink):
        return pipeline(topic, on_bad_record="topic", dead_letter_topic=dead, schema=[{"name": "id", "type": "long"}],
                        **sink)

    return make


def test_a_letter_is_the_record_and_says_why(frazil, kafka, letters_pipeline):
    topic, dead = kafka.create_topic(), kafka.create_topic()
    good = kafka.produce(topic, values(3))
    kafka.produce(topic, [b"{\"id\": \xff}"], key="k", headers=[("h", b"v"), ("h", b"w"), ("empty", b"")])
    kafka.produce(topic, [bad(0)])
    p = letters_pipeline(topic, dead)
    assert "exists; takes the bad records" in frazil.run("check", "-c", p.config_file).stdout
    done = p.run_once()
    assert f"sent to topic '{dead}': bad record at topic '{topic}', partition 0, offset 3" in done.stderr
    first, second = letters(kafka, dead, 2)
    assert (first.key(), first.value()) == (b"k", b"{\"id\": \xff}")
    assert first.headers()[:3] == [("h", b"v"), ("h", b"w"), ("empty", b"")]
    said = dict(first.headers()[3:])
    assert {key: said[key] for key in said if key != "frazil.reason"} == {
        "frazil.topic": topic.encode(), "frazil.partition": b"0", "frazil.offset": b"3",
        "frazil.pipeline": topic.encode(), "frazil.table": b"db.events"}
    assert b"UTF-8" in said["frazil.reason"]
    assert (second.key(), second.value()) == (None, bad(0).encode())
    p.check_exactly_once(good)
    report = json.loads(frazil.run("verify", "-c", p.config_file, "--json").stdout)
    assert [account["counts"]["skipped"] for account in report["accounts"]] == [2]


@pytest.mark.parametrize("step", ["after-dead-letters", "before-send", "after-send", "after-reply"])
def test_killed_around_the_commit(kafka, letters_pipeline, step):
    topic, dead = kafka.create_topic(partitions=2), kafka.create_topic()
    good = kafka.produce(topic, values(500))
    p = letters_pipeline(topic, dead)
    p.run_once()
    wrong = kafka.produce(topic, map(bad, range(200)))
    good += kafka.produce(topic, values(500, first=500))
    killed = p.run_once(failpoints=f"{step}=kill", check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    p.run_once()
    p.check_exactly_once(good)
    found = origins(letters(kafka, dead, len(wrong)))
    assert set(found) == set(wrong)
    if step in ("after-dead-letters", "before-send"):
        assert len(found) == 2 * len(wrong), "sent for a commit that did not come about, and again"


def test_a_topic_that_cannot_be(frazil, kafka, letters_pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, values(3) + [bad(0)])
    for dead, reason in (("nobody-made-it", "does not exist: create it first"),
                         (topic, "is one of the topics that are read")):
        p = letters_pipeline(topic, dead)
        done = p.run_once(check=False)
        assert done.returncode == 1 and f"dead_letter_topic '{dead}' {reason}" in done.stderr
        checked = frazil.run("check", "-c", p.config_file, check=False)
        assert checked.returncode == 3 and reason in checked.stdout + checked.stderr


def test_a_letter_that_the_topic_does_not_take(kafka, letters_pipeline):
    topic, dead = kafka.create_topic(), kafka.create_topic(max_message_bytes="2000")
    good = kafka.produce(topic, values(3))
    p = letters_pipeline(topic, dead)
    p.run_once()
    kafka.produce(topic, [json.dumps({"id": os.urandom(5000).hex()})])  # it does not pack
    done = p.run_once(check=False)
    assert done.returncode == 1
    assert f"could not be sent to dead_letter_topic '{dead}' (the offsets were not moved past them)" in done.stderr
    p.check_exactly_once(good)
    larger = ConfigEntry("max.message.bytes", "100000", incremental_operation=AlterConfigOpType.SET)
    admin = kafka.admin()
    changed = ConfigResource(ResourceType.TOPIC, dead, incremental_configs=[larger])
    for future in admin.incremental_alter_configs([changed]).values():
        future.result(30)
    p.run_once()
    assert origins(letters(kafka, dead, 1)) == [(0, 3)]


def test_the_broker_is_away_for_a_while(frazil, servers, letters_pipeline):
    kafka = servers(Kafka, "kafka")
    topic, dead = kafka.create_topic(), kafka.create_topic()
    good = kafka.produce(topic, values(100))
    p = letters_pipeline(topic, dead)
    p.source["brokers"] = kafka.address
    p.write_config()
    process = p.start()
    p.wait_for_rows(100)
    wrong = kafka.produce(topic, map(bad, range(50)))
    kafka.stop()
    kafka.start("--port", kafka.address.split(":")[1])
    wrong += kafka.produce(topic, map(bad, range(50)))
    good += kafka.produce(topic, values(100, first=100))
    p.wait_for_rows(200, timeout=60)
    assert stop(process, 30) == 0, p.logs()
    p.check_exactly_once(good)
    assert set(origins(letters(kafka, dead, 100))) == set(wrong)
