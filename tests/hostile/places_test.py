"""A catalog, or a table's metadata, that names places of this machine which nobody gave it."""

import contextlib
import json
import os
import re
import sqlite3

import pytest
from fault import oracle
from fault.proxy import Exchange, HttpProxy, Message
from pipelines import Pipeline, values
from pyiceberg.catalog import load_catalog



class Lying(Pipeline):
    """Feeds a table of Iceberg's REST catalog in local files; `lie(change)` has change(metadata) seen instead."""

    def __init__(self, frazil, kafka, directory, topic, real, **sink):
        self.real, self.namespace, self.proxy = real, topic.replace("-", "_"), HttpProxy(real.address[len("http://"):])
        super().__init__(frazil, kafka, directory, topic, namespace=self.namespace,
                         catalog={"type": "rest", "rest": {"uri": self.proxy.address}}, **sink)

    def lie(self, change) -> None:
        def effect(exchange: Exchange) -> None:
            plain = re.sub(rb"\r\naccept-encoding:[^\r\n]*", b"", exchange.request.head, flags=re.IGNORECASE)
            exchange.request = Message(plain, exchange.request.body)
            reply = exchange.forward()
            if reply.start[1] == "200":
                told = json.loads(reply.body)
                change(told["metadata"])
                reply = reply.with_body(json.dumps(told).encode())
            exchange.reply(reply)

        self.proxy.rule(effect, "GET|POST", rf"/namespaces/{self.namespace}/tables", times=None)

    def catalog(self):
        return load_catalog("real", type="rest", uri=self.real.address)

    def table(self):
        return self.catalog().load_table(f"{self.namespace}.events")


@pytest.fixture
def lying(frazil, kafka, rest_catalog, tmp_path):
    with contextlib.ExitStack() as made:
        def make(**sink):
            topic = kafka.create_topic()
            p = Lying(frazil, kafka, tmp_path, topic, rest_catalog, **sink)
            made.callback(p.proxy.close)
            p.placed = kafka.produce(topic, values(200))
            return p
        yield make


def location(text):
    return lambda metadata: metadata.update(location=text)


def set_property(key, text):
    return lambda metadata: metadata["properties"].update({key: text})


@pytest.mark.parametrize("existing", [False, True], ids=["new", "existing"])
@pytest.mark.parametrize("change", [
    lambda outside: location(f"file://{outside}"), lambda outside: location("file:///"), lambda outside: location("/"),
    lambda outside: location(f"file://{outside}/../outside"),
    lambda outside: set_property("write.data.path", f"file://{outside}/data"),
    lambda outside: set_property("write.metadata.path", str(outside)),
], ids=["location", "root", "slash", "dots", "data-path", "metadata-path"])
def test_a_catalog_names_a_place(lying, tmp_path, change, existing):
    outside = tmp_path / "outside"
    p = lying()
    if existing:
        p.run_once()
    p.lie(change(outside))
    if existing:
        p.placed += p.kafka.produce(p.topic, values(200, 200))
    done = p.run_once(check=False, timeout=30)
    assert done.returncode == 1, done.stderr
    assert "local_folders" in done.stderr or "no place for a table's files" in done.stderr, done.stderr
    assert not outside.exists()
    assert not any(name.endswith((".parquet", ".avro", "version-hint.text")) for name in os.listdir("/"))
    p.proxy.clear()
    p.run_once()
    oracle.check(p, p.placed)


def test_a_place_that_is_given_by_name(lying, tmp_path):
    p = lying()
    p.run_once()
    with p.table().transaction() as change:
        change.set_properties({"write.data.path": f"file://{tmp_path}/more/data"})
    p.placed += p.kafka.produce(p.topic, values(200, 200))
    refused = p.run_once(check=False)
    assert refused.returncode == 1 and "local_folders" in refused.stderr, refused.stderr
    assert not (tmp_path / "more").exists()
    p.sink["catalog"]["rest"]["local_folders"] = [str(tmp_path / "more")]
    p.write_config()
    p.run_once()
    assert list((tmp_path / "more/data").glob("*.parquet"))
    oracle.check(p, p.placed)


