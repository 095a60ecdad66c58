"""Exactly once in Nessie while others commit to the table too. Nessie shows a table's current snapshot alone: what was
before it, ours included, is in no history that a client sees."""

import json
import signal

import pyarrow as pa
import pytest
import requests
from choosy_catalog import ChoosyCatalog
from pipelines import Pipeline, stop, values, wait_for_log
from pyiceberg.catalog import load_catalog
from pyiceberg.catalog.rest import Endpoints
from pyiceberg.exceptions import CommitFailedException, ValidationException


class NessiePipeline(Pipeline):
    """In a namespace of its own; `theirs` are the made-up positions of the rows that PyIceberg wrote."""

    def __init__(self, frazil, kafka, directory, topic, minio, address, real, **sink):
        self.properties, self.real, self.namespace, self.theirs = minio.properties(), real, topic.replace("-", "_"), []
        s3 = {"endpoint": minio.address, "path_style_access": True, "region": self.properties["s3.region"],
              "access_key_id": self.properties["s3.access-key-id"],
              "secret_access_key": self.properties["s3.secret-access-key"]}
        super().__init__(frazil, kafka, directory, topic, namespace=self.namespace, s3=s3,
                         catalog={"type": "rest", "rest": {"uri": address}}, **sink)

    def table(self):
        return load_catalog("nessie", type="rest", uri=self.real, **self.properties).load_table(
            f"{self.namespace}.events")

    def append_as_another(self) -> None:
        for _ in range(10):  # a commit of ours may come between its load and its commit
            try:
                return self.try_append_as_another()
            except (CommitFailedException, ValidationException):
                continue
        raise AssertionError("the other writer never got through")

    def try_append_as_another(self) -> None:
        table, position = self.table(), (-1, len(self.theirs))
        table.append(pa.Table.from_pylist(
            [{"id": -1, "_kafka_partition": position[0], "_kafka_offset": position[1]}], schema=table.schema().as_arrow()))
        self.theirs.append(position)


@pytest.fixture
def choosy(nessie):
    catalog = ChoosyCatalog(nessie.address)
    yield catalog
    catalog.close()


@pytest.fixture
def pipeline(frazil, kafka, tmp_path, minio, nessie, choosy):
    """make(topic, branch, **sink settings): on the main branch, if none is named."""
    return lambda topic, branch="", **sink: NessiePipeline(frazil, kafka, tmp_path, topic, minio, choosy.address + branch,
                                                           nessie.address + branch, **sink)


def test_only_the_current_snapshot_is_seen(kafka, pipeline):
    """What the other tests stand on; and runs go on from where the last one stopped."""
    topic = kafka.create_topic(partitions=2)
    placed = kafka.produce(topic, values(1000))
    p = pipeline(topic)
    p.run_once()
    for _ in range(3):
        p.append_as_another()
        p.append_as_another()
        assert len(p.table().metadata.snapshots) == 1
        placed += kafka.produce(topic, values(500))
        p.run_once()
        p.check_exactly_once(placed + p.theirs)
        p.run_once()
        p.check_exactly_once(placed + p.theirs)


@pytest.mark.parametrize("failpoint", ["after-list-put", "before-send", "after-send", "after-reply"])
def test_killed_and_overtaken(kafka, pipeline, failpoint):
    """The commit that the process died at is, or is not, below another writer's."""
    topic = kafka.create_topic(partitions=2)
    placed = kafka.produce(topic, values(1000))
    p = pipeline(topic)
    p.run_once()
    placed += kafka.produce(topic, values(1000))
    assert p.run_once(failpoints=f"{failpoint}=kill", check=False).returncode == -signal.SIGKILL
    p.append_as_another()
    p.run_once()
    p.check_exactly_once(placed + p.theirs)


