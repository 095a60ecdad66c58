"""`frazil check` of a table that exists says what a run would say, and changes nothing."""

import pytest
from pipelines import values


@pytest.mark.parametrize("sink, complaint", [
    ({"schema": [{"name": "reading", "type": "long"}]}, "'schema:' declares it long"),
    ({"schema": [{"name": "station", "type": "long", "required": True}]}, "is declared required"),
    ({"partitioning": "identity", "partition_fields": ["station"]}, "is no column of table db.events"),
    ({"partitioning": "time", "partition_fields": ["name"]}, "cannot be partitioned by day of 'name'"),
    ({"metadata": ["key"], "schema_evolution": "strict"}, "Schema evolution not allowed in strict mode"),
])
def test_what_a_run_will_refuse_is_said_before(kafka, pipeline, sink, complaint):
    topic = kafka.create_topic()
    kafka.produce(topic, values(10))
    p = pipeline(topic)
    p.run_once()
    p.sink.update(sink)
    p.write_config()
    checked = p.frazil.run("check", "-c", p.config_file, check=False)
    assert checked.returncode == 3
    ran = p.run_once(check=False)
    assert ran.returncode == 1
    words = ran.stderr.split(f"Error: pipeline '{topic}': ")[1].strip()
    assert complaint in words
    assert f"FAIL  sink out: table db.events: {words}\n" in checked.stdout


def test_what_a_run_will_change_is_said_before(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, values(10))
    p = pipeline(topic)
    p.run_once()
    p.sink.update(schema=[{"name": "station", "type": "string"}], partitioning="bucket", partition_fields=["station"])
    p.write_config()
    before = p.table().metadata_location
    changes = ["table db.events: {}new column 'station' string",
               "table db.events: {}new files are partitioned by bucket(16, station); those that are there "
               "stay as they are"]
    checked = p.frazil.run("check", "-c", p.config_file).stdout
    for change in changes:
        assert "ok    sink out: " + change.format("the first run will change it: ") in checked
    assert p.table().metadata_location == before
    ran = p.run_once().stderr
    for change in changes:
        assert change.format("") in ran
    assert str(p.table().spec().fields[0].transform) == "bucket[16]"
    assert "will change it" not in p.frazil.run("check", "-c", p.config_file).stdout
