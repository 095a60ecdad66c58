"""Avro payloads, with a real schema registry and a real broker; PyIceberg tells what became of them."""

import datetime
import decimal
import io
import json
import uuid

import fastavro
import pytest
import requests
from guarded_registry import GuardedRegistry
from pipelines import stop, wait_for_log

UTC = datetime.timezone.utc
DAY, AT = datetime.date(2026, 1, 8), datetime.datetime(2026, 1, 8, 14, 5, 9, 123456)


def nullable(type_):
    return ["null", type_]


def logical(type_: str, name: str, **more) -> dict:
    return {"type": type_, "logicalType": name, **more}


ALL_TYPES = {"type": "record", "name": "All", "namespace": "test", "fields": [
    {"name": "id", "type": "long"},
    {"name": "yes", "type": nullable("boolean")},
    {"name": "small", "type": nullable("int")},
    {"name": "single", "type": nullable("float")},
    {"name": "double", "type": nullable("double")},
    {"name": "text", "type": nullable("string")},
    {"name": "raw", "type": nullable("bytes")},
    {"name": "three", "type": nullable({"type": "fixed", "name": "Three", "size": 3})},
    {"name": "color", "type": nullable({"type": "enum", "name": "Color", "symbols": ["RED", "GREEN"]})},
    {"name": "amount", "type": nullable(logical("bytes", "decimal", precision=12, scale=2))},
    {"name": "fee", "type": nullable({"type": "fixed", "name": "Fee", "size": 16, "logicalType": "decimal",
                                      "precision": 38, "scale": 4})},
    {"name": "key", "type": nullable(logical("string", "uuid"))},
    {"name": "day", "type": nullable(logical("int", "date"))},
    {"name": "noon", "type": nullable(logical("int", "time-millis"))},
    {"name": "noon_us", "type": nullable(logical("long", "time-micros"))},
    {"name": "at", "type": nullable(logical("long", "timestamp-millis"))},
    {"name": "at_us", "type": nullable(logical("long", "timestamp-micros"))},
    {"name": "local", "type": nullable(logical("long", "local-timestamp-micros"))},
    {"name": "tags", "type": {"type": "array", "items": nullable("string")}},
    {"name": "counts", "type": {"type": "map", "values": "long"}},
    {"name": "place", "type": nullable({"type": "record", "name": "Place", "fields": [
        {"name": "city", "type": "string"}, {"name": "heights", "type": {"type": "array", "items": "double"}}]})},
    {"name": "either", "type": ["null", "int", "long"]},
    {"name": "nothing", "type": "null"},
]}

FULL = {
    "id": 1, "yes": True, "small": -7, "single": 1.5, "double": -0.25, "text": "Zürich", "raw": b"\x00\xff",
    "three": b"abc", "color": "GREEN", "amount": decimal.Decimal("-12345.67"),
    "fee": decimal.Decimal("12345678901234567890123456789.1234"), "key": uuid.UUID(int=15), "day": DAY,
    "noon": datetime.time(12, 0, 0, 5000), "noon_us": datetime.time(12, 0, 0, 7), "at": AT.replace(microsecond=123000, tzinfo=UTC),
    "at_us": AT.replace(tzinfo=UTC), "local": AT, "tags": ["a", None, ""], "counts": {"x": 1, "y": -2},
    "place": {"city": "Bern", "heights": [540.0, 541.5]}, "either": 2**40, "nothing": None,
}
EMPTY = {field["name"]: None for field in ALL_TYPES["fields"]} | {"id": 2, "tags": [], "counts": {}}


def encoded(schema: dict, value: dict) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), value)
    return out.getvalue()


def framed(number: int, payload: bytes) -> bytes:
    return b"\0" + number.to_bytes(4, "big") + payload


def register(registry, subject: str, schema: dict) -> int:
    reply = requests.post(f"{registry.address}/subjects/{subject}/versions", json={"schema": json.dumps(schema)},
                          timeout=30)
    reply.raise_for_status()
    return reply.json()["id"]


@pytest.fixture
def avro_pipeline(pipeline, schema_registry):
    def make(topic, url="", **sink):
        p = pipeline(topic, **sink)
        p.source.update(format="avro", schema_registry={"url": url or schema_registry.address})
        p.write_config()
        return p

    return make