def test_overtaken_before_the_reply_is_lost(kafka, pipeline, choosy):
    """Our snapshot went in and cannot be found any more: the offsets still say that it did."""
    topic = kafka.create_topic(partitions=2)
    placed = kafka.produce(topic, values(1000))
    p = pipeline(topic)
    p.run_once()
    placed += kafka.produce(topic, values(1000))
    left = [2]

    def overtake(updates):
        if left[0] == 0 or all(update["action"] != "add-snapshot" for update in updates):
            return False
        left[0] -= 1
        p.append_as_another()
        return True

    choosy.loses_reply = overtake
    p.run_once()
    assert p.theirs, "a reply was lost"
    p.check_exactly_once(placed + p.theirs)


def test_overtaken_again_and_again(kafka, pipeline):
    """A process that runs on, beside a writer that does not wait for it."""
    topic = kafka.create_topic(partitions=2)
    placed = kafka.produce(topic, values(100))
    p = pipeline(topic)
    process = p.start()
    p.wait_for_rows(100)
    for i in range(8):
        placed += kafka.produce(topic, values(200))
        p.append_as_another()
    p.wait_for_rows(len(placed) + len(p.theirs), timeout=60)
    assert stop(process, 20) == 0
    p.check_exactly_once(placed + p.theirs)


class Branch:
    """One of Nessie's, made here from its main branch, by its own interface."""

    def __init__(self, address: str, name: str):
        self.trees, self.name = f"{address.split('/iceberg')[0]}/api/v2/trees", name
        requests.post(self.trees, params={"name": name, "type": "BRANCH"}, timeout=30, json={
            "type": "BRANCH", "name": "main", "hash": self.head("main")}).raise_for_status()

    def head(self, name: str = "") -> str:
        answer = requests.get(f"{self.trees}/{name or self.name}", timeout=30)
        answer.raise_for_status()
        return answer.json()["reference"]["hash"]

    def reset(self, to: str) -> None:
        body = {"type": "BRANCH", "name": self.name, "hash": to}
        requests.put(f"{self.trees}/{self.name}@{self.head()}", json=body, timeout=30).raise_for_status()


def add_column(table, name: str, type: str) -> None:
    """By a request of its own: Nessie asks for last-column-id, which PyIceberg leaves out."""
    metadata, catalog = table.metadata, table.catalog
    schema = json.loads(table.schema().model_dump_json(by_alias=True))
    added = metadata.last_column_id + 1
    schema["fields"].append({"id": added, "name": name, "type": type, "required": False})
    schema["schema-id"] += 1
    namespace, events = table.name()
    requests.post(
        catalog.url(Endpoints.update_table, prefixed=True, namespace=namespace, table=events), timeout=30, json={
            "requirements": [{"type": "assert-table-uuid", "uuid": str(metadata.table_uuid)}],
            "updates": [{"action": "add-schema", "schema": schema, "last-column-id": added},
                        {"action": "set-current-schema", "schema-id": -1}]}).raise_for_status()


def test_the_branch_is_reset_behind_a_schema_change(kafka, nessie, pipeline):
    """The id of the column that records brought is given to another column, while they are on their way."""
    topic = kafka.create_topic()
    kafka.produce(topic, [json.dumps({"id": 1})])
    branch = Branch(nessie.address, topic)
    p = pipeline(topic, f"/{branch.name}")
    p.run_once()
    before = branch.head()
    process = p.start(failpoints="after-data-put=sleep:4000@1")
    wait_for_log(p, "assigned, reading")
    kafka.produce(topic, [json.dumps({"id": 2, "k": "brought"})])
    wait_for_log(p, "new column 'k' string")
    ours = p.table().schema().find_field("k").field_id
    branch.reset(before)
    add_column(p.table(), "z", "long")
    assert p.table().schema().find_field("z").field_id == ours, "what this test is about"
    p.wait_for_rows(2)
    assert stop(process, 20) == 0, p.logs()
    kafka.produce(topic, [json.dumps({"id": 3, "z": 7})])
    p.run_once()
    rows = {row["id"]: (row["k"], row["z"]) for row in p.rows().to_pylist()}
    assert rows == {1: (None, None), 2: ("brought", None), 3: (None, 7)}
    assert "by another writer" in p.logs()
