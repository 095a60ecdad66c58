"""Exactly once in catalogs that do not keep the property with the offsets: a tag keeps a snapshot that tells them."""

import json
import random
import signal
import subprocess
import time
from pathlib import Path

import pyarrow as pa
import pytest
from choosy_catalog import DROPS, REFUSES, TAKES, ChoosyCatalog
from exactly_once_test import FAILPOINTS, produce_transactions
from paths import ROOT
from pipelines import Pipeline, stop, values
from pyiceberg.catalog import load_catalog


class ChoosyPipeline(Pipeline):
    """Commits through the proxy; other readers go to the catalog behind it. A namespace of its own."""

    def __init__(self, frazil, kafka, directory, topic, choosy: ChoosyCatalog, **sink):
        self.choosy, self.namespace = choosy, topic.replace("-", "_")
        super().__init__(frazil, kafka, directory, topic, namespace=self.namespace,
                         catalog={"type": "rest", "rest": {"uri": choosy.address}}, **sink)

    def catalog(self):
        return load_catalog("real", type="rest", uri=self.choosy.real)

    def table(self):
        return self.catalog().load_table(f"{self.namespace}.events")

    @property
    def tag(self) -> str:
        return f"frazil-{self.topic}/{self.topic}/main"

    def tagged(self) -> dict[int, list[int]]:
        """What PyIceberg finds by the tag: {partition: [start, next]}; and that no property says anything."""
        table = self.table()
        assert not [name for name in table.properties if name.startswith("frazil.")]
        ref = table.refs()[self.tag]
        assert ref.snapshot_ref_type == "tag"
        text = table.snapshot_by_name(self.tag).summary[f"frazil.offsets/{self.topic}/{self.topic}/main"]
        state = json.loads(text)
        assert state["snapshot"] == ref.snapshot_id
        return {p[0]: p[1:3] for p in (entry + [0] * (9 - len(entry)) for entry in state["partitions"])}


@pytest.fixture(params=[DROPS, REFUSES])
def choosy(request, rest_catalog):
    catalog = ChoosyCatalog(rest_catalog.address, properties=request.param)
    yield catalog
    catalog.close()


@pytest.fixture
def pipeline(frazil, kafka, tmp_path, choosy):
    return lambda topic, **sink: ChoosyPipeline(frazil, kafka, tmp_path, topic, choosy, **sink)


def test_another_reader_finds_rows_and_offsets(kafka, pipeline, choosy):
    topic = kafka.create_topic(partitions=2)
    placed = kafka.produce(topic, values(1000))
    p = pipeline(topic)
    done = p.run_once()
    assert f"the table property 'frazil.offsets/{topic}/{topic}/main'; the offsets of table" in done.stderr
    p.check_exactly_once(placed)
    state = p.tagged()
    assert sum(next_ - start for start, next_ in state.values()) == 1000
    # What was found out once is not asked again.
    before = len(choosy.commits)
    placed += kafka.produce(topic, values(100, first=1000))
    p.run_once()
    p.check_exactly_once(placed)
    sent = choosy.commits[before:]
    assert sent and not [update for updates in sent for update in updates if update["action"] == "set-properties"]
    described = json.loads(p.frazil.run("table", "describe", "-c", p.config_file, "--json").stdout)
    assert described["offsets"][0]["kept_in"] == "tag"


# The first request that a commit sends has the property, the second the tag, the third rows.
STEPS = [(DROPS, failpoint, passes) for failpoint in ("before-send", "after-send", "after-reply") for passes in (1, 2, 3)]
STEPS += [(REFUSES, "after-send", 2), (REFUSES, "after-establish", 1)]
EVERY_STEP = [(manners, failpoint, passes)
              for manners in (DROPS, REFUSES) for failpoint in FAILPOINTS for passes in (1, 2, 3, 4)]


@pytest.mark.parametrize("choosy, failpoint, passes", STEPS + [
    pytest.param(*step, marks=pytest.mark.slow) for step in EVERY_STEP if step not in STEPS], indirect=["choosy"])
