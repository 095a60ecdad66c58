"""Columns that a table as a whole cannot have make their record bad, by name; every other engine loads the table."""

import json
import re
import urllib.request

import pytest
from choosy_catalog import DROPS, ChoosyCatalog
from damage import edit_metadata
from fallback_test import ChoosyPipeline
from fault.proxy import error
from pipelines import Pipeline, stop, wait_for_log
from pyiceberg.catalog import load_catalog
from verify_test import kinds, verify

BY_TIME = {"schema": [{"name": "ts", "type": "timestamp"}], "partitioning": "time", "partition_fields": ["ts"]}

# What is there, what comes, with which settings, and what the reason says.
CLASHES = {
    "a dotted name beside a struct": ({"n": 1}, {"a.b": 1, "a": {"b": 2}}, {}, "field 'a.b'"),
    "in a struct": ({"n": 1}, {"x": {"a.b": 1, "a": {"b": 2}}}, {}, "field 'x.a.b'"),
    "over two records": ({"n": 1, "a.b": 1}, {"a": {"b": 2}}, {}, "field 'a.b'"),
    "a list's element": ({"n": 1, "a": [1]}, {"a.element": 1}, {}, "field 'a.element'"),
    "a field of a list's element": ({"n": 1, "a": [{"x": 1}]}, {"a.element.x": 1}, {}, "field 'a.element.x'"),
    "a metadata column's key": ({"n": 1}, {"_kafka_headers.key": 1}, {"metadata": ["partition", "offset", "headers"]},
                                "field '_kafka_headers.key'"),
    "a declared map's value": ({"n": 1}, {"m.value": 1}, {"schema": [{"name": "m", "type": "map<string, int>"}]},
                               "field 'm.value'"),
    "an empty key": ({"n": 1}, {"": 1}, {}, "must have a name"),
    "an empty key in a struct": ({"n": 1}, {"s": {"": 1}}, {}, "must have a name"),
    "a partition field's name": ({"n": 1}, {"ts_day": "x"}, BY_TIME, "a partition field of the table has that name"),
    "a reserved name": ({"n": 1}, {"_deleted": True}, {}, "the name is reserved"),
}


class RestPipeline(Pipeline):
    """In a namespace of its own."""

    def __init__(self, frazil, kafka, directory, topic, address: str, **sink):
        self.address, self.namespace = address, topic.replace("-", "_")
        super().__init__(frazil, kafka, directory, topic, namespace=self.namespace,
                         catalog={"type": "rest", "rest": {"uri": address}}, **sink)

    def catalog(self):
        return load_catalog("rest", type="rest", uri=self.address)

    def table(self):
        return self.catalog().load_table(f"{self.namespace}.events")


def errors(p) -> dict[int, str]:
    table = p.catalog().load_table(f"{p.sink['namespace']}.events__errors")
    return {row["offset"]: row["reason"] for row in table.scan().to_arrow().to_pylist()}


def numbers(p) -> list[int]:
    return sorted(p.rows()["n"].to_pylist())


@pytest.mark.parametrize("when", ["in the sample", "later"])
@pytest.mark.parametrize("clash", CLASHES)
def test_the_record_is_bad_and_the_table_sound(kafka, pipeline, clash, when):
    first, second, sink, words = CLASHES[clash]
    topic = kafka.create_topic()
    p = pipeline(topic, on_bad_record="errors_table", **sink)
    kafka.produce(topic, [json.dumps(first)])
    if when == "later":
        p.run_once()
    kafka.produce(topic, [json.dumps({"n": 2, **second}), '{"n": 9}'])
    p.run_once()
    assert numbers(p) == [1, 9]
    bad = errors(p)
    assert list(bad) == [1] and words in bad[1]
    assert "is sound" in p.frazil.run("verify", "-c", p.config_file).stdout


@pytest.mark.parametrize("clash", ["over two records", "an empty key", "a partition field's name"])
def test_in_a_rest_catalog_too(frazil, kafka, tmp_path, rest_catalog, clash):
    first, second, sink, words = CLASHES[clash]
    topic = kafka.create_topic()
    kafka.produce(topic, [json.dumps(first), json.dumps({"n": 2, **second}), '{"n": 9}'])
    p = RestPipeline(frazil, kafka, tmp_path, topic, rest_catalog.address, on_bad_record="errors_table", **sink)
    p.run_once()
    assert numbers(p) == [1, 9] and words in errors(p)[1]


def test_the_record_is_told_where_bad_records_stop_the_pipeline(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, ['{"a.b": 1}', '{"a": {"b": 2}}'])
    done = pipeline(topic).run_once(check=False)
    assert done.returncode == 1
    assert f"bad record at topic '{topic}', partition 0, offset 1: field 'a.b' has no column" in done.stderr


