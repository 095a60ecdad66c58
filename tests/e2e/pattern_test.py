"""Topics of a pattern, which come and go while the pipeline runs."""

import json
import time
from collections import Counter

import pytest
from pipelines import Pipeline, bad, stop, values


@pytest.fixture(params=["native", "librdkafka"])
def reads_pattern(frazil, kafka, tmp_path, request):
    """make(prefix, **sink settings): a pipeline of all topics that begin so, by either door."""

    def make(prefix: str, **sink) -> Pipeline:
        p = Pipeline(frazil, kafka, tmp_path, prefix, metadata=["topic", "partition", "offset"], **sink)
        p.source.pop("topics")
        p.source.update(topic_pattern=f"^{prefix}-.*", fetch=request.param)
        p.source["properties"]["topic.metadata.refresh.interval.ms"] = "500"
        p.write_config()
        return p

    return make


def of_topics(p, table: str = "db.events") -> Counter:
    """Rows by topic."""
    rows = p.catalog().load_table(table).scan().to_arrow()
    column = "topic" if table.endswith("__errors") else "_kafka_topic"
    return Counter(rows[column].to_pylist())


def delete(kafka, topic: str) -> None:
    admin = kafka.admin()  # its futures end only while it is there
    admin.delete_topics([topic])[topic].result(30)


def wait_until(p, process, holds, what: str) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert process.poll() is None, f"ended with {process.returncode}\n{p.logs()}"
        assert time.monotonic() < deadline, f"{what}\n{p.logs()}"
        time.sleep(0.2)


def test_a_topic_appears(frazil, kafka, reads_pattern):
    first = kafka.create_topic()
    first = kafka.create_topic(f"{first}-a")
    kafka.produce(first, values(10))
    p = reads_pattern(first.removesuffix("-a"), on_bad_record="errors_table")
    process = p.start()
    p.wait_for_rows(10)
    later = kafka.create_topic(first.removesuffix("a") + "b", partitions=2)
    kafka.produce(later, [*values(20), bad(1)])  # its bad record is the first that the errors table gets
    p.wait_for_rows(30)
    kafka.produce(first, values(5))
    p.wait_for_rows(35)
    assert stop(process) == 0, p.logs()
    assert of_topics(p) == {first: 15, later: 20}
    assert of_topics(p, "db.events__errors") == {later: 1}
    kafka.produce(later, values(3))
    p.run_once()
    assert of_topics(p) == {first: 15, later: 23}
    assert json.loads(frazil.run("verify", "-c", p.config_file, "--json").stdout)["findings"] == []


def test_a_topic_goes(kafka, reads_pattern):
    prefix = kafka.create_topic()
    stays, goes = (kafka.create_topic(f"{prefix}-{name}") for name in "ab")
    for topic in (stays, goes):
        kafka.produce(topic, values(10))
    p = reads_pattern(prefix)
    process = p.start()
    p.wait_for_rows(20)
    delete(kafka, goes)
    wait_until(p, process, lambda: "1 partitions revoked" in p.logs() or "1 partitions lost" in p.logs(),
               "the deleted topic's partition was not given up")
    kafka.produce(stays, values(10))
    p.wait_for_rows(30)
    assert process.poll() is None, p.logs()
    assert stop(process) == 0, p.logs()
    kafka.produce(stays, values(1))
    p.run_once()
    assert of_topics(p) == {stays: 21, goes: 10}