def test_killed_at_each_step(kafka, pipeline, failpoint, passes):
    topic = kafka.create_topic(partitions=2)
    placed = [at for partition in (0, 1) for at in kafka.produce(topic, values(1100), partition=partition)]
    placed += kafka.produce(topic, ['{"id": -1, "late": true}'], partition=1)
    placed += kafka.produce(topic, values(500, first=2000))
    p = pipeline(topic, batch_size=500)
    killed = p.run_once(failpoints=f"{failpoint}=kill@{passes}", check=False)
    assert killed.returncode in (-signal.SIGKILL, 0), killed.stderr
    if passes == 1:
        assert killed.returncode == -signal.SIGKILL, f"{failpoint} was not passed\n{killed.stderr}"
    p.run_once()
    p.check_exactly_once(placed)
    assert sum(next_ - start for start, next_ in p.tagged().values()) == len(placed)


@pytest.mark.parametrize("failpoint", ["before-send", "after-send"])
@pytest.mark.parametrize("passes", [1, 2, 3])
def test_an_unknown_outcome_is_looked_up(kafka, pipeline, failpoint, passes):
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(1000))
    p = pipeline(topic)
    p.run_once(failpoints=f"{failpoint}=unknown@{passes}")
    p.check_exactly_once(placed)
    assert p.tagged() == {0: [0, 1000]}


def test_two_processes_start_together_come_and_go(kafka, pipeline):
    topic = kafka.create_topic(partitions=4)
    committed = produce_transactions(kafka, topic, 5, 0.2, random.Random(5))
    p = pipeline(topic, batch_size=200)
    processes = [p.start(), p.start()]
    for number in range(3):
        committed += produce_transactions(kafka, topic, 5, 0.2, random.Random(number))
        time.sleep(1.5)
        p.replace_oldest(processes)
    for process in processes:
        assert stop(process, 30) == 0, p.logs()
    p.run_once(timeout=180)
    p.check_exactly_once(committed)


def pyiceberg_expires(p) -> None:
    table = p.table()
    kept = {ref.snapshot_id for ref in table.refs().values()}
    expire = table.maintenance.expire_snapshots()
    expire.by_ids([snapshot.snapshot_id for snapshot in table.snapshots() if snapshot.snapshot_id not in kept]).commit()


def java_expires(p) -> None:
    """As Spark does, in a table whose references are to be short-lived."""
    with p.table().transaction() as change:
        change.set_properties({"history.expire.max-ref-age-ms": "1"})
    time.sleep(0.1)
    subprocess.run([ROOT / "dev" / "rest-catalog", "java", Path(__file__).with_name("ExpireSnapshots.java"),
                    p.choosy.real, f"{p.namespace}.events"], check=True, capture_output=True, text=True)


@pytest.mark.parametrize("expire", [pyiceberg_expires, java_expires])
def test_expiry_leaves_the_tagged_snapshot(kafka, pipeline, expire):
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(1000))
    p = pipeline(topic)
    p.run_once()
    tagged = p.table().refs()[p.tag].snapshot_id
    # Other writers' commits bury it.
    row = pa.Table.from_pylist([{"id": -1}], schema=pa.schema([("id", pa.int64())]))
    for _ in range(3):
        p.table().append(row)
    before = len(p.table().snapshots())
    expire(p)
    left = {snapshot.snapshot_id for snapshot in p.table().snapshots()}
    assert len(left) < before and left == {tagged, p.table().current_snapshot().snapshot_id}
    assert p.tagged() == {0: [0, 1000]}
    kafka.produce(topic, values(10, first=1000))
    p.run_once()
    offsets = [offset for offset in p.rows()["_kafka_offset"].to_pylist() if offset is not None]
    assert sorted(offsets) == list(range(1010)) and placed[0] == (0, 0)


@pytest.mark.parametrize("choosy", [DROPS], indirect=True)
def test_a_long_state_stands_in_the_manifest_list(kafka, pipeline):
    """Its header has more than readers know; they read on."""
    topic, other = kafka.create_topic("a" * 240), kafka.create_topic("b" * 240, partitions=2)
    placed = kafka.produce(topic, values(1000), partition=0) + kafka.produce(other, values(1000), partition=1)
    p = pipeline(topic)
    p.source["topics"] = [topic, other]
    p.write_config()
    p.run_once()
    assert {p.tag, f"frazil-{topic}/{other}/main"} <= set(p.table().refs())
    summary = p.table().snapshot_by_name(p.tag).summary.additional_properties
    assert summary["frazil.offsets-at"] == "manifest-list"
    assert not [key for key in summary if key.startswith("frazil.offsets/")]
    p.check_exactly_once(placed)
    java_expires(p)
    placed += kafka.produce(topic, values(500, first=2000), partition=0)
    p.run_once()
    p.check_exactly_once(placed)
    described = json.loads(p.frazil.run("table", "describe", "-c", p.config_file, "--json").stdout)
    assert sorted(sum(state["next"].values()) for state in described["offsets"]) == [1000, 1500]


