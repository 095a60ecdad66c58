"""What comes from outside and is large takes time in proportion, not in its square.

Processor time is measured, not the clock's, of a size and of four times as much: in proportion it grows fourfold, in its
square sixteenfold. Where the larger takes less than FLOOR nothing of that kind can be at work.
"""

import json
import os
import subprocess
import uuid

import pytest
from pipelines import Pipeline

TIMES, MOST_GROWTH = 4, 9
FLOOR = 1.0  # seconds


def seconds(frazil, arguments, code: int) -> float:
    """Of the processor, until the program ends so."""
    log = frazil.directory / f"{uuid.uuid4()}.log"
    with open(log, "w") as to:
        process = subprocess.Popen([frazil.program, *map(str, arguments)], stdout=to, stderr=to, cwd=frazil.directory)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == code, log.read_text()[-2000:]
    return usage.ru_utime + usage.ru_stime


def check(frazil, make, size: int, code: int) -> None:
    """`make(size)`: the arguments of a run on something of that size."""
    small = seconds(frazil, make(size), code)
    large = seconds(frazil, make(size * TIMES), code)
    assert large < FLOOR or large < MOST_GROWTH * small, f"{small:.2f} s, and {large:.2f} s for {TIMES} times as much"


def sizes(quick: int, thorough: int):
    """What grows in its square takes longer than FLOOR at four times `quick` already."""
    return pytest.mark.parametrize("size", [quick, pytest.param(thorough, marks=pytest.mark.slow)])


UNKNOWN_KEYS = ("unknown keys", lambda n: "".join(f"key{i}: 1\n" for i in range(n)))
MERGED_MAPS = ("merged maps", lambda n: "version: {<<: [" + ", ".join(f"{{k{i}: 1}}" for i in range(n)) + "]}\n")
LIST = ("list", lambda n: "sources: [" + ", ".join("{}" for _ in range(n)) + "]\n")
ANCHORS = ("aliases", lambda n: "a: &a0 [x]\n" + "".join(f"b{i}: &a{i + 1} [*a{i}, *a{i}]\n" for i in range(n)))
DOLLARS = ("dollars", lambda n: "version: '" + "$" * 2 * n + "'\n")
PROPERTIES = ("properties", lambda n: json.dumps({
    "version": "1.0", "sources": {"in": {"connector": "kafka", "config": {
        "brokers": "b", "topics": ["t"], "format": "json", "properties": {f"p{i}": "v" for i in range(n)}}}},
    "sinks": {}, "pipelines": {}}))


@pytest.mark.parametrize(("name", "text"), [UNKNOWN_KEYS, MERGED_MAPS, LIST, ANCHORS, DOLLARS, PROPERTIES],
                         ids=lambda value: value if isinstance(value, str) else "")
def test_configurations(frazil, name, text):
    def make(size: int):
        file = frazil.directory / f"{size}.yaml"
        file.write_text(text(size))
        return "run", "-c", file
    check(frazil, make, 20_000, code=2)


def test_laughs_without_end(frazil):
    """Each line is twice the one before it: nobody reads it out."""
    text = "l0: &l0 {x: 1}\n" + "".join(f"l{i}: &l{i} [*l{i - 1}, *l{i - 1}]\n" for i in range(1, 200))
    file = frazil.directory / "laughs.yaml"
    for where in (text, text + "sources: *l199\n", text + "sinks: {out: {connector: iceberg, config: {schema: *l199}}}\n"):
        file.write_text(where)
        assert seconds(frazil, ("run", "-c", file), 2) < FLOOR


