"""`frazil plan` says what a run would do, and a run does it; nothing is written before."""

import json

import pytest
from pipelines import bad, values
from servers import S3_PASSWORD, S3_USER


def plan(p, *arguments: str, code: int = 0) -> dict:
    done = p.frazil.run("plan", "-c", p.config_file, "--json", *arguments, check=False, timeout=90)
    assert done.returncode == code, done.stdout + done.stderr
    (one,) = json.loads(done.stdout)
    return one


def everything(p):
    """All that the catalog and the storage hold."""
    files = {str(path.relative_to(p.directory)): path.read_bytes() for path in sorted(p.warehouse.rglob("*"))
             if path.is_file()}
    tables = [(ns, p.catalog().list_tables(ns)) for ns in p.catalog().list_namespaces()]
    return files, tables


def test_a_new_table(kafka, pipeline):
    topic = kafka.create_topic(partitions=2)
    kafka.produce(topic, [*values(20), json.dumps({"id": 99, "extra": {"deep": "x"}})], partition=0)
    p = pipeline(topic, partition_by=["bucket(4, id)"], sort_by=["id desc"])
    before = everything(p)
    planned = plan(p)
    assert everything(p) == before
    assert not planned["would_stop"] and not planned["table_exists"]
    assert planned["records_ahead"] == 21
    assert planned["sample"] | {"bytes": 0, "remarks": []} == {
        "records": 21, "bytes": 0, "rows": 21, "bad_records": 0, "bad": [], "remarks": []}
    columns = {column["column"]: column for column in planned["columns"]}
    assert columns["id"] == {"column": "id", "type": "long", "required": False, "rows_with_it": 21, "example": "0"}
    assert columns["reading"]["rows_with_it"] == 20
    assert columns["extra"]["type"] == "struct<deep: string>" and columns["extra"]["rows_with_it"] == 1
    assert sum(partition["rows"] for partition in planned["partitions"]) == 21
    (statement,) = planned["statements"]
    assert "PARTITIONED BY (bucket(4, id))" in statement and "WRITE ORDERED BY id DESC NULLS LAST" in statement

    p.run_once()
    fields = {field.name: str(field.field_type) for field in p.table().schema().fields}
    assert list(fields) == list(columns)
    assert {str(task.file.partition[0]) for task in p.table().scan().plan_files()} == {
        partition["partition"].split("=")[1] for partition in planned["partitions"]}
    assert plan(p)["records_ahead"] == 0


def test_changes_of_a_table_that_exists(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, values(10))
    p = pipeline(topic, schema=[{"name": "id", "type": "int"}])
    p.run_once()
    p.sink.update(schema=[{"name": "id", "type": "long"}, {"name": "city", "type": "string"}], partition_by=["city"])
    p.write_config()
    kafka.produce(topic, [json.dumps({"id": 1, "new": True})])
    before = everything(p)
    planned = plan(p)
    assert everything(p) == before
    assert planned["table_exists"] and planned["records_ahead"] == 1
    assert planned["offsets"] == [{"topic": topic, "partition": 0, "from": 10, "end": 11, "ahead": 1}]
    assert any("new column 'new' boolean" in change for change in planned["changes"])
    assert planned["statements"] == [
        "ALTER TABLE db.events ALTER COLUMN id TYPE BIGINT;", "ALTER TABLE db.events ADD COLUMN city STRING;",
        "ALTER TABLE db.events ADD COLUMN new BOOLEAN;", "ALTER TABLE db.events ADD PARTITION FIELD city;"]
    p.run_once()
    after = plan(p)
    assert after["changes"] == [] and after["statements"] == []


@pytest.mark.parametrize("sink, records, expected", [
    ({}, [bad(1)], "offset 10"),
    ({"schema": [{"name": "id", "type": "string"}]}, [], "is long, but 'schema:' declares it string"),
    ({"schema_evolution": "strict"}, ['{"id": 1, "more": 2}'], "Schema evolution not allowed in strict mode"),
    ({"catalog": {"type": "rest", "rest": {"uri": "http://127.0.0.1:1"}}}, [], "Failed to connect to catalog"),
], ids=["bad record", "type", "strict", "catalog"])
def test_where_a_run_would_stop(kafka, pipeline, sink, records, expected):
    topic = kafka.create_topic()
    kafka.produce(topic, values(10))
    p = pipeline(topic)
    p.run_once()
    p.sink.update(sink)
    p.write_config()
    kafka.produce(topic, records)
    planned = plan(p, code=3)
    assert planned["would_stop"]
    assert expected in json.dumps(planned["stops"] + planned["checks"])
    stopped = p.run_once(check=False)
    assert stopped.returncode == 1 and expected.split(" is ")[0] in stopped.stderr


def test_bad_records_that_go_elsewhere_stop_nothing(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, [*values(3), bad(1)])
    p = pipeline(topic, on_bad_record="skip", schema=[{"name": "id", "type": "long"}])
    planned = plan(p)
    assert planned["sample"]["bad_records"] == 1 and "offset 3" in planned["sample"]["bad"][0]


def test_a_topic_without_records(kafka, pipeline):
    planned = plan(pipeline(kafka.create_topic()))
    assert "no record yet" in planned["notes"][0] and planned["columns"] == []


def test_what_readers_will_not_read(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, ['{"at": "14:00:00", "City": 1, "city": 2}'])
    p = pipeline(topic, schema=[{"name": "at", "type": "time"}], readers=["spark", "duckdb"])
    gaps = {(gap["reader"], gap["will_not_read"].split(":")[0]) for gap in plan(p)["readers"]}
    assert ("spark", 'column "at" is time') in gaps
    assert ("duckdb", 'columns "City" and "city" differ in case alone') in gaps
    assert ("duckdb", 'column "at" is time') not in gaps
    assert {gap["reader"] for gap in plan(p, "--readers", "athena")["readers"]} == {"athena"}


def test_examples_are_masked_by_choice(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, ['{"name": "Ada Lovelace", "born": 1815}'])
    p = pipeline(topic, metadata=[])
    shown = p.frazil.run("plan", "-c", p.config_file).stdout
    assert "Ada Lovelace" in shown and "1815" in shown
    masked = p.frazil.run("plan", "-c", p.config_file, "--mask").stdout
    assert "Xxx Xxxxxxxx" in masked and "9999" in masked and "Ada" not in masked and "1815" not in masked


def test_it_writes_nothing_into_an_object_store(kafka, pipeline, minio):
    topic = kafka.create_topic()
    kafka.produce(topic, values(10))
    p = pipeline(topic, s3={"endpoint": minio.address, "region": "us-east-1", "path_style_access": True,
                            "access_key_id": S3_USER, "secret_access_key": S3_PASSWORD})
    p.sink["catalog"]["sql"]["warehouse"] = f"s3://warehouse/{topic}"
    p.write_config()
    assert plan(p)["records_ahead"] == 10
    left = minio.client().list_objects_v2(Bucket="warehouse", Prefix=topic).get("Contents", [])
    # Where the probe object of `check` was, Arrow leaves an empty object for its folder.
    assert [(one["Key"], one["Size"]) for one in left] == [(f"{topic}/", 0)]


def test_group_offsets(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, values(10))
    p = pipeline(topic, delivery="at_least_once")
    p.run_once()
    kafka.produce(topic, values(5))
    assert plan(p)["offsets"] == [{"topic": topic, "partition": 0, "from": 10, "end": 15, "ahead": 5}]
