"""Every YAML block that users bring along runs, on servers of this machine; what is not built yet is refused by its
name. And `check` names causes in the words that they know."""

import json
from urllib.parse import urlsplit

import boto3
import document_blocks as blocks
import pytest
import yaml
from fault.proxy import HttpProxy, error
from pipelines import environment
from pyiceberg.catalog import load_catalog
from pyiceberg.catalog.sql import SqlCatalog
from servers import AZURE_ACCOUNT, AZURE_KEY, S3_PASSWORD, S3_USER

EVENTS = [json.dumps({"id": i, "user_id": i % 5, "region": "eu", "country": ["no", "se"][i % 2],
                      "event_date": f"2026-01-0{1 + i % 3}", "order_date": "2026-01-08"}) for i in range(30)]
DAYS = [{"name": name, "type": "date"} for name in ("event_date", "order_date")]
SECRETS = {"ICEBERG_CATALOG_TOKEN": "t", "POLARIS_BEARER_TOKEN": "t", "TABULAR_TOKEN": "t", "AWS_ACCESS_KEY_ID": S3_USER,
           "AWS_SECRET_ACCESS_KEY": S3_PASSWORD, "MINIO_ACCESS_KEY": S3_USER, "MINIO_SECRET_KEY": S3_PASSWORD,
           "AZURE_STORAGE_KEY": AZURE_KEY, "GCS_SERVICE_ACCOUNT_JSON": ""}


class Document:
    """One block as a whole file: what it lacks is put around it, places are replaced."""

    def __init__(self, frazil, kafka, directory, block: str):
        self.frazil, self.kafka, self.directory, self.topic = frazil, kafka, directory, kafka.create_topic()
        self.file = directory / "document.yaml"
        said = yaml.safe_load(block)
        if "sinks" not in said:  # a part of a sink's config, or of that its catalog
            said = {"sinks": {"events": {"connector": "iceberg", "config": {"catalog": self.local_catalog(), **said}}}}
        (self.name, sink), = said["sinks"].items()
        self.sink = sink["config"]
        self.sink.setdefault("namespace", "analytics")
        self.sink.setdefault("table", "events")
        self.sink["namespace"] += "_" + self.topic.replace("-", "_")  # many tests share a catalog
        said.setdefault("sources", {"records": {"connector": "kafka", "config": {
            "brokers": kafka.address, "topics": [self.topic]}}})
        source, = said["sources"]
        # Other tests may run beside this one: a name of its own is a consumer group of its own.
        said["pipelines"] = {self.topic: {"source": source, "sink": self.name, "enabled": True}}
        self.said = said

    def local_catalog(self) -> dict:
        return {"type": "sql", "sql": {"uri": f"sqlite:///{self.directory}/catalog.db",
                                       "warehouse": f"file://{self.directory}/warehouse"}}

    def call(self, *arguments: str, check: bool = True):
        self.file.write_text(yaml.safe_dump(self.said))
        return self.frazil.run(*arguments, "-c", self.file, env=SECRETS | environment(""), check=check, timeout=90)

    def runs(self) -> None:
        """All that is in the topic comes to be in the table, says the program itself."""
        self.kafka.produce(self.topic, EVENTS)
        assert "FAIL" not in self.call("check", "--sink", self.name).stdout
        self.call("run", "--once")

    @property
    def table(self) -> str:
        return f"{self.sink['namespace']}.{self.sink['table']}"

    def errors(self) -> str:
        done = self.call("check", check=False)
        assert done.returncode == 2, done.stdout + done.stderr
        return done.stderr

    def problem(self) -> str:
        """Of what `check` found, the first."""
        done = self.call("check", "--sink", self.name, check=False)
        assert done.returncode == 3, done.stdout + done.stderr
        return done.stdout[done.stdout.index("FAIL"):].splitlines()[0]


@pytest.fixture
def document(frazil, kafka, tmp_path):
    return lambda block: Document(frazil, kafka, tmp_path, block)


def local_table(d: Document):
    place = {"uri": f"sqlite:///{d.directory}/catalog.db", "warehouse": f"file://{d.directory}/warehouse"}
    return SqlCatalog("frazil", **place).load_table(d.table)


def rest_table(server, d: Document, **properties):
    return load_catalog("rest", type="rest", uri=server.address, **properties).load_table(d.table)


