"""`frazil table branch|tag|publish|rollback|properties|rename|drop`, and what becomes of pipelines meanwhile."""

import json
import signal
import time
from pathlib import Path

import pyarrow as pa
import pytest
from duck import connect
from fallback_test import ChoosyPipeline
from choosy_catalog import DROPS, TAKES, ChoosyCatalog
from pipelines import Pipeline, stop, values, wait_for_log
from pyiceberg.exceptions import NoSuchTableError
from verify_test import verify


def table_verb(p, verb: str, *words, check: bool = True):
    """Of the pipeline's table, which the configuration names."""
    return p.frazil.run("table", verb, "-c", p.config_file, *words, check=check)


def said(p, verb: str, *words) -> dict:
    return json.loads(table_verb(p, verb, *words, "--json").stdout)


def refused(p, verb: str, *words, code: int = 2) -> str:
    done = table_verb(p, verb, *words, check=False)
    assert done.returncode == code, done.stderr
    return done.stderr


def ids(p) -> list[int]:
    """The snapshots of main that added rows, oldest first."""
    return [s.snapshot_id for s in sorted(p.table().snapshots(), key=lambda s: s.sequence_number)
            if s.summary.get("added-records")]


def rows_by_path(p, snapshot: int | None = None) -> int:
    """As DuckDB counts them."""
    location = p.table().metadata_location.removeprefix("file://")
    at = "" if snapshot is None else f", snapshot_from_id => {snapshot}"
    return connect().sql(f"SELECT count(*) FROM iceberg_scan('{location}'{at})").fetchone()[0]


def append_as_another(p, branch: str, count: int) -> None:
    table = p.table()
    rows = [{"id": -1 - n} for n in range(count)]
    table.append(pa.Table.from_pylist(rows, schema=table.schema().as_arrow()), branch=branch)


def feed(kafka, p, runs: int = 2, records: int = 100) -> list:
    placed = []
    for run in range(runs):
        placed += kafka.produce(p.topic, values(records, first=run * records))
        p.run_once()
    return placed


@pytest.fixture
def fed(request, frazil, kafka, tmp_path):
    """A table of 200 rows in two commits, in each kind of catalog; offsets are kept by tags in the last."""
    topic = kafka.create_topic()
    if request.param == "sqlite":
        p = Pipeline(frazil, kafka, tmp_path, topic)
        feed(kafka, p)
        yield p
        return
    manners = DROPS if request.param == "tags" else TAKES
    choosy = ChoosyCatalog(request.getfixturevalue("rest_catalog").address, properties=manners)
    p = ChoosyPipeline(frazil, kafka, tmp_path, topic, choosy)
    feed(kafka, p)
    yield p
    choosy.close()


@pytest.fixture
def simple(kafka, pipeline):
    """The same in SQLite alone, as many rows; where each record lies."""
    p = pipeline(kafka.create_topic())
    p.placed = feed(kafka, p)
    return p


@pytest.mark.parametrize("fed", ["sqlite", "rest", pytest.param("tags", marks=pytest.mark.slow)], indirect=True)
def test_what_a_branch_holds_is_published(fed):
    made = said(fed, "branch", "create", "audit")
    assert made["changed"] and made["to"] == fed.table().refs()["audit"].snapshot_id
    assert [(o["pipeline"], o["partitions"]) for o in made["offsets"]] == [
        (fed.topic, [{"partition": 0, "next": 200}])]
    append_as_another(fed, "audit", 5)
    branches = {row["name"]: row for row in said(fed, "branch", "list")}
    assert branches["audit"]["ahead_of_main"] == 1 and branches["main"]["ahead_of_main"] == 0
    assert fed.rows().num_rows == 200
    published = said(fed, "publish", "--branch", "audit")
    assert published["changed"] and published["to"] == fed.table().current_snapshot().snapshot_id
    assert fed.rows().num_rows == 205
    assert not said(fed, "publish", "--branch", "audit")["changed"], "there is nothing more"
    assert verify(fed)["findings"] == []
    assert said(fed, "branch", "delete", "audit", "--yes")["from"] == published["to"]
    assert "audit" not in fed.table().refs()
    assert verify(fed)["findings"] == []
    fed.run_once()
    assert fed.rows().num_rows == 205


