"""A bad record's reason says what to do. Here it is done, to the letter, on the table there is and on a new one; the
record becomes a row that holds its value."""

import datetime
import json
import re
from decimal import Decimal

import pytest
from pipelines import Pipeline

TYPES = {  # a value that the type of the column does not take, and what is in the row in the end
    "int, too large": ("int", "1", "3000000000", 3000000000),
    "float, too large": ("float", "1.5", "1e39", 1e39),
    "decimal, too many digits before the point": ("decimal(5, 2)", "1.25", "123456.78", Decimal("123456.78")),
    "decimal, too many digits behind the point": ("decimal(5, 2)", "1.25", "1.2345", Decimal("1.2345")),
    "decimal, no number": ("decimal(5, 2)", "1.25", '"many"', "many"),
    "long, a fraction": ("long", "1", "10.5", 10.5),
    "long, text": ("long", "1", '"7a"', "7a"),
    "long, an integer beyond 64 bits": ("long", "1", "98765432109876543210", Decimal("98765432109876543210")),
    "double, an integer beyond 64 bits": ("double", "1.5", "98765432109876543210", Decimal("98765432109876543210")),
    "string, a number": ("string", '"x"', "9007199254740993", 9007199254740993),
    "string, a boolean": ("string", '"x"', "true", True),
    "boolean, text": ("boolean", "true", '"yes"', "yes"),
    "date, text": ("date", '"2026-01-08"', '"yesterday"', "yesterday"),
    "date, a number": ("date", '"2026-01-08"', "20260108", 20260108),
    "timestamp, an integer too large": ("timestamp", "1", "9007199254740993000", 9007199254740993000),
    "timestamp, text": ("timestamptz", "1", '"2026-01-08"', "2026-01-08"),
    "uuid, text": ("uuid", '"f79c3e09-677c-4bbd-a479-3f349cb785e7"', '"f79c"', "f79c"),
    "binary, text": ("binary", '"AAAA"', '"no base64!"', "no base64!"),
    "a list's element, promoted": ("list<int>", "[1]", "[3000000000]", [3000000000]),
    "a list's element": ("list<long>", "[1]", "[1.5]", [1.5]),
    "a map's value, promoted": ("map<string, int>", '{"k": 1}', '{"k": 3000000000}', [("k", 3000000000)]),
    "a map's value": ("map<string, long>", '{"k": 1}', '{"k": "x"}', [("k", "x")]),
    "a struct's field": ("struct<a: long, b: string>", '{"a": 1, "b": "c"}', '{"a": "x"}', {"a": "x", "b": None}),
    "a required column": ("long required", "1", '"7a"', "7a"),
    "an object": ("long", "1", '{"x": 1}', {"x": 1}),
    "an array": ("long", "1", "[1]", [1]),
}


def errors(p) -> dict[int, str]:
    rows = p.catalog().load_table("db.events__errors").scan().to_arrow().to_pylist()
    return {row["offset"]: row["reason"] for row in rows if row.get("replayed_at") is None}


def value(p, n: int, column: str = "v"):
    (row,) = [row for row in p.rows().to_pylist() if row["n"] == n]
    found = row[column]
    if isinstance(found, dict) and column == "v":
        found = {key: each for key, each in found.items() if not key.endswith("_old")}
    return found


def follow(p) -> None:
    p.write_config()
    p.frazil.run("replay-errors", "db.events", "-c", p.config_file)


COLUMN = r"\{name: v, type: (?:'(.*?)'|([\w<>]+))\}"


def declared_in(reason: str) -> tuple[list, bool]:
    """What to declare, and whether the table there is takes that as it is."""
    if found := re.search(rf"declare it so: `schema: \[{COLUMN}\]`", reason):
        return [{"name": "v", "type": found[1] or found[2]}], True
    if found := re.search(rf"declare `{COLUMN}` under `schema:` and feed a new table", reason):
        return [{"name": "v", "type": found[1] or found[2]}], False
    assert "declare a struct, list or map for 'v' under `schema:`" in reason, reason
    return [{"name": "v", "type": "struct<x: long>" if "object" in reason else "list<long>"}], False


@pytest.mark.parametrize("case", TYPES)
def test_a_value_that_does_not_fit(frazil, kafka, pipeline, tmp_path, case):
    type_, first, bad, expected = TYPES[case]
    topic = kafka.create_topic()
    kafka.produce(topic, [f'{{"n": 0, "v": {first}}}', f'{{"n": 1, "v": {bad}}}'])
    required = type_.endswith(" required")
    column = {"name": "v", "type": type_.removesuffix(" required"), "required": required}
    p = pipeline(topic, on_bad_record="errors_table", schema=[{"name": "n", "type": "long"}, column])
    p.run_once()
    reason = errors(p)[1]
    declared, in_place = declared_in(reason)

    anew = tmp_path / "anew"
    anew.mkdir()
    new = Pipeline(frazil, kafka, anew, topic, on_bad_record="errors_table", schema=declared)
    new.run_once()
    assert value(new, 1) == expected

    if not in_place:
        named = re.search(r"rename this table's column '(.*?)'( and make it optional)?", reason)
        with p.table().update_schema() as update:
            if named[2]:
                update.make_column_optional(named[1])
            update.rename_column(named[1], named[1].rsplit(".", 1)[-1] + "_old")
    p.sink["schema"] = declared
    follow(p)
    assert value(p, 1) == expected