def count(table) -> int:
    return table.scan().to_arrow().num_rows


@pytest.mark.parametrize("block", ["BASIC", "REST", "POLARIS", "TABULAR", "BATCHING"])
def test_rest_catalogs(document, rest_catalog, block):
    """Where the tables lie, this server says itself, whatever warehouse is asked for."""
    d = document(getattr(blocks, block))
    d.sink["catalog"]["rest"]["uri"] = rest_catalog.address
    if block in {"BASIC", "REST", "POLARIS"}:
        d.sink["catalog"]["rest"]["warehouse"] = f"file://{d.directory}/warehouse"
    d.runs()
    assert count(rest_table(rest_catalog, d)) == len(EVENTS)


@pytest.mark.parametrize("block", ["S3", "MINIO"])
def test_s3(document, rest_catalog_s3, minio, block):
    d = document(getattr(blocks, block))
    d.sink["catalog"]["rest"]["uri"] = rest_catalog_s3.address
    if block == "MINIO":
        d.sink["catalog"]["rest"]["warehouse"] = "s3://warehouse/document"
    d.sink["s3"] |= {"endpoint": minio.address, "path_style_access": True, "region": "us-east-1"}
    d.runs()
    table = rest_table(rest_catalog_s3, d, **minio.properties())
    assert count(table) == len(EVENTS)
    assert table.location().startswith("s3://")


# No REST server of this machine has its tables there: a catalog of SQL takes its place.
def test_google_cloud_storage(document, gcs):
    d = document(blocks.GCS)
    d.sink["catalog"] = d.local_catalog()
    d.sink["catalog"]["sql"]["warehouse"] = f"gs://warehouse/{d.topic}"
    del d.sink["gcs"]["service_account_key"]  # the emulator knows nobody
    d.sink["gcs"] |= {"endpoint": gcs.address, "anonymous": True}
    d.runs()
    catalog = SqlCatalog("frazil", uri=f"sqlite:///{d.directory}/catalog.db", warehouse=f"gs://warehouse/{d.topic}",
                         **gcs.readers())
    assert count(catalog.load_table(d.table)) == len(EVENTS)


def test_azure(document, azure):
    d = document(blocks.AZURE)
    d.sink["catalog"] = d.local_catalog()
    place = f"abfss://warehouse@{AZURE_ACCOUNT}.dfs.core.windows.net/{d.topic}"
    d.sink["catalog"]["sql"]["warehouse"] = place
    d.sink["azure"] |= {"storage_account": AZURE_ACCOUNT, "endpoint": azure.address.rsplit("/", 1)[0]}
    d.runs()
    catalog = SqlCatalog("frazil", uri=f"sqlite:///{d.directory}/catalog.db", warehouse=place, **azure.readers())
    assert count(catalog.load_table(d.table)) == len(EVENTS)


def test_hive(document, hive):
    d = document(blocks.HIVE)
    assert '"hdfs:" is not supported: a warehouse on HDFS cannot be had; use s3:// or file:///' in d.errors()
    d.sink["catalog"]["hive"] = {"uri": hive.address, "warehouse": f"file://{d.directory}/warehouse"}
    d.runs()
    assert count(hive.catalog().load_table(d.table)) == len(EVENTS)


def test_memory(document):
    """Its tables are gone when the process ends, its files are not."""
    d = document(blocks.MEMORY)
    d.sink["catalog"]["warehouse"] = f"{d.directory}/warehouse"
    d.runs()
    assert list(d.directory.glob("warehouse/**/*.parquet"))


def test_glue(document, glue):
    d = document(blocks.GLUE)
    del d.sink["catalog"]["glue"]["profile"], d.sink["catalog"]["glue"]["catalog_id"]  # this machine has neither
    d.sink["catalog"]["glue"] |= glue.settings()
    d.sink["catalog"]["warehouse"] = f"file://{d.directory}/warehouse"
    d.runs()
    assert count(glue.catalog().load_table(d.table)) == len(EVENTS)


@pytest.mark.parametrize("block, spec", [
    ("UNPARTITIONED", []), ("TABLE_DEFAULT", []), ("IDENTITY", ["region: identity", "country: identity"]),
    ("BUCKET", ["user_id_bucket: bucket[64]"]), ("TIME", ["event_date_day: day"]), ("APPEND", []), ("OVERWRITE", []),
    ("EVOLUTION", [])])
