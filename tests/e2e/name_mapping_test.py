"""A table's schema.name-mapping.default follows its columns, so that files without field ids are read by it."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
from column_names_test import RestPipeline
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField, StringType, StructType

MAPPING = "schema.name-mapping.default"


def make_table(p, mapping: list) -> None:
    namespace = p.sink["namespace"]
    p.catalog().create_namespace_if_not_exists(namespace)
    p.catalog().create_table(f"{namespace}.events", Schema(
        NestedField(1, "id", LongType()),
        NestedField(2, "where", StructType(NestedField(3, "city", StringType())))),
        properties={MAPPING: json.dumps(mapping)})


def mapped(table, *path: str) -> int | None:
    """The field id that a file's column without one is read as."""
    fields, found = json.loads(table.properties[MAPPING]), None
    for name in path:
        found = next((field for field in fields if name in field["names"]), None)
        if found is None:
            return None
        fields = found.get("fields", [])
    return found.get("field-id")


def check(table) -> None:
    for path in (["extra"], ["record_id"], ["where", "town"], ["tags", "element"], ["_kafka_offset"]):
        assert mapped(table, *path) == table.schema().find_field(".".join(path)).field_id, path
    assert mapped(table, "id") == 1


FULL = [{"field-id": 1, "names": ["id", "record_id"]},
        {"field-id": 2, "names": ["where"], "fields": [{"field-id": 3, "names": ["city"]}]}]
RECORD = '{"id": 1, "extra": 5, "record_id": 7, "where": {"city": "Ulm", "town": "Bonn"}, "tags": ["x"]}'


def test_new_columns_enter_it(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, [RECORD])
    p = pipeline(topic)
    make_table(p, FULL)
    p.run_once()
    check(p.table())
    # A file that another engine adds, without field ids.
    file = p.directory / "outside.parquet"
    pq.write_table(pa.table({"extra": pa.array([50], pa.int64()), "record_id": pa.array([70], pa.int64())}), file)
    p.table().add_files([f"file://{file}"])
    row = next(row for row in p.rows().to_pylist() if row["extra"] == 50)
    assert row["record_id"] == 70 and row["id"] is None


def test_in_a_rest_catalog_too(frazil, kafka, tmp_path, rest_catalog):
    topic = kafka.create_topic()
    kafka.produce(topic, [RECORD])
    p = RestPipeline(frazil, kafka, tmp_path, topic, rest_catalog.address)
    make_table(p, FULL)
    p.run_once()
    check(p.table())


def test_what_is_not_mapped_stays_so(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, [RECORD])
    p = pipeline(topic)
    make_table(p, [{"field-id": 1, "names": ["id"]}])
    p.run_once()
    assert mapped(p.table(), "extra") and not mapped(p.table(), "where")


def test_marks_in_the_errors_table_enter_its_own(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, ['{"id": 1}', "broken"])
    p = pipeline(topic, on_bad_record="errors_table")
    p.run_once()
    with p.catalog().load_table("db.events__errors").transaction() as change:
        change.set_properties({MAPPING: json.dumps([{"field-id": 1, "names": ["topic"]}])})
    p.frazil.run("replay-errors", "db.events", "-c", p.config_file)
    table = p.catalog().load_table("db.events__errors")
    assert mapped(table, "replayed_at") == table.schema().find_field("replayed_at").field_id
