"""schema_evolution: full: what other engines read of columns that were renamed, dropped and made wider."""

import json

from pyiceberg.schema import Schema
from pyiceberg.types import DecimalType, FloatType, IntegerType, ListType, NestedField, StringType, StructType

OLD = {"id": 1, "nmae": "old", "n": 7, "f": 0.5, "d": 1.25, "gone": "x", "s": {"x": 1}, "l": [1]}
NEW = {"id": 2, "name": "new", "n": 2**40, "f": 0.1, "d": 12345678.25, "s": {"east": 2**40}, "l": [2**40, None]}


def evolved(lake) -> str:
    """A table with a row of before and one of after all changes."""
    lake.catalog.create_table(lake.name("events"), Schema(
        NestedField(1, "id", IntegerType(), required=True), NestedField(2, "nmae", StringType(), required=True),
        NestedField(3, "n", IntegerType()), NestedField(4, "f", FloatType()), NestedField(5, "d", DecimalType(6, 2)),
        NestedField(6, "s", StructType(NestedField(11, "x", IntegerType(), required=True))),
        NestedField(7, "l", ListType(12, IntegerType(), element_required=True))))
    declared = [{"name": "id", "type": "int"}, {"name": "gone", "type": "string"}]
    topic = lake.kafka.create_topic()

    def run(record: dict, **sink) -> None:
        lake.kafka.produce(topic, [json.dumps(record)])
        config = {
            "version": "1.0",
            "sources": {"in": {"connector": "kafka", "config": {"brokers": lake.kafka.address, "topics": [topic]}}},
            "sinks": {"out": {"connector": "iceberg", "config": {
                "catalog": {"type": "rest", "rest": {"uri": lake.server.address}}, "namespace": lake.namespace,
                "table": "events", "schema_evolution": "full", **sink}}},
            "pipelines": {topic: {"source": "in", "sink": "out"}}}
        file = lake.directory / f"{topic}.yaml"
        file.write_text(json.dumps(config))
        lake.frazil.run("run", "-c", file, "--once", timeout=180)

    run(OLD, schema=declared)
    run(NEW, schema=declared[:1], rename={"nmae": "name", "s.x": "east"})
    return lake.name("events")


def test_all_of_them_read_old_rows_under_the_new_columns(lake, readers):
    name = evolved(lake)
    for reader in readers:
        rows = sorted(reader.rows(name), key=lambda row: row["id"])
        assert [row["name"] for row in rows] == ["old", "new"], reader
        assert [row["n"] for row in rows] == [7, 2**40], reader
        assert [row["f"] for row in rows] == [0.5, 0.1], reader
        assert [float(row["d"]) for row in rows] == [1.25, 12345678.25], reader
        assert [row["s"]["east"] for row in rows] == [1, 2**40], reader
        assert [row["l"] for row in rows] == [[1], [2**40, None]], reader
        assert "gone" not in rows[0] and "nmae" not in rows[0], reader