def metadata(directory, size: int, *, refs: int = 0, columns: int = 1, properties: int = 0, log: int = 0) -> dict:
    """Of a table with `size` snapshots."""
    snapshot = lambda i: {"snapshot-id": i, "sequence-number": i, "timestamp-ms": 1_700_000_000_000 + i,
                          "manifest-list": f"file://{directory}/l{i}.avro", "summary": {"operation": "append"},
                          **({"parent-snapshot-id": i - 1} if i > 1 else {})}
    fields = [{"id": i, "name": f"c{i}", "required": False, "type": "long"} for i in range(1, columns + 1)]
    made = {
        "format-version": 2, "table-uuid": str(uuid.uuid4()), "location": f"file://{directory}",
        "last-sequence-number": size, "last-updated-ms": 1_800_000_000_000, "last-column-id": columns,
        "current-schema-id": 0, "schemas": [{"type": "struct", "schema-id": 0, "fields": fields}],
        "default-spec-id": 0, "partition-specs": [{"spec-id": 0, "fields": []}], "last-partition-id": 999,
        "default-sort-order-id": 0, "sort-orders": [{"order-id": 0, "fields": []}],
        "properties": {f"p{i}": "v" for i in range(properties)},
        "snapshots": [snapshot(i) for i in range(1, size + 1)],
        "snapshot-log": [{"timestamp-ms": 1_700_000_000_000 + i, "snapshot-id": i} for i in range(1, size + 1)],
        "metadata-log": [{"timestamp-ms": i, "metadata-file": f"file://{directory}/m{i}.json"} for i in range(log)],
    }
    if size:
        made |= {"current-snapshot-id": size, "refs": {
            "main": {"snapshot-id": size, "type": "branch"},
            **{f"t{i}": {"snapshot-id": 1 + i % size, "type": "tag"} for i in range(refs)}}}
    return made


TABLES = {
    "snapshots": lambda d, n: metadata(d, n),
    "refs to each snapshot": lambda d, n: metadata(d, n, refs=n),
    "columns": lambda d, n: metadata(d, 1, columns=n),
    "properties": lambda d, n: metadata(d, 1, properties=n),
    "metadata log": lambda d, n: metadata(d, 1, log=n),
}


@sizes(10_000, 20_000)
@pytest.mark.parametrize("what", TABLES)
def test_tables(frazil, what, size):
    """Of a SQL catalog whose table points at such metadata."""
    import sqlite3

    def make(size: int):
        directory = frazil.directory / f"{size}"
        directory.mkdir()
        file = directory / "v1.metadata.json"
        file.write_text(json.dumps(TABLES[what](directory, size)))
        database = directory / "catalog.db"
        with sqlite3.connect(database) as connection:
            connection.execute("create table iceberg_tables (catalog_name varchar(255) not null, table_namespace "
                               "varchar(255) not null, table_name varchar(255) not null, metadata_location varchar(1000), "
                               "previous_metadata_location varchar(1000), iceberg_type varchar(5), primary key "
                               "(catalog_name, table_namespace, table_name))")
            connection.execute("create table iceberg_namespace_properties (catalog_name varchar(255) not null, namespace "
                               "varchar(255) not null, property_key varchar(255) not null, property_value varchar(1000), "
                               "primary key (catalog_name, namespace, property_key))")
            connection.execute("insert into iceberg_tables values ('frazil', 'db', 'events', ?, null, 'TABLE')",
                               (f"file://{file}",))
        return ("table", "describe", "db.events", "--catalog", f"sqlite:///{database}", "--warehouse",
                f"file://{directory}")
    check(frazil, make, size, code=0)


def record(size: int) -> str:
    return "{" + ",".join(f'"k{i}":1' for i in range(size)) + "}"


RECORDS = {
    "keys": record,
    "keys below one": lambda n: '{"below":' + record(n) + "}",
    "empty values": lambda n: "{" + ",".join(f'"k{i}":[{{}}]' for i in range(n)) + "}",
    "elements": lambda n: '{"all":[' + ",".join('{"a":1}' for _ in range(n)) + "]}",
    "names that differ in each element": lambda n: '{"all":[' + ",".join(f'{{"a{i}":1}}' for i in range(n)) + "]}",
    "digits": lambda n: '{"a":' + "1" * n + "}",
}


@sizes(25_000, 100_000)
@pytest.mark.parametrize("known", [True, False], ids=["of a table", "in the sample"])
@pytest.mark.parametrize("what", RECORDS)
def test_records(frazil, kafka, what, known, size):
    def make(size: int):
        topic = kafka.create_topic(max_message_bytes="100000000")
        kafka.produce(topic, ['{"id":1}', RECORDS[what](size)], compression_type="zstd", message_max_bytes=100_000_000)
        p = Pipeline(frazil, kafka, frazil.directory, topic, on_bad_record="skip")
        if known:
            p.sink["schema"] = [{"name": "id", "type": "long"}]
        p.sink["table"] = f"events_{size}"
        p.write_config()
        return "run", "-c", p.config_file, "--once"
    check(frazil, make, size, code=0)
