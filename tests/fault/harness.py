"""A pipeline whose catalog and storage each stand behind a proxy, and work that goes on beside a test."""

import contextlib
import re
import threading
from pathlib import Path

import pyarrow as pa
from pipelines import Pipeline, stop, values
from proxy import HttpProxy
from pyiceberg.catalog import load_catalog
from pyiceberg.exceptions import CommitFailedException


class LakePipeline(Pipeline):
    """Feeds a table of Iceberg's REST catalog in MinIO. The proxies are its alone: other readers, and the tests, go to
    the servers behind them."""

    def __init__(self, frazil, kafka, directory: Path, topic: str, catalog_server, minio, **sink):
        self.catalog_server, self.minio, self.namespace = catalog_server, minio, topic.replace("-", "_")
        self.catalog_proxy, self.storage_proxy = HttpProxy(catalog_server.address), HttpProxy(minio.address)
        keys = minio.environment()
        s3 = {"endpoint": self.storage_proxy.address, "region": keys["AWS_REGION"], "path_style_access": True,
              "access_key_id": keys["AWS_ACCESS_KEY_ID"], "secret_access_key": keys["AWS_SECRET_ACCESS_KEY"]}
        super().__init__(frazil, kafka, directory, topic, namespace=self.namespace, s3=s3,
                         catalog={"type": "rest", "rest": {"uri": self.catalog_proxy.address}}, **sink)

    def catalog(self):
        return load_catalog("real", type="rest", uri=self.catalog_server.address, **self.minio.properties())

    @property
    def name(self) -> str:
        return f"{self.namespace}.events"

    def table(self):
        return self.catalog().load_table(self.name)

    def close(self) -> None:
        for proxy in (self.catalog_proxy, self.storage_proxy):
            proxy.close()


def append_beside(table) -> bool:
    """Another writer's row, of id -1, with no position; False where a commit of somebody else came between."""
    try:
        table.append(pa.table({"id": pa.array([-1], pa.int64())}))
    except CommitFailedException:
        return False
    return True


def feed_while(work, p: Pipeline, placed: list) -> None:
    """A process of the pipeline takes in 2,500 records behind those placed, which are in the table, while work() is done
    again and again."""
    process = p.start()
    with meanwhile(work):
        for first in range(len(placed), len(placed) + 2500, 500):
            placed += p.kafka.produce(p.topic, values(500, first))
            p.wait_for_rows(len(placed), timeout=60)
    assert stop(process) == 0, p.logs()


def last_error(log: str) -> str:
    """The text of the log's last error, without what differs from run to run."""
    errors = re.findall(r"^(?:\S+Z error +|Error: )(.*)$", log, re.M)
    assert errors, log
    text = re.sub(r"\(id \S+ before, \S+ now\)", "(id ID before, ID now)", errors[-1])
    text = re.sub(r"127\.0\.0\.1:\d+", "HOST:PORT", text)
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "UUID", re.sub(r"topic[-_]\d+", "TOPIC", text))


@contextlib.contextmanager
def meanwhile(work):
    """Calls work() again and again on a thread of its own; what it throws is thrown in the end."""
    over, failures = threading.Event(), []

    def loop() -> None:
        try:
            while not over.is_set():
                work()
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if failures:
        raise failures[0]
