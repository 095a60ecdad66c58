"""From Kafka into tables whose files lie in Google Cloud Storage or Azure: rows are read back by PyIceberg."""

import pytest
from pipelines import Pipeline, values
from pyiceberg.catalog.sql import SqlCatalog
from servers import AZURE_ACCOUNT, AZURE_KEY


class StorePipeline(Pipeline):
    def __init__(self, frazil, kafka, directory, topic, warehouse, readers, **sink):
        super().__init__(frazil, kafka, directory, topic, **sink)
        self.readers, self.warehouse = readers, warehouse
        self.sink["catalog"]["sql"]["warehouse"] = warehouse
        self.write_config()

    def catalog(self):
        return SqlCatalog("frazil", uri=f"sqlite:///{self.database}", warehouse=self.warehouse, **self.readers)


@pytest.fixture(params=["gcs", "azure"])
def pipeline(request, frazil, kafka, gcs, azure, tmp_path):
    """make(topic): into a folder of its own."""
    def make(topic, **sink):
        if request.param == "gcs":
            return StorePipeline(frazil, kafka, tmp_path, topic, f"gs://warehouse/{topic}", gcs.readers(),
                                 gcs={"endpoint": gcs.address, "project_id": "p", "anonymous": True}, **sink)
        place = f"abfss://warehouse@{AZURE_ACCOUNT}.dfs.core.windows.net/{topic}"
        return StorePipeline(frazil, kafka, tmp_path, topic, place, azure.readers(), azure={
            "storage_account": AZURE_ACCOUNT, "access_key": "${AZURE_KEY}",
            "endpoint": azure.address.rsplit("/", 1)[0]}, **sink)
    return make


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
