"""Tables partitioned by lists of transforms: other readers find the same partitions, whatever becomes of the spec."""

import datetime as dt
import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from duck import lake
from pipelines import Pipeline

CITIES = ["Bergen", "Bodø", "Oslo", "Tromsø"]
BY = ["day(made)", "bucket(4, who.id)", "truncate(2, city)", "region"]
SCHEMA = [{"name": "made", "type": "timestamp"}, {"name": "who", "type": "struct<id: long>"},
          {"name": "city", "type": "string"}, {"name": "region", "type": "string"}]


def record(n: int) -> bytes:
    at = dt.datetime(2026, 1, 30, 22) + dt.timedelta(hours=n % 60)
    region = "null" if n % 7 == 0 else f'"r{n % 2}"'
    return f'{{"made": "{at.isoformat()}", "who": {{"id": {n % 11}}}, "city": "{CITIES[n % 4]}", "region": {region}}}'.encode()


def feed(kafka, topic: str, first: int, count: int) -> None:
    kafka.produce(topic, [record(n) for n in range(first, first + count)])


def check_files(p: Pipeline, where=lambda spec: True) -> int:
    """Each file's rows are all of the partition that its manifest says, by PyIceberg's own transforms."""
    table = p.table()
    schema = table.schema()
    files = 0
    for task in table.scan().plan_files():
        spec = table.specs()[task.file.spec_id]
        if not where(spec):
            continue
        files += 1
        rows = duckdb.execute("SELECT made, who.id AS who, city, region FROM read_parquet(?)",
                              [task.file.file_path.removeprefix("file://")]).to_arrow_table().to_pylist()
        for place, field in enumerate(spec.fields):
            source = schema.find_field(field.source_id)
            name = schema.find_column_name(field.source_id).split(".")[0]
            transform = field.transform.transform(source.field_type)
            values = {transform(micros(row[name])) if row[name] is not None else None for row in rows}
            assert values == {task.file.partition[place]}, field
    return files


def micros(value):
    if not isinstance(value, dt.datetime):
        return value
    return (value - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)


def test_readers_find_the_same_partitions(kafka, pipeline):
    topic = kafka.create_topic()
    feed(kafka, topic, 0, 500)
    p = pipeline(topic, schema=SCHEMA, partition_by=BY)
    p.run_once()
    table = p.table()
    assert [(field.name, str(field.transform)) for field in table.spec().fields] == [
        ("made_day", "day"), ("who.id_bucket", "bucket[4]"), ("city_trunc", "truncate[2]"), ("region", "identity")]
    assert check_files(p) > 10
    by_pyiceberg = Counter(row["city"] for row in p.rows().to_pylist())
    found = lake(p).sql("SELECT city, count(*) FROM here GROUP BY 1").fetchall()
    assert dict(found) == by_pyiceberg and sum(by_pyiceberg.values()) == 500
    # Readers leave files out by their partitions.
    assert table.scan(row_filter="city == 'Oslo'").to_arrow().num_rows == by_pyiceberg["Oslo"]
    assert table.scan(row_filter="region is null").to_arrow().num_rows == sum(n % 7 == 0 for n in range(500))
    day = "made >= '2026-01-31T00:00:00' and made < '2026-02-01T00:00:00'"
    wanted = sum(dt.datetime(2026, 1, 31) <= dt.datetime(2026, 1, 30, 22) + dt.timedelta(hours=n % 60)
                 < dt.datetime(2026, 2, 1) for n in range(500))
    assert table.scan(row_filter=day).to_arrow().num_rows == wanted
    assert lake(p).sql("SELECT count(*) FROM here WHERE made >= TIMESTAMP '2026-01-31' AND made < TIMESTAMP '2026-02-01'"
                       ).fetchone() == (wanted,)
    assert "is sound" in p.frazil.run("verify", "-c", p.config_file, "--deep").stdout


