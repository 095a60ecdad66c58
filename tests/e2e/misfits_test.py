"""on_unknown_field and on_type_conflict: what has no column, or does not fit it, is somewhere, counted, or a bad record."""

import json
import re
import urllib.request

import pytest
from column_names_test import errors
from duck import lake
from evolution_test import begin, column, configure, send, sound
from pipelines import stop, wait_for_log

RECORDS = [{"id": 1}, {"id": 2, "colour": "red", "lines": [{"sku": "a"}, {"sku": "b", "gift": True}]},
           {"id": 3, "m": {"k": {"x": 1, "y": [2, 3.50]}}, "s": {"deep": {"er": None, "or": "\u00e4\"\\"}}}]
DECLARED = [{"name": "id", "type": "long"}, {"name": "lines", "type": "list<struct<sku: string>>"},
            {"name": "m", "type": "map<string, struct<x: long>>"}, {"name": "s", "type": "struct<deep: struct<er: long>>"}]


def names(p) -> set[str]:
    return {field.name for field in p.table().schema().fields if not field.name.startswith("_kafka")}


def test_unknown_fields_go_into_one_column(kafka, pipeline):
    p = begin(kafka, pipeline, RECORDS, schema=DECLARED, on_unknown_field="column")
    assert names(p) == {"id", "lines", "m", "s", "_rest"}, "the sample brings no others"
    rest = column(p, "_rest")
    assert rest[0] is None
    assert rest[1] == '{"colour":"red","lines":[null,{"gift":true}]}'
    assert json.loads(rest[2]) == {"m": {"k": {"y": [2, 3.5]}}, "s": {"deep": {"or": "\u00e4\"\\"}}}
    assert '"y":[2, 3.5]' in rest[2], "as it was sent"
    gifts = lake(p).execute("SELECT json_extract(_rest, '$.lines[1].gift') FROM here WHERE id = 2").fetchall()
    assert gifts == [("true",)]
    assert sound(p)


def test_under_another_name_and_in_a_table_that_is_there(kafka, pipeline):
    p = begin(kafka, pipeline, [{"id": 1}], on_bad_record="errors_table")
    configure(p, on_unknown_field="column", unknown_fields_column="more")
    assert "new column 'more' string" in p.frazil.run("check", "-c", p.config_file).stdout
    send(kafka, p, [{"id": 2, "a": [1, {"b": 2}]}, {"id": 3, "more": "mine"}])
    p.run_once()
    assert column(p, "more") == [None, '{"a":[1, {"b": 2}]}']
    assert "name of a metadata column, or of that for unknown fields" in errors(p)[2]


def test_unknown_fields_are_left_out_and_counted(kafka, pipeline):
    p = begin(kafka, pipeline, [{"id": 1}], on_unknown_field="ignore")
    process = p.start("--metrics-port", 0)
    wait_for_log(p, "assigned, reading")
    send(kafka, p, [{"id": 2, "a": 1, "b": {"c": 1}}, {"id": 3, "a": 2}, {"id": 4, "a": None}])
    p.wait_for_rows(4)
    port = re.search(r"metrics at http://127\.0\.0\.1:(\d+)/metrics", p.logs()).group(1)
    metrics = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    assert stop(process) == 0
    assert names(p) == {"id"}
    assert re.search(r'frazil_fields_without_column_total\{[^}]*outcome="left_out"[^}]*\} 3', metrics), metrics
    assert p.logs().count("field 'a' has no column and is left out") == 1
    assert "field 'b' has no column and is left out" in p.logs()


def test_unknown_fields_are_bad_records(kafka, pipeline):
    p = begin(kafka, pipeline, [{"id": 1}], on_unknown_field="fail", on_bad_record="errors_table")
    send(kafka, p, [{"id": 2, "a": 1}, {"id": 3}])
    p.run_once()
    assert column(p, "id") == [1, 3]
    assert "field 'a' has no column, and `on_unknown_field: fail` wants none" in errors(p)[1]