def test_a_restart_goes_on_when_the_property_is_not_taken_any_more(kafka, pipeline, choosy):
    manners, choosy.properties = choosy.properties, TAKES
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(500))
    p = pipeline(topic)
    p.run_once()
    assert p.state() == {0: [0, 500]}
    choosy.properties = manners
    placed += kafka.produce(topic, values(500, first=500))
    p.run_once()
    p.check_exactly_once(placed)
    placed += kafka.produce(topic, values(500, first=1000))
    p.run_once()
    p.check_exactly_once(placed)


@pytest.mark.parametrize("tags", [DROPS, REFUSES])
def test_without_property_and_tag_it_is_refused_and_at_least_once_works(kafka, pipeline, choosy, tags):
    choosy.tags = tags
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(100))
    p = pipeline(topic)
    refused = p.run_once(check=False)
    assert refused.returncode == 1
    assert f"tag 'frazil-{topic}/{topic}/main'" in refused.stderr
    assert "exactly-once is not possible there. Say 'delivery: at_least_once'" in refused.stderr
    assert p.rows().num_rows == 0, "no row before it is sure that its offset is kept"
    p.sink["delivery"] = "at_least_once"
    p.write_config()
    p.run_once()
    p.check_exactly_once(placed)


def test_check_tells_beforehand_what_the_catalog_keeps(kafka, pipeline, choosy, tmp_path):
    topic = kafka.create_topic()
    p = pipeline(topic)

    def line(*flags) -> str:
        done = p.frazil.run("check", "-c", p.config_file, *flags, check=False)
        found = [line for line in done.stdout.splitlines() if line[6:].startswith("sink out: exactly once")]
        assert len(found) == 1 and done.returncode == (3 if found[0].startswith("FAIL") else 0), done.stdout
        return found[0]

    assert line().startswith("skip ") and "--scratch-table" in line()
    assert "no namespace yet" in line("--scratch-table")
    p.catalog().create_namespace(p.namespace)
    assert line("--scratch-table").startswith("ok    sink out: exactly once: offsets will be in a snapshot that a tag")
    choosy.tags = DROPS
    assert line("--scratch-table").startswith("FAIL  ") and "tag 'frazil-check/check/main'" in line("--scratch-table")
    choosy.properties = TAKES
    assert "offsets will be in the table's properties" in line("--scratch-table")
    assert p.catalog().list_tables(p.namespace) == [], "nothing is left"
    # What is in the table already says it without a trial.
    choosy.properties, choosy.tags = DROPS, TAKES
    kafka.produce(topic, values(10))
    p.run_once()
    done = p.frazil.run("check", "-c", p.config_file)
    assert f"offsets of pipeline {topic}: 1 partitions, in a snapshot that a tag keeps" in done.stdout
    assert "exactly once" not in done.stdout


@pytest.mark.parametrize("properties, said", [
    (TAKES, "ok    sink out: exactly once: offsets will be in the table's properties"),
    (DROPS, "FAIL  sink out: exactly once: could not record where pipeline 'check' starts: ")])
def test_nessie_keeps_properties_and_no_tags(frazil, nessie, minio, tmp_path, properties, said):
    choosy = ChoosyCatalog(nessie.address, properties=properties)
    load_catalog("nessie", type="rest", uri=nessie.address).create_namespace_if_not_exists("scratch")
    sink = {"catalog": {"type": "rest", "rest": {"uri": choosy.address}}, "namespace": "scratch", "table": "t",
            "s3": {"endpoint": minio.address, "path_style_access": True}}
    config = tmp_path / "nessie.yaml"
    config.write_text(json.dumps({"version": "1.0", "sinks": {"out": {"connector": "iceberg", "config": sink}}}))
    done = frazil.run("check", "-c", config, "--scratch-table", env=minio.environment(), check=False)
    assert said in done.stdout
    assert choosy.commits[-1][-1]["action"] == ("set-properties" if properties == TAKES else "set-snapshot-ref")
    choosy.close()
