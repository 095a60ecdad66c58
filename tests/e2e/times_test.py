"""Times that readers may not show, and numbers that may be meant otherwise, are said."""

import datetime

import pytest
from confluent_kafka import Producer

AT = datetime.datetime(2026, 1, 8, 14, 5, 9, 123456)
NANOS = 1767881109123456789


@pytest.mark.parametrize("unit, number, expected", [
    ("seconds", NANOS // 10**9, AT.replace(microsecond=0)),
    ("milliseconds", NANOS // 10**6, AT.replace(microsecond=123000)),
    ("microseconds", NANOS // 10**3, AT),
    ("nanoseconds", NANOS, AT),
    ("nanoseconds", -1, datetime.datetime(1969, 12, 31, 23, 59, 59, 999999)),
])
def test_what_integers_count_is_said_by_a_key(kafka, pipeline, unit, number, expected):
    topic = kafka.create_topic()
    kafka.produce(topic, [f'{{"ts": {number}, "more": [{number}]}}'])
    p = pipeline(topic, time_unit=unit, schema=[{"name": "ts", "type": "timestamp"},
                                                {"name": "more", "type": "list<timestamptz>"}])
    done = p.run_once()
    (row,) = p.rows().to_pylist()
    assert row["ts"] == expected and row["more"][0].replace(tzinfo=None) == expected
    assert "years" not in done.stderr


@pytest.mark.parametrize("type_, value", [
    ("timestamp", NANOS // 1000), ("timestamptz", '"+12026-01-08T00:00:00Z"'), ("timestamp", '"0000-05-05T00:00:00"'),
    ("date", '"-0044-03-15"'), ("list<timestamp>", f"[1, {NANOS // 1000}]"),
    ("struct<t: date>", '{"t": "+10000-01-01"}'),
])
def test_years_that_python_does_not_know(kafka, pipeline, type_, value):
    topic = kafka.create_topic()
    kafka.produce(topic, [f'{{"n": {n}, "v": {value}}}' for n in range(100)])
    p = pipeline(topic, schema=[{"name": "v", "type": type_}])
    done = p.run_once()
    place = {"list<timestamp>": "v.element", "struct<t: date>": "v.t"}.get(type_, "v")
    assert done.stderr.count(f"table db.events: column '{place}': values outside the years 1 to 9999 came") == 1
    assert "`time_unit:`" in done.stderr
    assert p.table().scan().count() == 100


@pytest.mark.parametrize("timestamp, words", [
    (2**63 - 1, "they are null there"), (253_402_300_800_000, "values outside the years 1 to 9999 came"),
    (253_402_300_799_999, None),
])
def test_record_timestamps_that_no_column_holds(kafka, pipeline, timestamp, words):
    # A broker takes no time beyond its own by more than this.
    topic = kafka.create_topic(**{"message.timestamp.after.max.ms": str(2**63 - 1)})
    producer = Producer({"bootstrap.servers": kafka.address})
    producer.produce(topic, '{"n": 1}', timestamp=timestamp)
    assert producer.flush(30) == 0
    p = pipeline(topic, metadata=["partition", "offset", "timestamp"])
    done = p.run_once()
    if words:
        assert "table db.events: column '_kafka_timestamp': " in done.stderr and words in done.stderr
    else:
        assert "_kafka_timestamp'" not in done.stderr
    assert p.table().scan(selected_fields=("n",)).to_arrow()["n"].to_pylist() == [1]