def test_the_old_name_of_a_renamed_partition_column(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, ['{"n": 1, "city": "Ulm"}'])
    p = pipeline(topic, on_bad_record="skip", partitioning="identity", partition_fields=["city"])
    p.run_once()
    with p.table().update_schema() as update:
        update.rename_column("city", "town")
    del p.sink["partitioning"], p.sink["partition_fields"]
    p.write_config()
    kafka.produce(topic, ['{"n": 2, "city": "Bonn"}', '{"n": 3, "town": "Bonn"}'])
    assert "a partition field of the table has that name" in p.run_once().stderr
    assert numbers(p) == [1, 3]


def test_the_struct_that_grows_is_the_one_that_was_meant(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, ['{"n": 1, "x": {"y": {"a": 1}}, "x.z": {"a": 1}}'])
    p = pipeline(topic)
    p.run_once()
    kafka.produce(topic, ['{"n": 2, "x.z": {"b": 2}}'])
    p.run_once()
    row = next(row for row in p.rows().to_pylist() if row["n"] == 2)
    assert row["x.z"] == {"a": None, "b": 2} and row["x"] is None


@pytest.fixture
def choosy(rest_catalog):
    catalog = ChoosyCatalog(rest_catalog.address)
    yield catalog
    catalog.close()


CURSED = ['{"n": 1}', '{"n": 2, "cursed": 1}', '{"n": 3, "fine": {"deep": 1}}', '{"n": 4, "fine": {"cursed": 1}}',
          '{"n": 5, "cursed": 2}', '{"n": 6, "fine": {"deep": 2}}']


@pytest.mark.parametrize("when", ["in the sample", "later"])
@pytest.mark.parametrize("status", [400, 500])
def test_what_only_the_catalog_refuses_makes_the_record_bad(frazil, kafka, tmp_path, choosy, status, when):
    choosy.cursed = {"cursed": status}
    topic = kafka.create_topic()
    p = ChoosyPipeline(frazil, kafka, tmp_path, topic, choosy, on_bad_record="errors_table")
    kafka.produce(topic, CURSED[:1])
    if when == "later":
        p.run_once()
    kafka.produce(topic, CURSED[1:])
    p.run_once()
    assert numbers(p) == [1, 3, 6]
    bad = errors(p)
    assert sorted(bad) == [1, 3, 4]
    assert all("the catalog does not take a new one" in why and "no column is called cursed" in why
               for why in bad.values())
    assert "frazil.trial" not in p.table().properties


def test_the_record_is_told_where_the_catalog_refuses(frazil, kafka, tmp_path, choosy):
    choosy.cursed = {"cursed": 500}
    topic = kafka.create_topic()
    kafka.produce(topic, CURSED)
    done = ChoosyPipeline(frazil, kafka, tmp_path, topic, choosy).run_once(check=False)
    assert done.returncode == 1
    assert f"bad record at topic '{topic}', partition 0, offset 1: field 'cursed' has no column" in done.stderr


def test_a_tag_tells_that_a_catalog_without_properties_refuses(frazil, kafka, tmp_path, choosy):
    """Offsets are in a tag there, so the table has a snapshot before its first record is read."""
    choosy.properties = DROPS
    topic = kafka.create_topic()
    p = ChoosyPipeline(frazil, kafka, tmp_path, topic, choosy, on_bad_record="skip")
    kafka.produce(topic, CURSED[:1])
    p.run_once()
    choosy.cursed = {"cursed": 500}
    kafka.produce(topic, CURSED[1:])
    p.run_once()
    assert numbers(p) == [1, 3, 6]
    assert not [name for name in p.table().refs() if name.startswith("frazil.trial")]


def test_a_server_error_without_evidence_makes_no_record_bad(frazil, kafka, tmp_path, choosy):
    """Nothing is kept by which a refusal could be told from trouble, and the trouble passes."""
    choosy.properties = choosy.tags = DROPS
    topic = kafka.create_topic()
    p = ChoosyPipeline(frazil, kafka, tmp_path, topic, choosy, on_bad_record="skip", delivery="at_least_once",
                       flush_interval_secs=1)
    kafka.produce(topic, CURSED[:1])
    p.run_once()
    trouble = choosy.rule(lambda exchange: exchange.reply(error(500, "no space left on device")), "POST", times=5)
    choosy.rules.reverse()  # it goes before what is dropped
    kafka.produce(topic, CURSED[1:])
    p.run_once()
    assert len(trouble.met) == 5 and numbers(p) == [1, 2, 3, 4, 5, 6]