def rows_of(p) -> list[dict]:
    rows = p.rows().sort_by([("_kafka_partition", "ascending"), ("_kafka_offset", "ascending")])
    return rows.drop_columns(["_kafka_partition", "_kafka_offset"]).to_pylist()


def expected_row(value: dict) -> dict:
    """As PyArrow shows it: a map is a list of pairs; what holds nothing has no column."""
    row = {name: each for name, each in value.items() if name != "nothing"}
    return row | {"counts": list(value["counts"].items())}


def test_values_of_all_types(kafka, schema_registry, avro_pipeline):
    topic = kafka.create_topic()
    number = register(schema_registry, f"{topic}-value", ALL_TYPES)
    kafka.produce(topic, [framed(number, encoded(ALL_TYPES, value)) for value in (FULL, EMPTY)])
    p = avro_pipeline(topic)
    p.run_once()
    assert rows_of(p) == [expected_row(FULL), expected_row(EMPTY)]
    types = {field.name: str(field.field_type) for field in p.table().schema().fields}
    assert types["amount"] == "decimal(12, 2)" and types["fee"] == "decimal(38, 4)"
    assert (types["key"], types["day"], types["noon"]) == ("uuid", "date", "time")
    assert (types["at"], types["local"], types["either"]) == ("timestamptz", "timestamp", "long")


def record(name: str, /, **fields) -> dict:
    return {"type": "record", "name": name, "fields": [{"name": each, "type": type_} for each, type_ in fields.items()]}


def test_writers_of_several_schemas(kafka, schema_registry, avro_pipeline):
    topic = kafka.create_topic()
    old = record("E", id="long", name="string", gone="int")
    new = record("E", id="long", price=["null", "double"], name="string", place=record("P", city="string"))
    newer = record("E", id="int", place=record("P", city="string", street=["null", "string"]))
    numbers = [register(schema_registry, f"{topic}-{i}", schema) for i, schema in enumerate((old, new, newer))]
    kafka.produce(topic, [framed(numbers[0], encoded(old, {"id": 1, "name": "a", "gone": 7}))])
    p = avro_pipeline(topic)
    p.run_once()
    kafka.produce(topic, [
        framed(numbers[1], encoded(new, {"id": 2, "price": 2.5, "name": "b", "place": {"city": "Bern"}})),
        framed(numbers[0], encoded(old, {"id": 3, "name": "c", "gone": 8})),
        framed(numbers[2], encoded(newer, {"id": 4, "place": {"city": "Biel", "street": "Quai"}})),
    ])
    p.run_once()
    nothing = {"price": None, "place": None}
    assert rows_of(p) == [
        {"id": 1, "name": "a", "gone": 7, **nothing},
        {"id": 2, "name": "b", "gone": None, "price": 2.5, "place": {"city": "Bern", "street": None}},
        {"id": 3, "name": "c", "gone": 8, **nothing},
        {"id": 4, "name": None, "gone": None, "price": None, "place": {"city": "Biel", "street": "Quai"}},
    ]


def test_one_schema_in_a_file(kafka, pipeline, tmp_path):
    topic = kafka.create_topic()
    schema = record("E", id="long", name=nullable("string"))
    (tmp_path / "event.avsc").write_text(json.dumps(schema))
    kafka.produce(topic, [encoded(schema, {"id": i, "name": f"n{i}" if i % 2 else None}) for i in range(100)])
    p = pipeline(topic)
    p.source.update(format="avro", schema_file=str(tmp_path / "event.avsc"))
    p.write_config()
    p.run_once()
    assert rows_of(p) == [{"id": i, "name": f"n{i}" if i % 2 else None} for i in range(100)]


def test_payloads_that_are_none(kafka, schema_registry, avro_pipeline):
    topic = kafka.create_topic()
    schema = record("E", id="long", name="string")
    number = register(schema_registry, f"{topic}-value", schema)
    good = framed(number, encoded(schema, {"id": 1, "name": "a"}))
    kafka.produce(topic, [good, b'{"id": 1}', good[:-1], good + b"x", framed(987654321, good[5:]),
                          framed(number, b"\x02\x04\xff\xff"), b"", good])
    p = avro_pipeline(topic, on_bad_record="errors_table")
    p.run_once()
    assert [row["id"] for row in rows_of(p)] == [1, 1]
    errors = p.catalog().load_table("db.events__errors").scan().to_arrow().sort_by("offset").to_pylist()
    reasons = {error["offset"]: error["reason"] for error in errors}
    assert sorted(reasons) == [1, 2, 3, 4, 5, 6]
    assert "does not begin with a zero byte and the id of a schema" in reasons[1] and "JSON" not in reasons[2]
    assert "not of the writer's schema" in reasons[2] and "1 bytes are left over" in reasons[3]
    assert "has no schema 987654321" in reasons[4]
    assert "field 'name': its text is not valid UTF-8" in reasons[5]


