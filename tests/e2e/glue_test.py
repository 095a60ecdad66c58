"""From Kafka into AWS Glue's data catalog, whose tables PyIceberg reads by it and DuckDB by their place."""

import time

import pytest
from conformance.our_catalog import append_by_pyiceberg
from duck import lake
from fault.proxy import HttpProxy, answer_after, lose_reply
from pipelines import Pipeline, stop, values, wait_for_log
from servers import S3_PASSWORD, S3_USER, distinct_numbers

NUMBERS = distinct_numbers()


class GluePipeline(Pipeline):
    def __init__(self, glue, frazil, kafka, directory, topic, *, endpoint: str = "", warehouse: str = "", **sink):
        self.glue, self.readers = glue, {}
        self.db = f"e2e{next(NUMBERS)}"
        settings = glue.settings() | ({"endpoint": endpoint} if endpoint else {})
        super().__init__(frazil, kafka, directory, topic, catalog={
            "type": "glue", "glue": settings, "warehouse": warehouse or f"file://{directory}/warehouse"},
            namespace=self.db, **sink)

    def catalog(self):
        return self.glue.catalog(**self.readers)

    def table(self):
        return self.catalog().load_table(f"{self.db}.events")


@pytest.fixture
def pipeline(glue, frazil, kafka, tmp_path):
    return lambda topic, **options: GluePipeline(glue, frazil, kafka, tmp_path, topic, **options)


def test_rows_arrive_once_and_columns_grow(kafka, pipeline):
    topic = kafka.create_topic(partitions=2)
    p = pipeline(topic)
    placed = kafka.produce(topic, values(500))
    p.run_once()
    placed += kafka.produce(topic, ['{"id": 501, "extra": {"deep": [1]}}'])
    p.run_once()
    p.check_exactly_once(placed)
    shown = p.glue.table(p.db, "events")["StorageDescriptor"]["Columns"]
    assert {column["Name"]: column["Type"] for column in shown}["extra"] == "struct<deep:array<bigint>>"
    assert lake(p, f"{p.db}.events").sql("SELECT count(*), max(id) FROM here").fetchall() == [(501, 501)]


def test_into_s3(kafka, pipeline, minio):
    """By keys that stand beside the catalog, for Glue and S3 alike."""
    topic = kafka.create_topic()
    p = pipeline(topic, warehouse="s3://warehouse/e2e", s3={"endpoint": minio.address, "path_style_access": True})
    assert (S3_USER, S3_PASSWORD) == ("admin", "password")
    p.readers = minio.properties()
    placed = kafka.produce(topic, values(100))
    p.frazil.run("check", "-c", p.config_file)
    p.run_once()
    p.check_exactly_once(placed)
    assert p.table().location() == f"s3://warehouse/e2e/{p.db}.db/events"


# Of a commit: before it is compared, between that and its request, after its request.
@pytest.mark.parametrize("failpoint", ["glue-compared", pytest.param("before-send", marks=pytest.mark.slow), "after-send"])
def test_killed_in_a_commit(kafka, pipeline, failpoint):
    topic = kafka.create_topic()
    p = pipeline(topic, batch_size=100)
    placed = kafka.produce(topic, values(300))
    p.run_once()
    placed += kafka.produce(topic, values(300, 300))
    process = p.start(failpoints=f"{failpoint}=kill@1")
    assert process.wait(60) == -9, p.logs()
    p.run_once()
    p.check_exactly_once(placed)


@pytest.mark.parametrize("effect", [lose_reply, answer_after(500)], ids=["reply-lost", "500-after"])
def test_a_commit_whose_outcome_is_not_known(kafka, pipeline, glue, effect):
    topic = kafka.create_topic()
    proxy = HttpProxy(glue.address)
    p = pipeline(topic, endpoint=proxy.address)
    placed = kafka.produce(topic, values(300))
    p.run_once()
    placed += kafka.produce(topic, values(300, 300))
    met = proxy.rule(effect, "POST", "UpdateTable")
    p.run_once()
    assert met.met
    p.check_exactly_once(placed)
    proxy.close()


def test_beside_pyiceberg(kafka, pipeline):
    """Both append to one table; whoever comes second begins anew."""
    topic = kafka.create_topic()
    p = pipeline(topic, batch_size=20, min_commit_interval_ms=1)
    kafka.produce(topic, values(20))
    p.run_once()
    process = p.start()
    theirs = 0
    for round_ in range(5):
        kafka.produce(topic, values(20, 20 * (round_ + 1)))
        theirs += append_by_pyiceberg(p.table, 1, {"id": -1})
    p.wait_for_rows(120 + theirs)
    assert stop(process) == 0, p.logs()
    ids = sorted(p.rows()["id"].to_pylist())
    assert ids == [-1] * theirs + list(range(120)), "a row is missing, or there twice"


@pytest.mark.slow
def test_glue_is_away_for_ten_seconds(kafka, pipeline, glue):
    topic = kafka.create_topic()
    proxy = HttpProxy(glue.address)
    p = pipeline(topic, endpoint=proxy.address)
    placed = kafka.produce(topic, values(300))
    process = p.start()
    p.wait_for_rows(300)
    proxy.down()
    placed += kafka.produce(topic, values(300, 300))
    wait_for_log(p, "Failed to connect to catalog at http://")
    time.sleep(10)
    proxy.up()
    p.wait_for_rows(600, timeout=60)
    assert stop(process) == 0
    p.check_exactly_once(placed)
    proxy.close()