@pytest.mark.parametrize("type_, bad", [("double", "1e400"), ("long", "1" * 40), ("decimal(5, 2)", "1e-39")])
def test_a_number_that_no_type_holds_is_to_be_sent_as_text(kafka, pipeline, type_, bad):
    topic = kafka.create_topic()
    kafka.produce(topic, ['{"n": 0, "v": 1}', f'{{"n": 1, "v": {bad}}}'])
    p = pipeline(topic, on_bad_record="errors_table", schema=[{"name": "v", "type": type_}])
    p.run_once()
    reason = errors(p)[1]
    assert "send it as a string" in reason
    p.sink["schema"], _ = declared_in(reason)
    named = re.search(r"rename this table's column '(.*?)'", reason)
    with p.table().update_schema() as update:
        update.rename_column(named[1], "v_old")
    kafka.produce(topic, [f'{{"n": 2, "v": "{bad}"}}'])
    p.write_config()
    p.run_once()
    assert value(p, 2) == bad


def test_a_required_field_that_is_missing(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, ['{"n": 0, "v": 1}', '{"n": 1}', '{"n": 2, "v": null}'])
    p = pipeline(topic, on_bad_record="errors_table", schema=[{"name": "v", "type": "long", "required": True}])
    p.run_once()
    assert all("make the column optional with another engine" in reason for reason in errors(p).values())
    with p.table().update_schema() as update:
        update.make_column_optional("v")
    follow(p)
    assert value(p, 1) is None and value(p, 2) is None


def test_strict_mode(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, ['{"n": 0}'])
    p = pipeline(topic, on_bad_record="errors_table", schema_evolution="strict")
    p.run_once()
    kafka.produce(topic, ['{"n": 1, "v": 7}'])
    p.run_once()
    assert "set `schema_evolution: add_columns`" in errors(p)[1]
    p.sink["schema_evolution"] = "add_columns"
    follow(p)
    assert value(p, 1) == 7


@pytest.mark.parametrize("bad, asks_for_map", [('{"a": 1, "b": 2}', True), ("7", False)])
def test_more_columns_than_may_be(kafka, pipeline, bad, asks_for_map):
    topic = kafka.create_topic()
    kafka.produce(topic, ['{"n": 0}', f'{{"n": 1, "v": {bad}}}'])
    p = pipeline(topic, on_bad_record="errors_table", max_columns=3)
    p.run_once()
    reason = errors(p)[1]
    assert "raise it" in reason and ("declare it as a map under `schema:`" in reason) == asks_for_map
    if asks_for_map:
        p.sink["schema"] = [{"name": "v", "type": "map<string, long>"}]
    else:
        p.sink["max_columns"] = 10
    follow(p)
    found = value(p, 1)
    assert (dict(found) if asks_for_map else found) == json.loads(bad)


@pytest.mark.parametrize("mended", [
    {"max_nested_lists": 20}, {"schema": [{"name": "v", "type": "list<" * 17 + "long" + ">" * 17}]},
])
def test_lists_nested_too_deep(kafka, pipeline, mended):
    topic = kafka.create_topic()
    deep = "[" * 17 + "1" + "]" * 17
    kafka.produce(topic, ['{"n": 0}', f'{{"n": 1, "v": {deep}}}'])
    p = pipeline(topic, on_bad_record="errors_table")
    p.run_once()
    assert "`max_nested_lists: 16`" in errors(p)[1]
    p.sink.update(mended)
    follow(p)
    assert value(p, 1) == json.loads(deep)


def test_the_name_of_a_metadata_column(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, ['{"n": 0}', '{"n": 1, "_kafka_key": "AAAA"}'])
    p = pipeline(topic, on_bad_record="errors_table", metadata=["partition", "offset", "key"])
    p.run_once()
    assert "take it out of `metadata:`" in errors(p)[1]
    p.sink["metadata"] = ["partition", "offset"]
    follow(p)
    assert value(p, 1, "_kafka_key") == b"\0\0\0"


def test_a_declared_type_that_nothing_leads_to(kafka, pipeline):
    """What a start refuses: its advice too."""
    topic = kafka.create_topic()
    kafka.produce(topic, ['{"n": 0, "v": 1}'])
    p = pipeline(topic)
    p.run_once()
    p.sink["schema"] = [{"name": "v", "type": "string"}]
    p.write_config()
    done = p.run_once(check=False)
    assert "rename the table's column with another engine, and the declared one comes beside it" in done.stderr
    with p.table().update_schema() as update:
        update.rename_column("v", "w")
    kafka.produce(topic, ['{"n": 1, "v": "x"}'])
    p.run_once()
    assert value(p, 1) == "x" and value(p, 0, "w") == 1


def test_what_a_declared_column_has_beyond_the_declaration_may_stay(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, ['{"n": 0, "v": {"a": 1, "b": 2}}'])
    p = pipeline(topic, schema=[{"name": "v", "type": "struct<a: int>"}])
    p.run_once()
    p.sink["schema"] = [{"name": "v", "type": "struct<a: long, c: date>"}]
    p.write_config()
    kafka.produce(topic, ['{"n": 1, "v": {"a": 3000000000, "c": "2026-01-08"}}'])
    p.run_once()
    assert value(p, 1) == {"a": 3000000000, "b": None, "c": datetime.date(2026, 1, 8)}
