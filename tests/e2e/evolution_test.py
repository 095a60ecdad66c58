"""schema_evolution: full: columns are renamed, dropped and made wider without a file written anew.

PyIceberg and DuckDB read what there is: old rows under new names, as wider types.
"""

import json

import pytest
from column_names_test import errors
from duck import lake
from pipelines import stop, wait_for_log
from pyiceberg.schema import Schema
from pyiceberg.types import (DecimalType, DoubleType, FloatType, IntegerType, ListType, LongType, MapType, NestedField,
                             StringType, StructType)

FULL = {"schema_evolution": "full"}


def begin(kafka, pipeline, records: list[dict], **sink):
    """A pipeline that has taken in the records, by a table made of them."""
    p = pipeline(kafka.create_topic(), **sink)
    send(kafka, p, records)
    p.run_once()
    return p


def send(kafka, p, records: list[dict]) -> None:
    kafka.produce(p.topic, [json.dumps(record) for record in records])


def configure(p, **sink) -> None:
    p.sink.update(sink)
    p.write_config()


def verdict(p) -> str:
    return p.frazil.run("check", "-c", p.config_file, check=False).stdout


def ids(table) -> dict[str, int]:
    schema = table.schema()
    return {schema.find_column_name(field_id): field_id for field_id in schema.field_ids}


def column(p, name: str) -> list:
    """In offset order, as PyIceberg has it; DuckDB must have the same."""
    rows = sorted(p.rows().to_pylist(), key=lambda row: row["_kafka_offset"])
    duck = lake(p).execute(f'SELECT "{name}" FROM here ORDER BY _kafka_offset').fetchall()
    found = [row[name] for row in rows]
    assert [value for value, in duck] == found
    return found


def sound(p) -> bool:
    return "is sound" in p.frazil.run("verify", "-c", p.config_file).stdout


# --- Renames --------------------------------------------------------------------------------------------------------


def test_a_renamed_column_keeps_its_id_and_its_rows(kafka, pipeline):
    p = begin(kafka, pipeline, [{"nmae": "a", "place": {"cty": "Ulm"}, "lines": [{"skew": 1}]}])
    before = ids(p.table())
    configure(p, **FULL, rename={"nmae": "name", "place.cty": "city", "lines.element.skew": "sku"})
    said = verdict(p)
    assert "the first run will change it: column 'nmae' is called 'name' from now on" in said
    assert "column 'place.cty' is called 'city'" in said and "column 'lines.element.skew' is called 'sku'" in said
    assert ids(p.table()) == before, "check changes nothing"

    # Records of either name go into the one column.
    send(kafka, p, [{"nmae": "b", "place": {"cty": "Bonn"}, "lines": [{"skew": 2}]},
                    {"name": "c", "place": {"city": "Köln"}, "lines": [{"sku": 3}, {"skew": 4}]}])
    p.run_once()
    now = ids(p.table())
    assert now["name"] == before["nmae"] and now["place.city"] == before["place.cty"]
    assert now["lines.element.sku"] == before["lines.element.skew"] and len(now) == len(before)
    assert column(p, "name") == ["a", "b", "c"]
    assert column(p, "place") == [{"city": "Ulm"}, {"city": "Bonn"}, {"city": "Köln"}]
    assert column(p, "lines") == [[{"sku": 1}], [{"sku": 2}], [{"sku": 3}, {"sku": 4}]]

    schemas = len(p.table().schemas())
    p.run_once()  # nothing is left to do
    assert len(p.table().schemas()) == schemas
    assert "will change it" not in verdict(p)
    assert sound(p)


def test_both_names_are_there(kafka, pipeline):
    p = begin(kafka, pipeline, [{"old": 1, "new": 2}])
    configure(p, **FULL, rename={"old": "new"})
    run = p.run_once(check=False)
    assert run.returncode != 0
    assert "has both 'old' and 'new'" in run.stderr and "Take this line out of 'rename:'" in run.stderr
    assert "has both 'old' and 'new'" in verdict(p)


def test_a_rename_of_nothing_is_told(kafka, pipeline):
    p = begin(kafka, pipeline, [{"a": 1}])
    configure(p, **FULL, rename={"b": "c"})
    assert "neither a column 'b' nor 'c'" in verdict(p)
    assert "neither a column 'b' nor 'c'" in p.run_once().stderr


def test_a_record_with_both_names(kafka, pipeline):
    """Of two that are one column by now one must say nothing."""
    p = begin(kafka, pipeline, [{"old": 1}], on_bad_record="errors_table")
    configure(p, **FULL, rename={"old": "new"})
    send(kafka, p, [{"old": 2, "new": None}, {"new": 3, "old": None}, {"old": None, "new": 4}, {"old": 5, "new": 5}])
    p.run_once()
    assert column(p, "new") == [1, 2, 3, 4]
    assert list(errors(p)) == [4] and "under its old name as well" in errors(p)[4]