@pytest.mark.parametrize("name", [".", "..", "a/b", "../../etc", "x" * 256])
def test_a_table_s_name_that_leads_elsewhere(frazil, kafka, tmp_path, name):
    p = Pipeline(frazil, kafka, tmp_path, kafka.create_topic(), table=name)
    done = frazil.run("check", "-c", p.config_file, check=False)
    assert done.returncode == 2 and "cannot be the name of a table" in done.stderr, done.stderr


def test_a_metadata_log_that_names_foreign_files(frazil, kafka, tmp_path):
    """What falls out of the log is deleted with the commit: of the table's own metadata files alone."""
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(100))
    p = Pipeline(frazil, kafka, tmp_path, topic)
    p.run_once()
    p.table().transaction().set_properties({
        "write.metadata.delete-after-commit.enabled": "true",
        "write.metadata.previous-versions-max": "1"}).commit_transaction()

    own = tmp_path / "warehouse/db/events"
    theirs = [tmp_path / "precious.txt", tmp_path / "00001-x.metadata.json",
              tmp_path / "warehouse/db/other/metadata/00001-x.metadata.json", tmp_path / "linked/00001-x.metadata.json",
              own / "metadata/other.avro"]
    for file in theirs:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("theirs")
    (own / "metadata/link").symlink_to(tmp_path / "linked")
    dropped = own / "metadata/00000-dropped.metadata.json"
    dropped.write_text("ours")
    data = next((own / "data").glob("*.parquet"))
    with sqlite3.connect(p.database) as database:
        current, = database.execute("SELECT metadata_location FROM iceberg_tables").fetchone()
    current = current.removeprefix("file://")
    metadata = json.loads(open(current).read())
    metadata["metadata-log"] = [
        {"timestamp-ms": entry, "metadata-file": str(file)} for entry, file in enumerate(
            [*theirs, data, own / "metadata/link/00001-x.metadata.json", f"{own}/../../../precious.txt",
             "file:" + current, f"file://{dropped}"])]
    open(current, "w").write(json.dumps(metadata))

    placed += kafka.produce(topic, values(100, 100))
    p.run_once()
    assert all(file.read_text() == "theirs" for file in theirs)
    assert os.path.exists(current) and data.exists()
    assert not dropped.exists(), "what is the table's own goes"
    oracle.check(p, placed)


@pytest.mark.parametrize("linked", ["data", "metadata"])
def test_a_link_in_the_table(frazil, kafka, tmp_path, linked):
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(100))
    p = Pipeline(frazil, kafka, tmp_path, topic)
    p.run_once()
    outside = tmp_path / "outside"
    os.rename(tmp_path / "warehouse/db/events" / linked, outside)
    (tmp_path / "warehouse/db/events" / linked).symlink_to(outside)
    before = sorted(outside.rglob("*"))
    placed += kafka.produce(topic, values(100, 100))
    done = p.run_once(check=False)
    assert done.returncode == 1 and f"{linked} is a link" in done.stderr, done.stderr
    assert sorted(outside.rglob("*")) == before
    (tmp_path / "warehouse/db/events" / linked).unlink()
    os.rename(outside, tmp_path / "warehouse/db/events" / linked)
    p.run_once()
    oracle.check(p, placed)


def test_tables_keep_few_metadata_files(frazil, kafka, tmp_path):
    topic = kafka.create_topic()
    kafka.produce(topic, values(5))
    p = Pipeline(frazil, kafka, tmp_path, topic, on_bad_record="errors_table")
    kafka.produce(topic, ["no json"])
    p.run_once()
    for table in (p.table(), p.catalog().load_table("db.events__errors")):
        assert table.properties["write.metadata.delete-after-commit.enabled"] == "true"
        assert table.properties["write.metadata.previous-versions-max"] == "100"
    described = json.loads(frazil.run("table", "describe", "-c", p.config_file, "--json").stdout)
    assert described["warnings"] == []