def test_the_spec_follows_the_configuration(kafka, pipeline):
    topic = kafka.create_topic()
    feed(kafka, topic, 0, 100)
    p = pipeline(topic, schema=SCHEMA, partition_by=BY)
    p.run_once()
    old = p.table().spec().spec_id
    p.sink["partition_by"] = ["hour(made)", "bucket(8, who.id)"]
    p.write_config()
    said = "new files are partitioned by hour(made), bucket(8, who.id); those that are there stay as they are"
    assert said in p.frazil.run("check", "-c", p.config_file).stdout
    feed(kafka, topic, 100, 100)
    assert said in p.run_once().stderr
    table = p.table()
    assert [field.name for field in table.spec().fields] == ["made_hour", "who.id_bucket_8"]
    assert check_files(p, lambda spec: spec.spec_id == old) > 0
    assert check_files(p, lambda spec: spec.spec_id != old) > 0
    assert p.rows().num_rows == 200
    p.sink["partition_by"] = BY
    p.write_config()
    feed(kafka, topic, 200, 100)
    p.run_once()
    assert p.table().spec().spec_id == old
    check_files(p)
    assert lake(p).sql("SELECT count(*) FROM here").fetchone() == (300,)
    assert "is sound" in p.frazil.run("verify", "-c", p.config_file, "--deep").stdout


def test_a_dropped_column_leaves_its_field_null(kafka, pipeline):
    topic = kafka.create_topic()
    feed(kafka, topic, 0, 50)
    p = pipeline(topic, schema=SCHEMA, partition_by=["region", "bucket(2, who.id)"])
    p.run_once()
    drop_column(p, "region")
    p.sink["schema"] = [column for column in SCHEMA if column["name"] != "region"]
    p.sink["schema_evolution"] = "strict"
    del p.sink["partition_by"]
    p.write_config()
    checked = p.frazil.run("check", "-c", p.config_file).stdout
    assert 'the column of partition field "region" was dropped' in checked
    kafka.produce(topic, [b'{"who": {"id": %d}, "city": "x"}' % n for n in range(50)])
    ran = p.run_once()
    assert "the column of partition field 'region' was dropped" in ran.stderr
    assert lake(p).sql("SELECT count(*) FROM here").fetchone() == (100,)
    # It may go out of the spec.
    p.sink["partition_by"] = ["bucket(2, who.id)"]
    p.write_config()
    kafka.produce(topic, [b'{"who": {"id": %d}, "city": "x"}' % n for n in range(50)])
    p.run_once()
    assert [field.name for field in p.table().spec().fields] == ["who.id_bucket"]
    assert lake(p).sql("SELECT count(*) FROM here").fetchone() == (150,)


def drop_column(p: Pipeline, name: str) -> None:
    """As an engine left it that does not mind the spec: PyIceberg, Java and Frazil refuse to."""
    location = Path(p.table().metadata_location.removeprefix("file://"))
    metadata = json.loads(location.read_text())
    current = next(schema for schema in metadata["schemas"] if schema["schema-id"] == metadata["current-schema-id"])
    kept = [field for field in current["fields"] if field["name"] != name]
    metadata["schemas"].append(current | {"schema-id": 99, "fields": kept})
    metadata["current-schema-id"] = 99
    changed = location.with_name("00099-00000000-0000-4000-8000-000000000000.metadata.json")
    changed.write_text(json.dumps(metadata))
    with closing(sqlite3.connect(p.database)) as database, database:
        database.execute("UPDATE iceberg_tables SET metadata_location = ? WHERE table_name = 'events'",
                         (f"file://{changed}",))


@pytest.mark.parametrize(("by", "why"), [
    (["bukcet(4, city)"], "there is no transform 'bukcet'"),
    (["day(city)"], "cannot be partitioned by day of 'city'"),
    (["street"], "is no column of table db.events"),
])
def test_what_cannot_be_is_said(kafka, pipeline, by, why):
    topic = kafka.create_topic()
    feed(kafka, topic, 0, 5)
    p = pipeline(topic, schema=SCHEMA, partition_by=by)
    done = p.run_once(check=False)
    assert done.returncode != 0 and why in done.stderr