def test_a_new_table_has_the_new_names_at_once(kafka, pipeline):
    p = begin(kafka, pipeline, [{"old": 1, "s": {"x": 1}}, {"new": 2, "s": {"y": 2}}], **FULL,
              rename={"old": "new", "s.x": "y"})
    assert column(p, "new") == [1, 2]
    assert column(p, "s") == [{"y": 1}, {"y": 2}]


def test_rename_takes_full(kafka, pipeline):
    p = pipeline(kafka.create_topic(), rename={"a": "b"})
    assert "takes schema_evolution: full" in p.run_once(check=False).stderr


# --- Drops ----------------------------------------------------------------------------------------------------------

DECLARED = [{"name": "id", "type": "long"}, {"name": "a", "type": "string"},
            {"name": "s", "type": "struct<x: long, y: long>"}]


def test_columns_that_are_declared_no_longer_are_dropped(kafka, pipeline):
    record = {"id": 1, "a": "x", "s": {"x": 1, "y": 2, "z": 3}, "data": 1}
    p = begin(kafka, pipeline, [record], schema=DECLARED, **FULL)
    before = ids(p.table())
    assert {"data", "s.z"} <= set(before), "what records bring comes beside"

    configure(p, schema=[DECLARED[0], {"name": "s", "type": "struct<x: long>"}])
    said = verdict(p)
    assert "column 'a' is dropped: 'schema:' has it no longer" in said and "column 's.y' is dropped" in said
    assert "'data'" not in said and "s.z" not in said, "what was never declared is nobody's to drop"
    assert ids(p.table()) == before
    send(kafka, p, [{"id": 2, "s": {"x": 5}, "data": 2}])
    p.run_once()
    assert set(before) - set(ids(p.table())) == {"a", "s.y"}
    assert column(p, "data") == [1, 2]
    assert column(p, "s") == [{"x": 1, "z": 3}, {"x": 5, "z": None}]
    assert "will change it" not in verdict(p)

    # Declared again it is another column.
    configure(p, schema=DECLARED)
    p.run_once()
    assert ids(p.table())["a"] > max(before.values())
    assert column(p, "a") == [None, None]
    assert sound(p)


def test_nothing_is_dropped_without_a_schema_or_full(kafka, pipeline):
    p = begin(kafka, pipeline, [{"id": 1, "a": "x"}], schema=DECLARED, **FULL)
    before = ids(p.table())
    configure(p, schema=[])
    p.run_once()
    configure(p, schema=DECLARED[:1], schema_evolution="add_columns")
    p.run_once()
    assert ids(p.table()) == before


@pytest.mark.parametrize("sink, words", [
    ({"partition_by": ["a"]}, "partition field \"a\" is made of it"), ({"sort_by": ["a"]}, "sorted by it")])
def test_what_partitions_or_sorts_the_table_stays(kafka, pipeline, sink, words):
    p = begin(kafka, pipeline, [{"id": 1, "a": "x"}], schema=DECLARED, **FULL, **sink)
    for key in sink:
        del p.sink[key]
    configure(p, schema=DECLARED[:1])
    run = p.run_once(check=False)
    assert run.returncode != 0
    assert "column \"a\" can not be dropped" in run.stderr and words in run.stderr
    assert "Keep it declared under 'schema:'" in run.stderr


def test_a_renamed_column_is_not_taken_for_a_dropped_one(kafka, pipeline):
    p = begin(kafka, pipeline, [{"id": 1, "a": "x"}], schema=DECLARED[:2], **FULL)
    before = ids(p.table())
    configure(p, schema=[DECLARED[0], {"name": "b", "type": "string"}], rename={"a": "b"})
    p.run_once()
    assert ids(p.table())["b"] == before["a"]
    assert column(p, "b") == ["x"]


# --- Promotions -----------------------------------------------------------------------------------------------------


def narrow(p, required: bool = False) -> None:
    """A table as other engines make them."""
    p.catalog().create_namespace_if_not_exists("db")
    point = StructType(NestedField(11, "x", IntegerType(), required=required))
    p.catalog().create_table("db.events", Schema(
        NestedField(1, "i", IntegerType(), required=required), NestedField(2, "f", FloatType()),
        NestedField(3, "d", DecimalType(6, 2)),
        NestedField(4, "l", ListType(12, IntegerType(), element_required=required)),
        NestedField(5, "m", MapType(13, StringType(), 14, IntegerType(), value_required=required)),
        NestedField(6, "s", point)))


SMALL = {"i": 1, "f": 0.5, "d": 1.25, "l": [1], "m": {"k": 1}, "s": {"x": 1}}
LARGE = {"i": 2**40, "f": 0.1, "d": 12345678.25, "l": [2**40], "m": {"k": 2**40}, "s": {"x": 2**40}}