@pytest.mark.parametrize("mode", ["column", "ignore"])
@pytest.mark.parametrize("value", ['{"b": tru}', "[1,,2]", '"\\x"', "01", "-", '{"b" 1}', "1e", "[" * 70 + "1" + "]" * 70])
def test_what_is_no_json_stays_bad(kafka, pipeline, mode, value):
    p = begin(kafka, pipeline, [{"id": 1}], on_unknown_field=mode, on_bad_record="errors_table")
    kafka.produce(p.topic, ['{"id": 2, "a": %s}' % value])
    p.run_once()
    assert list(errors(p)) == [1] and column(p, "id") == [1]


# --- Type conflicts -------------------------------------------------------------------------------------------------

MIXED = [{"n": 1, "v": 5}, {"n": 2, "v": "five"}, {"n": 3, "v": True}, {"n": 4, "v": {"a": [1.50]}}, {"n": 5, "v": None}]


def test_conflicting_types_of_a_new_table_make_a_string(kafka, pipeline):
    p = begin(kafka, pipeline, MIXED, on_type_conflict="string")
    assert column(p, "v") == ["5", "five", "true", '{"a": [1.5]}', None]
    # A column that has another type keeps it.
    configure(p, on_bad_record="errors_table")
    send(kafka, p, [{"n": "six", "v": 7}, {"n": 8, "w": [1, "b", {"c": 1}]}])
    p.run_once()
    assert column(p, "v")[5:] == [None]
    assert column(p, "w")[5:] == [["1", "b", '{"c": 1}']]
    assert "field 'n' holds a JSON string" in errors(p)[5]


@pytest.mark.parametrize("together", [True, False])
def test_a_value_that_contradicts_goes_beside_its_column(kafka, pipeline, together):
    p = begin(kafka, pipeline, [{"n": 1, "s": {"x": 1}, "l": [1], "t": "2026-01-08T10:00:00"}], infer_time=True,
              on_type_conflict="column")
    later = [{"n": "two", "s": {"x": "y"}, "l": [1, "b"], "t": "no time"}, {"n": 3, "s": 7, "l": {"a": 1}},
             {"n": 99999999999999999999, "l": [2]}]
    for records in [later] if together else [[record] for record in later]:
        send(kafka, p, records)
        p.run_once()
    assert column(p, "n") == [1, None, 3, None]
    assert column(p, "n__conflict") == [None, '"two"', None, "99999999999999999999"]
    assert column(p, "s") == [{"x": 1, "x__conflict": None}, {"x": None, "x__conflict": '"y"'}, None, None]
    assert column(p, "s__conflict") == [None, None, "7", None]
    assert column(p, "l") == [[1], None, None, [2]]
    assert column(p, "l__conflict") == [None, '[1, "b"]', '{"a": 1}', None]
    assert column(p, "t__conflict") == [None, '"no time"', None, None]
    assert sound(p)


def test_a_conflict_that_has_no_place_is_bad(kafka, pipeline):
    schema = [{"name": "id", "type": "long", "required": True}, {"name": "n", "type": "long"},
              {"name": "k", "type": "long"}, {"name": "k__conflict", "type": "long"}]
    p = begin(kafka, pipeline, [{"id": 1}], schema=schema, on_type_conflict="column", on_bad_record="errors_table")
    send(kafka, p, [{"id": "x"}, {"id": 2, "k": "x"}, {"id": 3, "n": "a", "n__conflict": "b"}, {"id": 4, "n": "c"}])
    p.run_once()
    assert column(p, "id") == [1, 4]
    assert sorted(errors(p)) == [1, 2, 3]


def test_avro_has_no_json_text(kafka, pipeline, tmp_path):
    file = tmp_path / "schema.avsc"
    file.write_text('{"type": "record", "name": "r", "fields": [{"name": "id", "type": "long"}]}')
    p = pipeline(kafka.create_topic(), on_unknown_field="column", schema=[{"name": "id", "type": "long"}])
    p.source.update({"format": "avro", "schema_file": str(file)})
    p.write_config()
    kafka.produce(p.topic, [b"\x02"])
    assert "avro payloads have not" in p.run_once(check=False).stderr.replace("\n", " ")