@pytest.mark.slow
def test_a_server_error_without_evidence_is_told_by_column_and_record_and_waited_for(frazil, kafka, tmp_path, choosy):
    """Nothing is kept by which a refusal could be told from trouble."""
    choosy.properties = choosy.tags = DROPS
    topic = kafka.create_topic()
    p = ChoosyPipeline(frazil, kafka, tmp_path, topic, choosy, on_bad_record="skip", delivery="at_least_once",
                       flush_interval_secs=1)
    kafka.produce(topic, CURSED[:1])
    p.run_once()
    choosy.cursed = {"cursed": 500}
    kafka.produce(topic, CURSED[1:])
    process = p.start("--metrics-port", 0)
    told = f"topic '{topic}', partition 0, offset 1 wants a column: could not change the schema of table " \
           f"{p.namespace}.events, to add 'cursed'"
    try:
        wait_for_log(p, told, timeout=90)
        url = re.search(r"metrics at (\S+)/metrics", p.logs())[1] + "/health"
        with urllib.request.urlopen(url, timeout=10) as answer:
            health = json.load(answer)
        assert health["status"] == "retrying" and told in health["error"]
        choosy.cursed = {}
        p.wait_for_rows(6)
        with urllib.request.urlopen(url, timeout=10) as answer:
            assert json.load(answer) == {"status": "ok"}
    finally:
        stop(process)
    assert numbers(p) == [1, 2, 3, 4, 5, 6]


def test_trouble_of_the_catalog_that_passes_makes_no_record_bad(frazil, kafka, tmp_path, choosy):
    topic = kafka.create_topic()
    kafka.produce(topic, CURSED[:1])
    p = ChoosyPipeline(frazil, kafka, tmp_path, topic, choosy, on_bad_record="skip")
    p.run_once()
    kafka.produce(topic, CURSED[1:])
    choosy.clear()
    trouble = choosy.rule(lambda exchange: exchange.reply(error(500, "no space left on device")), "POST", times=5)
    p.run_once()
    assert len(trouble.met) == 5 and numbers(p) == [1, 2, 3, 4, 5, 6]


@pytest.mark.slow
def test_trouble_of_the_catalog_makes_no_record_bad(frazil, kafka, tmp_path, choosy):
    topic = kafka.create_topic()
    kafka.produce(topic, CURSED[:1])
    p = ChoosyPipeline(frazil, kafka, tmp_path, topic, choosy, on_bad_record="skip")
    p.run_once()
    kafka.produce(topic, CURSED[1:])
    choosy.clear()
    choosy.rule(lambda exchange: exchange.reply(error(500, "no space left on device")), "POST", times=None)
    process = p.start()
    try:
        wait_for_log(p, "could not change the schema")
    finally:
        stop(process)
    choosy.clear()
    p.run_once()
    assert numbers(p) == [1, 2, 3, 4, 5, 6]


def test_case_alone_is_allowed_and_said(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, ['{"n": 1, "userId": 1, "userID": 2, "s": {"Ö": 1, "ö": 2}}'])
    p = pipeline(topic)
    p.run_once()
    checked = p.frazil.run("check", "-c", p.config_file).stdout
    assert 'warn  sink out: table db.events: columns "userId" and "userID" differ in case alone' in checked
    assert 'columns "s.Ö" and "s.ö" differ in case alone' in checked


@pytest.mark.parametrize("schema, words, usage", [
    ([{"name": "a.b", "type": "int"}, {"name": "a", "type": "struct<b: int>"}], 'column "a.b"', True),
    ([{"name": "_kafka_key.x", "type": "int"}, {"name": "_kafka_key", "type": "struct<x: int>"}], "_kafka_key.x", True),
    ([{"name": "ts", "type": "timestamp"}, {"name": "ts_day", "type": "int"}], "a partition field", True),
    ([{"name": "_file", "type": "string"}], "reserved", False),  # a table may have it already
])
def test_declared_columns_are_held_to_the_same_rules(kafka, pipeline, schema, words, usage):
    topic = kafka.create_topic()
    kafka.produce(topic, ['{"n": 1}'])
    sink = {"partitioning": "time", "partition_fields": ["ts"]} if schema[0]["name"] == "ts" else {}
    p = pipeline(topic, schema=schema, **sink)
    checked = p.frazil.run("check", "-c", p.config_file, check=False)
    assert checked.returncode == (2 if usage else 3) and words in checked.stdout + checked.stderr
    done = p.run_once(check=False)
    assert done.returncode == (2 if usage else 1) and words in done.stderr


def rename(fields: list, old: str, new: str) -> None:
    next(field for field in fields if field["name"] == old)["name"] = new


@pytest.mark.parametrize("which", ["current", "old"])
def test_a_schema_that_others_do_not_load_is_found(kafka, pipeline, which):
    topic = kafka.create_topic()
    kafka.produce(topic, ['{"n": 1, "a": {"b": 1}, "c": 1}'])
    p = pipeline(topic)
    p.run_once()

    def damage(metadata):
        (current,) = metadata["schemas"]
        metadata["schemas"].append(json.loads(json.dumps(current)) | {"schema-id": 7})
        rename(metadata["schemas"][0 if which == "current" else 1]["fields"], "c", "a.b")

    edit_metadata(p, damage)
    assert kinds(verify(p)) == {"unloadable-schema"}
    done = p.run_once(check=False)
    assert done.returncode == 1 and "other engines do not load table db.events" in done.stderr
    checked = p.frazil.run("check", "-c", p.config_file, check=False)
    assert checked.returncode == 3 and "other engines do not load table db.events" in checked.stdout