@pytest.mark.parametrize("together", [True, False])
def test_columns_become_as_wide_as_records_need(kafka, pipeline, together):
    p = pipeline(kafka.create_topic(), **FULL)
    narrow(p)
    before = ids(p.table())
    send(kafka, p, [SMALL])
    if not together:
        p.run_once()
    send(kafka, p, [LARGE, SMALL])
    p.run_once()
    schema = p.table().schema()
    types = {name: schema.find_type(name) for name in ["i", "f", "d", "l.element", "m.value", "s.x"]}
    assert types == {"i": LongType(), "f": DoubleType(), "d": DecimalType(10, 2), "l.element": LongType(),
                     "m.value": LongType(), "s.x": LongType()}
    assert {name: ids(p.table())[name] for name in before} == before
    assert column(p, "i") == [1, 2**40, 1]
    assert column(p, "f") == [0.5, 0.1, 0.5]
    assert [float(value) for value in column(p, "d")] == [1.25, 12345678.25, 1.25]
    assert column(p, "l") == [[1], [2**40], [1]]
    assert column(p, "s") == [{"x": 1}, {"x": 2**40}, {"x": 1}]
    assert [dict(pairs) for pairs in p.rows().sort_by("_kafka_offset")["m"].to_pylist()] == [
        {"k": 1}, {"k": 2**40}, {"k": 1}]
    assert sound(p)


def test_a_float_that_a_float_holds_changes_nothing(kafka, pipeline):
    p = pipeline(kafka.create_topic(), **FULL)
    narrow(p)
    send(kafka, p, [{"f": 0.5}, {"f": 16777216}])
    p.run_once()
    assert p.table().schema().find_type("f") == FloatType()


def test_declared_columns_keep_their_types(kafka, pipeline):
    p = pipeline(kafka.create_topic(), **FULL, on_bad_record="errors_table", schema=[{"name": "i", "type": "int"}])
    narrow(p)
    send(kafka, p, [{"i": 1}, {"i": 2**40}])
    p.run_once()
    assert p.table().schema().find_type("i") == IntegerType()
    assert "field 'i'" in errors(p)[1]


def test_required_columns_become_optional_where_a_record_has_none(kafka, pipeline):
    p = pipeline(kafka.create_topic(), **FULL)
    narrow(p, required=True)
    send(kafka, p, [SMALL, {"l": [1, None], "m": {"k": None}, "s": {"y": 2}}])
    p.run_once()
    fields = p.table().schema()
    assert not fields.find_field("i").required and not fields.find_field("s.x").required
    assert not fields.find_field("l.element").required and not fields.find_field("m.value").required
    assert column(p, "i") == [1, None]
    assert column(p, "l") == [[1], [1, None]]
    assert sound(p)


def test_add_columns_does_none_of_this(kafka, pipeline):
    p = pipeline(kafka.create_topic(), on_bad_record="errors_table")
    narrow(p, required=True)
    send(kafka, p, [{**SMALL, "i": 2**40}, {key: SMALL[key] for key in "fd"}])
    p.run_once()
    assert p.table().schema().find_type("i") == IntegerType()
    assert set(errors(p)) == {0, 1}


# --- Two at once ----------------------------------------------------------------------------------------------------


def test_two_processes_rename_add_and_widen_at_once(kafka, pipeline):
    """Whoever comes first: the table has each change once, and every record is a row."""
    topic = kafka.create_topic(partitions=4)
    p = pipeline(topic, **FULL, batch_size=50)
    narrow(p)
    before = ids(p.table())
    configure(p, schema=[{"name": "added", "type": "string"}], rename={"i": "number", "s.x": "east"})
    records = [{"i" if n % 2 else "number": 2**40 if n % 3 == 0 else n, "f": n / 7, f"data{n % 5}": n, "added": "y",
                "s": {"x": n} if n % 2 else {"east": 2**33 + n}, "n": n} for n in range(400)]
    send(kafka, p, records)
    slowly = "after-data-put=sleep:50;after-list-put=sleep:50;after-schema-commit=sleep:50"
    processes = [p.start(failpoints=slowly) for _ in range(2)]
    wait_for_log(p, "assigned, reading")
    p.wait_for_rows(400, timeout=90)
    for process in processes:
        assert stop(process, 30) == 0, p.logs()
    p.run_once()
    now = ids(p.table())
    assert now["number"] == before["i"] and now["s.east"] == before["s.x"]
    assert "i" not in now and "s.x" not in now and len(now) == len(before) + 9, now
    rows = {row["n"]: row for row in p.rows().to_pylist()}
    assert len(rows) == 400
    for n, record in enumerate(records):
        row = rows[n]
        assert row["number"] == record.get("i", record.get("number"))
        assert row["f"] == record["f"] and row[f"data{n % 5}"] == n
        assert row["s"]["east"] == record["s"].get("x", record["s"].get("east"))
    assert sound(p)