@pytest.fixture
def gate(schema_registry):
    gate = GuardedRegistry(schema_registry.address, "reader", "a-word-for-schemas-0815")
    yield gate
    gate.close()


def test_a_registry_that_is_down_is_waited_for(kafka, schema_registry, avro_pipeline, gate):
    topic = kafka.create_topic()
    schemas = [record("E", id="long"), record("E", id="long", more="string")]
    numbers = [register(schema_registry, f"{topic}-{i}", schema) for i, schema in enumerate(schemas)]
    kafka.produce(topic, [framed(numbers[0], encoded(schemas[0], {"id": i})) for i in range(100)])
    p = avro_pipeline(topic, gate.url, on_bad_record="errors_table")
    p.source["schema_registry"].update(username="reader", password="a-word-for-schemas-0815")
    p.write_config()
    process = p.start()
    p.wait_for_rows(100)
    asked = gate.asked
    gate.open = False
    kafka.produce(topic, [framed(numbers[1], encoded(schemas[1], {"id": i, "more": "m"})) for i in range(100, 200)])
    wait_for_log(p, "waiting for the schema registry at")
    assert process.poll() is None
    gate.open = True
    p.wait_for_rows(200)
    assert stop(process) == 0, p.logs()
    assert sorted(row["id"] for row in rows_of(p)) == list(range(200))
    assert asked == 1, "a schema is asked for once"
    assert "a-word-for-schemas-0815" not in p.logs()


def test_waiting_ends_with_the_process(kafka, schema_registry, avro_pipeline, gate):
    topic = kafka.create_topic()
    schema = record("E", id="long")
    number = register(schema_registry, f"{topic}-value", schema)
    kafka.produce(topic, [framed(number, encoded(schema, {"id": 1}))])
    gate.open = False
    p = avro_pipeline(topic, gate.url)
    p.source["schema_registry"].update(username="reader", password="a-word-for-schemas-0815")
    p.write_config()
    process = p.start()
    wait_for_log(p, "waiting for the schema registry at")
    assert stop(process, timeout=10) == 0, p.logs()
    gate.open = True
    p.run_once()
    assert rows_of(p) == [{"id": 1}]


def test_check_asks_the_registry(kafka, avro_pipeline, gate):
    p = avro_pipeline(kafka.create_topic(), gate.url)

    def check(password: str, fails: bool) -> str:
        p.source["schema_registry"].update(username="reader", password=password)
        p.write_config()
        done = p.frazil.run("check", "-c", p.config_file, check=False)
        assert done.returncode == (3 if fails else 0), done.stdout + done.stderr
        return done.stdout

    of_it = f"source in: schema registry {gate.url}: "
    assert f"ok    {of_it}answers" in check("a-word-for-schemas-0815", fails=False)
    assert f"FAIL  {of_it}the schema registry at {gate.url} gives no schema" in check("another-word-4711", fails=True)
    gate.open = False
    assert f"FAIL  {of_it}status 503: no leader" in check("a-word-for-schemas-0815", fails=True)
    gate.down()
    try:
        assert f"FAIL  {of_it}" in check("a-word-for-schemas-0815", fails=True)
    finally:
        gate.up()


def test_a_registry_that_does_not_let_us_in(kafka, schema_registry, avro_pipeline, gate):
    topic = kafka.create_topic()
    schema = record("E", id="long")
    number = register(schema_registry, f"{topic}-value", schema)
    kafka.produce(topic, [framed(number, encoded(schema, {"id": 1}))])
    p = avro_pipeline(topic, gate.url, on_bad_record="skip")
    p.source["schema_registry"].update(username="reader", password="another-word-4711")
    p.write_config()
    done = p.run_once(check=False)
    assert done.returncode == 1 and "Check schema_registry: username, password, token" in done.stderr
    assert "another-word-4711" not in done.stdout + done.stderr