def test_parts_of_a_sink(document, block, spec):
    d = document(getattr(blocks, block))
    d.sink["schema"] = DAYS
    d.runs()
    table = local_table(d)
    assert count(table) == len(EVENTS)
    assert [f"{field.name}: {field.transform}" for field in table.spec().fields] == spec
    d.runs()
    assert count(local_table(d)) == len(EVENTS) * (1 if block == "OVERWRITE" else 2)


def test_upsert_is_refused_by_its_name(document):
    errors = document(blocks.UPSERT).errors()
    assert 'commit_mode: "upsert" is not supported yet; use append' in errors
    assert '"key_fields" is not supported yet; rows can only be appended' in errors


def test_the_production_example(document):
    """All that is not built yet is named at once; with that replaced it runs."""
    d = document(blocks.PRODUCTION)
    errors = d.errors()
    for word in ("postgres-cdc", "upsert", "key_fields"):
        assert f'"{word}" is not supported yet' in errors
    assert "unknown key" not in errors
    d.said["sources"]["orders_cdc"] = {"connector": "kafka", "config": {"brokers": d.kafka.address, "topics": [d.topic]}}
    d.sink["catalog"] = d.local_catalog()
    del d.sink["commit_mode"], d.sink["key_fields"]
    d.sink["schema"] = DAYS
    d.runs()
    assert count(local_table(d)) == len(EVENTS)


# --- Causes, in the words of the manual's trouble shooting.

def test_a_catalog_that_is_down(document):
    d = document(blocks.BASIC)
    d.sink["catalog"]["rest"]["uri"] = "http://127.0.0.1:1"
    assert "Failed to connect to catalog at http://127.0.0.1:1" in d.problem()


def before(server) -> tuple[HttpProxy, str]:
    """A proxy, and the server's address by it."""
    real = urlsplit(server.address)
    proxy = HttpProxy(real.netloc)
    return proxy, proxy.address + real.path


def test_a_token_that_is_wrong(document, rest_catalog):
    proxy, address = before(rest_catalog)
    try:
        proxy.rule(lambda exchange: exchange.reply(error(401, "the token has ended", "NotAuthorizedException")), "GET",
                   times=None)
        d = document(blocks.REST)
        d.sink["catalog"]["rest"]["uri"] = address
        problem = d.problem()
        assert "the token has ended" in problem and "401" in problem
    finally:
        proxy.close()


def in_minio(d: Document, minio, bucket: str = "warehouse", **keys) -> Document:
    d.sink["catalog"] = d.local_catalog()
    d.sink["catalog"]["sql"]["warehouse"] = f"s3://{bucket}/{d.topic}"
    d.sink["s3"] |= {"endpoint": minio.address, **keys}
    return d


def test_a_bucket_that_is_missing(document, minio):
    problem = in_minio(document(blocks.MINIO), minio, bucket="no-such-bucket").problem()
    assert "no-such-bucket" in problem and "bucket" in problem.split("no-such-bucket", 2)[2]


def test_no_permission_to_write(document, minio):
    sts = boto3.client("sts", endpoint_url=minio.address, region_name="us-east-1", aws_access_key_id=S3_USER,
                       aws_secret_access_key=S3_PASSWORD)
    may_read = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["arn:aws:s3:::*"]}]}
    lent = sts.assume_role(RoleArn="arn:minio:iam:::role/any", RoleSessionName="reader",
                           Policy=json.dumps(may_read))["Credentials"]
    d = in_minio(document(blocks.MINIO), minio, access_key_id=lent["AccessKeyId"],
                 secret_access_key=lent["SecretAccessKey"], session_token=lent["SessionToken"])
    assert "Access Denied (Service: S3, Status Code: 403)" in d.problem()


def test_a_schema_that_does_not_match(document):
    d = document(blocks.EVOLUTION)
    d.runs()
    d.sink |= {"schema_evolution": "strict", "schema": [{"name": "weight", "type": "double"}]}
    assert "Schema evolution not allowed in strict mode" in d.problem()
    del d.sink["schema"]
    d.kafka.produce(d.topic, ['{"id": 1, "weight": 2.5}'])
    assert "Schema evolution not allowed in strict mode" in d.call("run", "--once", check=False).stderr
