"""What records hold reaches storage through names: partition values, and the names of columns, longer than those."""

import json

import pytest
from fault import oracle
from pipelines import Pipeline
from pyiceberg.catalog.sql import SqlCatalog

LONG = {
    "hangul": "가" * 29,
    "more-hangul": "가" * 110,
    "letters": "x" * 251,
    "blanks-and-slashes": "/ " * 500,
    "a-page": "y" * 20_000,
}


class S3Pipeline(Pipeline):
    """The same with its tables in MinIO, below a prefix of its own."""

    def __init__(self, frazil, kafka, directory, topic, minio, **sink):
        self.minio, self.prefix = minio, f"s3://warehouse/{topic}"
        properties = minio.properties()
        super().__init__(frazil, kafka, directory, topic, s3={
            "endpoint": minio.address, "region": properties["s3.region"], "path_style_access": True,
            "access_key_id": properties["s3.access-key-id"],
            "secret_access_key": properties["s3.secret-access-key"]}, **sink)
        self.sink["catalog"]["sql"]["warehouse"] = self.prefix
        self.write_config()

    def catalog(self):
        return SqlCatalog("frazil", uri=f"sqlite:///{self.database}", warehouse=self.prefix, **self.minio.properties())


@pytest.fixture(params=["local", "s3"])
def lake(request, frazil, kafka, tmp_path):
    """make(topic, **sink settings)"""
    if request.param == "local":
        return lambda topic, **sink: Pipeline(frazil, kafka, tmp_path, topic, **sink)
    minio = request.getfixturevalue("minio")
    return lambda topic, **sink: S3Pipeline(frazil, kafka, tmp_path, topic, minio, **sink)


def run(lake, kafka, records, **sink):
    topic = kafka.create_topic()
    p = lake(topic, partitioning="identity", on_bad_record="fail", **sink)
    placed = kafka.produce(topic, [json.dumps(record, ensure_ascii=False) for record in records])
    p.run_once()
    oracle.check(p, placed)
    return p


def test_long_partition_values(lake, kafka):
    values = ["short", *LONG.values(), *(value + "!" for value in LONG.values())]
    p = run(lake, kafka, [{"k": value} for value in values], partition_fields=["k"])
    assert sorted(p.rows()["k"].to_pylist()) == sorted(values)
    assert p.table().scan(row_filter="k == 'short'").to_arrow().num_rows == 1
    assert len(list(p.table().scan().plan_files())) == len(values), "each value has its own partition still"


def test_many_partition_fields(lake, kafka):
    names = [f"field_{number:02}" for number in range(20)]
    records = [{name: f"{row}" + "z" * 90 for name in names} for row in range(3)]
    p = run(lake, kafka, records, partition_fields=names)
    assert p.rows().num_rows == 3


def test_long_names_of_columns_and_binaries(lake, kafka):
    name = "c" * 300
    p = run(lake, kafka, [{name: "v", "b": "AAECAwQF" * 100}], partition_fields=[name, "b"],
            schema=[{"name": "b", "type": "binary"}])
    assert p.rows()[name].to_pylist() == ["v"]
