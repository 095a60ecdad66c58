"""From Kafka into tables whose files lie in Google Cloud Storage or Azure: rows are read back by PyIceberg."""

import pytest
from pipelines import Pipeline, values
from pyiceberg.catalog import load_catalog
from pyiceberg.catalog.sql import SqlCatalog
from servers import AZURE_ACCOUNT, AZURE_KEY


SETTINGS = {
    "gcs": lambda server: {"endpoint": server.address, "project_id": "p", "anonymous": True},
    "azure": lambda server: {"storage_account": AZURE_ACCOUNT, "access_key": "${AZURE_KEY}",
                             "endpoint": server.address.rsplit("/", 1)[0]},
}
PLACES = {"gcs": "gs://warehouse", "azure": f"abfss://warehouse@{AZURE_ACCOUNT}.dfs.core.windows.net"}


class StorePipeline(Pipeline):
    """Its table is in SQLite's catalog, in a folder of its own."""

    def __init__(self, store: str, server, frazil, kafka, directory, topic, **sink):
        super().__init__(frazil, kafka, directory, topic, **{store: SETTINGS[store](server)}, **sink)
        self.readers, self.warehouse = server.readers(), f"{PLACES[store]}/{topic}"
        self.sink["catalog"]["sql"]["warehouse"] = self.warehouse
        self.write_config()

    def catalog(self):
        return SqlCatalog("frazil", uri=f"sqlite:///{self.database}", warehouse=self.warehouse, **self.readers)


class RestPipeline(Pipeline):
    """In a namespace of its own of a REST catalog that keeps its tables there."""

    def __init__(self, store: str, server, catalog, frazil, kafka, directory, topic):
        self.address, self.readers, self.namespace = catalog.address, server.readers(), topic.replace("-", "_")
        super().__init__(frazil, kafka, directory, topic, namespace=self.namespace, **{store: SETTINGS[store](server)},
                         catalog={"type": "rest", "rest": {"uri": self.address}})

    def catalog(self):
        return load_catalog("rest", type="rest", uri=self.address, **self.readers)

    def table(self):
        return self.catalog().load_table(f"{self.namespace}.events")


@pytest.fixture(params=["gcs", "azure"])
def store(request) -> str:
    return request.param


@pytest.fixture
def pipeline(request, store, frazil, kafka, tmp_path):
    server = request.getfixturevalue(store)
    return lambda topic, **sink: StorePipeline(store, server, frazil, kafka, tmp_path, topic, **sink)


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("AZURE_KEY", AZURE_KEY)


def test_rows_are_read_back_by_pyiceberg(kafka, pipeline):
    topic = kafka.create_topic(partitions=2)
    placed = kafka.produce(topic, values(2500))
    p = pipeline(topic)
    p.run_once()
    p.check_exactly_once(placed)
    placed += kafka.produce(topic, values(500, 2500))
    p.run_once()
    p.check_exactly_once(placed)
    checked = p.frazil.run("check", "-c", p.config_file)
    assert "wrote, read and deleted a probe object" in checked.stdout
    p.frazil.run("verify", "-c", p.config_file)


def test_a_rest_catalog_keeps_its_tables_there(request, store, frazil, kafka, tmp_path):
    server, catalog = (request.getfixturevalue(name) for name in (store, f"rest_catalog_{store}"))
    topic = kafka.create_topic(partitions=2)
    placed = kafka.produce(topic, values(500))
    p = RestPipeline(store, server, catalog, frazil, kafka, tmp_path, topic)
    p.run_once()
    placed += kafka.produce(topic, values(500, 500))
    p.run_once()
    p.check_exactly_once(placed)
    assert p.table().location().startswith(PLACES[store])
    p.frazil.run("verify", "-c", p.config_file)


def test_a_bucket_that_is_not_there_is_named(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, values(10))
    p = pipeline(topic)
    p.sink["catalog"]["sql"]["warehouse"] = p.warehouse.replace("//warehouse", "//no-such-place")
    p.write_config()
    done = p.run_once(check=False)
    assert done.returncode == 1
    assert "no such" in done.stderr and "no-such-place" in done.stderr
    assert "Create it, or correct the name" in done.stderr or "no such bucket" in done.stderr
