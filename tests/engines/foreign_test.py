"""Tables that others made: Frazil appends to them as they are, and every reader finds all rows."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest
import requests
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import BucketTransform, DayTransform, IdentityTransform, TruncateTransform
from pyiceberg.types import (DateType, DecimalType, DoubleType, ListType, LongType, MapType, NestedField, StringType,
                             StructType, TimestampType)
from readers import check_same, plain
from values import check_partition_values, to_json

NESTED = Schema(
    NestedField(1, "id", LongType(), required=True), NestedField(2, "name", StringType()),
    NestedField(3, "amount", DecimalType(9, 2)), NestedField(4, "ts", TimestampType()),
    NestedField(5, "place", StructType(
        NestedField(6, "city", StringType()), NestedField(7, "at", StructType(NestedField(8, "lat", DoubleType()))))),
    NestedField(9, "tags", ListType(10, StringType(), element_required=False)),
    NestedField(11, "counts", MapType(12, StringType(), 13, LongType(), value_required=False)))


def row(id: int) -> dict:
    return {"id": id, "name": f"näme {id % 5}", "amount": Decimal(id * 7 - 20) + Decimal("0.05"),
            "ts": dt.datetime(2026, 1, 1 + id % 4, 12, 30, id), "place": {"city": f"c{id % 3}", "at": {"lat": id / 4}},
            "tags": [f"t{id}", None], "counts": [("a", id), ("b", None)]}


def arrow(table, rows: list[dict]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=table.schema().as_arrow())


def check_rows(lake, readers, table: str, expected: list[dict]) -> None:
    assert check_same(readers, lambda reader: reader.rows(lake.name(table))) == plain(expected)


def test_nested_and_partitioned(lake, readers):
    """PyIceberg writes its rows by name only: for the other transforms it wants a library that is not installed."""
    table = lake.catalog.create_table(lake.name("theirs"), NESTED, partition_spec=PartitionSpec(
        PartitionField(2, 1000, IdentityTransform(), "name")))
    table.append(arrow(table, [row(id) for id in range(6)]))
    with table.update_spec() as update:
        update.add_field("id", BucketTransform(4), "id_bucket")
        update.add_field("name", TruncateTransform(2), "name_trunc")
        update.add_field("ts", DayTransform(), "ts_day")
    lake.append("theirs", [to_json(row(id)) for id in range(6, 20)])
    assert lake.load("theirs").specs() == table.specs()
    assert lake.load("theirs").spec() == table.spec()
    check_rows(lake, readers, "theirs", [row(id) for id in range(20)])
    check_partition_values(lake.load("theirs"))
    lake.append("theirs", [to_json(row(20))])
    check_rows(lake, readers, "theirs", [row(id) for id in range(21)])


def test_evolved(lake, readers):
    """A column renamed, one dropped, two added, and three specs over time, each with its own rows."""
    schema = Schema(NestedField(1, "id", LongType(), required=True), NestedField(2, "was", StringType()),
                    NestedField(3, "gone", StringType()), NestedField(4, "ts", TimestampType()))
    table = lake.catalog.create_table(lake.name("theirs"), schema)
    first = dt.datetime(2025, 12, 31, 23, 59, 59)
    table.append(arrow(table, [{"id": 1, "was": "one", "gone": "x", "ts": first}]))
    with table.update_schema() as update:
        update.rename_column("was", "name")
        update.add_column("born", DateType())
    with table.update_spec() as update:
        update.add_identity("name")
    table.append(arrow(table, [{"id": 2, "name": "two", "gone": "y", "ts": first, "born": None}]))
    with table.update_schema() as update:
        update.delete_column("gone")
        update.add_column(("place",), StructType(NestedField(99, "city", StringType())))
    with table.update_spec() as update:
        update.remove_field("name")
        update.add_field("id", BucketTransform(4), "id_bucket")
        update.add_field("ts", DayTransform(), "ts_day")

    new = [{"id": id, "name": f"n{id}", "ts": first + dt.timedelta(id), "born": dt.date(1969, 12, id + 1),
            "place": {"city": "Oslo"}} for id in range(3, 9)]
    lake.append("theirs", [to_json(row) for row in new])
    old = [{"id": id, "name": name, "ts": first, "born": None, "place": None} for id, name in ((1, "one"), (2, "two"))]
    check_rows(lake, readers, "theirs", old + new)

    lake.append("theirs", ['{"id": 9, "name": "nine", "gone": "anew"}'])
    more = [{**dict.fromkeys(new[0]), "id": 9, "name": "nine", "gone": "anew"}]
    check_rows(lake, readers, "theirs", [{**row, "gone": None} for row in old + new] + more)
    after = lake.load("theirs")
    assert after.spec() == table.spec()
    assert after.schema().find_field("gone").field_id > table.schema().highest_field_id, "another column of an old name"


def test_what_the_config_says_of_partitions_is_the_new_spec(lake, readers):
    table = lake.catalog.create_table(lake.name("theirs"), NESTED, partition_spec=PartitionSpec(
        PartitionField(2, 1000, IdentityTransform(), "name")))
    table.append(arrow(table, [row(0), row(1)]))
    lake.append("theirs", [to_json(row(id)) for id in range(2, 12)], partitioning="bucket", num_buckets=4,
                partition_fields=["id"])
    specs = lake.load("theirs").specs()
    assert [[str(field.transform) for field in spec.fields] for spec in specs.values()] == [["identity"], ["bucket[4]"]]
    check_rows(lake, readers, "theirs", [row(id) for id in range(12)])


@pytest.mark.parametrize("version, message", [
    (1, "ALTER TABLE {} SET TBLPROPERTIES ('format-version'='2')"), (3, "writing versions above 2 is not supported yet")])
def test_versions_that_cannot_be_written(lake, version, message):
    created = requests.post(f"{lake.server.address}/v1/namespaces/{lake.namespace}/tables", timeout=30, json={
        "name": "theirs", "schema": {"type": "struct", "schema-id": 0, "fields": [
            {"id": 1, "name": "id", "type": "long", "required": False}]},
        "properties": {"format-version": str(version)}})
    assert created.json()["metadata"]["format-version"] == version
    done = lake.append("theirs", ['{"id": 1}'], check=False)
    assert done.returncode == 1
    assert f"table {lake.name('theirs')} has format version {version}" in done.stderr
    assert message.format(lake.name("theirs")) in done.stderr
    assert lake.load("theirs").current_snapshot() is None


def test_a_required_column_that_the_records_lack(lake, light_readers):
    table = lake.catalog.create_table(lake.name("theirs"), Schema(
        NestedField(1, "id", LongType(), required=True), NestedField(2, "must", StringType(), required=True)))
    table.append(arrow(table, [{"id": 1, "must": "be"}]))
    done = lake.append("theirs", ['{"id": 2, "must": "too"}', '{"id": 3}', '{"id": 4, "must": "four"}'], check=False)
    assert done.returncode == 1
    assert "must" in done.stderr and "required" in done.stderr and "offset 1" in done.stderr
    check_rows(lake, light_readers, "theirs", [{"id": 1, "must": "be"}])


@pytest.mark.engines
def test_of_spark(lake, readers, spark):
    """Partitioned and nested by Spark's words, evolved between appends, written to by both in turn."""
    if len(readers) == 2:
        pytest.skip("needs all readers")
    name = f"rest.{lake.name('theirs')}"
    spark.run(f"CREATE TABLE {name} (id BIGINT NOT NULL, name STRING, amount DECIMAL(9, 2), ts TIMESTAMP_NTZ, "
              "place STRUCT<city: STRING, at: STRUCT<lat: DOUBLE>>, tags ARRAY<STRING>, counts MAP<STRING, BIGINT>) "
              "USING iceberg PARTITIONED BY (bucket(4, id), truncate(2, name), days(ts)) "
              "TBLPROPERTIES ('format-version' = '2')")
    spark.run(f"INSERT INTO {name} VALUES " + ", ".join(spark_values(row(id)) for id in range(6)))
    spec = lake.load("theirs").spec()
    lake.append("theirs", [to_json(row(id)) for id in range(6, 16)])
    assert lake.load("theirs").spec() == spec
    check_rows(lake, readers, "theirs", [row(id) for id in range(16)])

    spark.run(f"INSERT INTO {name} VALUES " + spark_values(row(16)))
    for change in ("RENAME COLUMN amount TO paid", "DROP COLUMN tags", "ADD COLUMN code INT", "ADD COLUMN place.zip STRING",
                   "ALTER COLUMN paid TYPE DECIMAL(12, 2)", "ALTER COLUMN code TYPE BIGINT",
                   "DROP PARTITION FIELD truncate(2, name)", "ADD PARTITION FIELD truncate(1, name)",
                   "REPLACE PARTITION FIELD ts_day WITH months(ts)"):
        spark.run(f"ALTER TABLE {name} {change}")
    spec = lake.load("theirs").spec()
    lake.append("theirs", [to_json(evolved(row(id), id)) for id in range(17, 25)])
    assert lake.load("theirs").spec() == spec
    expected = [evolved(row(id), id if id >= 17 else None) for id in range(25)]
    check_rows(lake, readers, "theirs", expected)
    spark.run(f"CALL rest.system.rewrite_data_files(table => '{lake.name('theirs')}', "
              "options => map('rewrite-all', 'true'))")
    check_rows(lake, readers, "theirs", expected)
    lake.append("theirs", [to_json(evolved(row(25), 25))])
    check_rows(lake, readers, "theirs", [*expected, evolved(row(25), 25)])


def evolved(row: dict, code: int | None) -> dict:
    out = {"paid" if name == "amount" else name: value for name, value in row.items() if name != "tags"}
    return out | {"code": code, "place": row["place"] | {"zip": None if code is None else f"z{code}"}}


def spark_values(row: dict) -> str:
    return (f"({row['id']}, '{row['name']}', {row['amount']}, TIMESTAMP_NTZ '{row['ts']}', "
            f"named_struct('city', '{row['place']['city']}', 'at', named_struct('lat', {row['place']['at']['lat']}D)), "
            f"array('{row['tags'][0]}', null), map('a', {row['counts'][0][1]}L, 'b', null))")