def test_only_what_comes_after_main_is_published(simple):
    said(simple, "branch", "create", "audit")
    append_as_another(simple, "audit", 5)
    append_as_another(simple, "main", 1)
    shared = simple.table().snapshot_by_id(simple.table().current_snapshot().parent_snapshot_id)
    error = refused(simple, "publish", "--branch", "audit")
    assert "'main' has commits that 'audit' does not" in error
    assert f"the last they share is {shared.snapshot_id}" in error
    assert simple.rows().num_rows == 201
    assert "there is no branch or tag 'audi'; did you mean \"audit\"?" in refused(
        simple, "publish", "--branch", "audi", code=1)


@pytest.mark.parametrize("failpoint", ["before-send", "after-send"])
def test_a_publish_that_is_killed_is_all_or_nothing(simple, failpoint):
    said(simple, "branch", "create", "audit")
    append_as_another(simple, "audit", 5)
    before, after = simple.table().current_snapshot().snapshot_id, simple.table().refs()["audit"].snapshot_id
    killed = simple.frazil.run("table", "publish", "-c", simple.config_file, "--branch", "audit",
                               env={"FRAZIL_FAILPOINTS_SET": f"{failpoint}=kill"}, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert simple.table().current_snapshot().snapshot_id == (before if failpoint == "before-send" else after)
    assert verify(simple)["findings"] == []
    said(simple, "publish", "--branch", "audit")
    assert simple.rows().num_rows == 205
    assert verify(simple)["findings"] == []


def test_a_lost_answer_is_looked_up(simple):
    said(simple, "branch", "create", "audit")
    append_as_another(simple, "audit", 5)
    lost = {"FRAZIL_FAILPOINTS_SET": "after-send=unknown@1"}
    for verb in (["publish", "--branch", "audit"], ["tag", "create", "now"], ["tag", "delete", "now", "--yes"],
                 ["rollback", "--to", ids(simple)[0], "--yes"]):
        done = simple.frazil.run("table", verb[0], "-c", simple.config_file, *verb[1:], "--json", env=lost)
        assert json.loads(done.stdout)["changed"]
    assert simple.rows().num_rows == 100 and "now" not in simple.table().refs()


def test_two_publish_at_once(simple):
    for branch in ("blue", "green"):
        said(simple, "branch", "create", branch)
        append_as_another(simple, branch, 5)
    both = [simple.frazil.start("table", "publish", "-c", simple.config_file, "--branch", branch,
                                env={"FRAZIL_FAILPOINTS_SET": "before-send=sleep:500"}) for branch in ("blue", "green")]
    codes = sorted(process.wait(30) for process in both)
    assert codes == [0, 2], [process.stderr.read() for process in both]
    assert simple.rows().num_rows == 205
    same = [simple.frazil.start("table", "publish", "-c", simple.config_file, "--branch", "blue", "--to", "green")
            for _ in range(2)]
    assert [process.wait(30) for process in same] == [2, 2]


def test_tags_stay_where_they_are_made(kafka, simple):
    first, last = ids(simple)
    assert said(simple, "tag", "create", "monday", "--keep", "30d")["to"] == simple.table().current_snapshot().snapshot_id
    said(simple, "tag", "create", "early", "--at", first)
    refs = simple.table().refs()
    assert refs["monday"].snapshot_ref_type == "tag" and refs["monday"].max_ref_age_ms == 30 * 86_400_000
    assert refs["early"].max_ref_age_ms is None
    kafka.produce(simple.topic, values(50, first=200))
    simple.run_once()
    assert simple.table().scan(snapshot_id=refs["monday"].snapshot_id).to_arrow().num_rows == 200
    assert rows_by_path(simple, refs["early"].snapshot_id) == 100 and rows_by_path(simple) == 250
    assert "there is a tag 'early' already" in refused(simple, "tag", "create", "early", code=1)
    assert {row["name"] for row in said(simple, "tag", "list")} == {"monday", "early"}
    assert said(simple, "tag", "delete", "early", "--yes")["from"] == first
    assert verify(simple)["findings"] == []


def test_what_takes_away_asks_first(simple):
    first = ids(simple)[0]
    said(simple, "branch", "create", "audit")
    append_as_another(simple, "audit", 5)
    for words in (["rollback", "--to", first], ["drop"], ["branch", "delete", "audit"], ["tag", "delete", "x"]):
        assert "Nobody can be asked here: say --yes" in refused(simple, *words)
    assert "It alone holds 1 commit, whose rows go with it." in refused(simple, "branch", "delete", "audit")
    assert simple.rows().num_rows == 200 and "audit" in simple.table().refs()


def test_a_rollback_leaves_the_offsets_to_the_pipeline(kafka, simple):
    first, last = ids(simple)
    moved = said(simple, "rollback", "--to", first, "--yes")
    assert (moved["from"], moved["to"], moved["offsets"]) == (simple.table().snapshot_by_id(last).snapshot_id, first, [])
    assert moved["offsets_left"][0]["pipeline"] == simple.topic
    assert simple.rows().num_rows == rows_by_path(simple) == 100
    assert [finding["kind"] for finding in verify(simple)["findings"]] == ["rolled-back"]
    done = simple.run_once(check=False)
    assert done.returncode == 1 and "was rolled back or replaced" in done.stderr
    # A mistake can be undone.
    assert said(simple, "rollback", "--to", last, "--yes")["to"] == last
    assert verify(simple)["findings"] == []
    said(simple, "rollback", "--before", simple.table().snapshot_by_id(last).timestamp_ms, "--yes")
    simple.sink["on_rollback"] = "reingest"
    simple.write_config()
    simple.run_once()
    simple.check_exactly_once(simple.placed)
    assert verify(simple)["findings"] == []


def test_a_rollback_takes_the_offsets_back(kafka, simple):
    first = ids(simple)[0]
    moved = said(simple, "rollback", "--to", first, "--reingest", "--yes")
    assert [o["partitions"] for o in moved["offsets"]] == [[{"partition": 0, "next": 100}]]
    assert verify(simple)["findings"] == []
    simple.run_once()  # on_rollback is stop
    simple.check_exactly_once(simple.placed)
    assert verify(simple)["findings"] == []
    assert "is neither in the history of 'main'" in refused(simple, "rollback", "--to", ids(simple)[1], "--yes")


@pytest.mark.parametrize("fed", ["tags"], indirect=True)
def test_tags_cannot_take_offsets_back(fed):
    assert "cannot say that they go back" in refused(fed, "rollback", "--to", ids(fed)[0], "--reingest", "--yes", code=1)
    assert fed.rows().num_rows == 200


def test_rolled_back_under_a_running_pipeline(kafka, simple):
    process = simple.start()
    more = kafka.produce(simple.topic, values(50, first=200))
    simple.wait_for_rows(250)
    said(simple, "rollback", "--to", ids(simple)[0], "--reingest", "--yes")
    more += kafka.produce(simple.topic, values(50, first=250))
    simple.wait_for_rows(300)
    assert stop(process) == 0
    simple.check_exactly_once(simple.placed + more)
    assert verify(simple)["findings"] == []
    process = simple.start()
    wait_for_log(simple, "reads 1 partitions")
    said(simple, "rollback", "--to", ids(simple)[0], "--yes")
    kafka.produce(simple.topic, values(50, first=300))
    assert process.wait(30) == 1
    assert "was rolled back or replaced" in simple.logs()


def test_main_stays(simple):
    assert "it cannot be deleted" in refused(simple, "branch", "delete", "main", "--yes")


def test_properties(simple):
    assert said(simple, "properties", "set", "owner=me", "a.b=c=d") == {"owner": "me", "a.b": "c=d"}
    assert simple.table().properties["a.b"] == "c=d"
    assert said(simple, "properties", "get", "owner") == {"owner": "me"}
    assert said(simple, "properties", "get")["write.parquet.compression-codec"] == "snappy"
    assert said(simple, "properties", "unset", "owner") == {"owner": "me"}
    assert "the table has no property 'a.d'; did you mean \"a.b\"?" in refused(simple, "properties", "unset", "a.d", code=1)
    assert "the table's own metadata says it" in refused(simple, "properties", "set", "format-version=1")
    key = f"frazil.offsets/{simple.topic}/{simple.topic}/main"
    for words in (["set", f"{key}=x"], ["unset", key]):
        error = refused(simple, "properties", *words)
        assert "says where a pipeline stands in this table" in error and "--force" in error
    assert verify(simple)["findings"] == []
    said(simple, "properties", "unset", key, "--force")
    assert [finding["kind"] for finding in verify(simple)["findings"]] == ["lost-offsets"]


@pytest.mark.slow
def test_properties_of_a_table_that_is_fed(kafka, simple):
    process = simple.start()
    for number in range(5):
        kafka.produce(simple.topic, values(10, first=200 + 10 * number))
        said(simple, "properties", "set", f"number={number}")
    simple.wait_for_rows(250)
    assert stop(process) == 0
    assert simple.table().properties["number"] == "4"
    assert verify(simple)["findings"] == []


def test_renamed(kafka, simple):
    process = simple.start()
    wait_for_log(simple, "reads 1 partitions")
    assert "is called so already" in refused(simple, "rename", "db.events", code=1)
    assert "does not exist" in refused(simple, "rename", "nowhere.moved", code=1)
    said(simple, "rename", "db.moved")
    kafka.produce(simple.topic, values(10, first=200))
    assert process.wait(30) == 1
    assert "table db.events was dropped or renamed while it was being fed" in simple.logs()
    with pytest.raises(NoSuchTableError):
        simple.table()
    simple.sink["table"] = "moved"
    simple.write_config()
    simple.run_once()
    assert simple.catalog().load_table("db.moved").scan().to_arrow().num_rows == 210
    assert verify(simple)["findings"] == []


@pytest.mark.parametrize("fed", [pytest.param("sqlite", marks=pytest.mark.slow), "rest", "tags"], indirect=True)
def test_renamed_and_purged_in_each_catalog(fed):
    namespace = fed.sink["namespace"]
    location = Path(fed.table().location().removeprefix("file://"))
    assert "does not exist" in refused(fed, "rename", f"{namespace}.events2", f"{namespace}.moved", code=1)
    said(fed, "rename", f"{namespace}.moved")
    moved = fed.catalog().load_table(f"{namespace}.moved")
    assert moved.scan().to_arrow().num_rows == 200 and moved.location().endswith(location.name)
    said(fed, "rename", f"{namespace}.moved", f"{namespace}.events")
    assert verify(fed)["findings"] == []
    purged = said(fed, "drop", "--purge", "--yes")
    assert purged["failed"] == [] and purged["left_elsewhere"] == []
    assert not fed.catalog().table_exists(f"{namespace}.events")
    # Hadoop's checksums, which the server leaves beside its files, are in no table's metadata.
    assert [path for path in location.rglob("*") if path.is_file() and path.suffix != ".crc"] == []


def test_dropped_under_a_running_pipeline(kafka, simple):
    process = simple.start()
    wait_for_log(simple, "reads 1 partitions")
    location = Path(simple.table().location().removeprefix("file://"))
    dropped = said(simple, "drop", "--yes")
    assert dropped == {"table": "db.events", "purged": False}
    kafka.produce(simple.topic, values(10, first=200))
    assert process.wait(30) == 1
    assert "was dropped or renamed while it was being fed" in simple.logs()
    time.sleep(0.5)
    with pytest.raises(NoSuchTableError):  # nor is it made anew by itself
        simple.table()
    assert list(location.glob("data/*.parquet"))


def test_purged(tmp_path, simple):
    table = simple.table()
    location = Path(table.location().removeprefix("file://"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    own = location / "data" / "somebody-elses.txt"
    own.write_text("not of the table")
    # A table that says of a file elsewhere that it is its own.
    far = elsewhere / "far.parquet"
    far.write_bytes(next(location.glob("data/*.parquet")).read_bytes())
    table.add_files([f"file://{far}"], check_duplicate_files=False)
    with simple.table().transaction() as change:
        change.set_properties({"gc.enabled": "false"})
    assert "gc.enabled is false" in refused(simple, "drop", "--purge", "--yes")
    with simple.table().transaction() as change:
        change.remove_properties("gc.enabled")
    files = {path for path in location.rglob("*") if path.is_file()}
    purged = said(simple, "drop", "--purge", "--yes")
    assert purged["left_elsewhere"] == [f"file://{far}"] and purged["failed"] == []
    assert {path for path in location.rglob("*") if path.is_file()} == {own}
    assert purged["deleted_files"] == len(files) - 1
    assert far.exists() and simple.catalog().list_tables("db") == []


def test_a_table_that_cannot_be_read_is_not_purged(simple):
    manifest = simple.table().current_snapshot().manifests(simple.table().io)[0].manifest_path
    Path(manifest.removeprefix("file://")).unlink()
    assert "table db.events is not dropped" in refused(simple, "drop", "--purge", "--yes", code=1)
    assert simple.catalog().table_exists("db.events")
    said(simple, "drop", "--yes")
    assert not simple.catalog().table_exists("db.events")


@pytest.mark.parametrize("words", [["branch"], ["tag"], ["publish"], ["rollback"], ["properties"], ["rename"], ["drop"]])
def test_help_has_an_example(frazil, words):
    done = frazil.run("table", *words, "--help")
    assert f"frazil table {words[0]}" in done.stdout
