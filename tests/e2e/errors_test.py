"""Bad records in the errors table, each once, whatever happens; another reader looks into it."""

import json
import signal
import time
from collections import Counter

import pytest
from pipelines import bad, stop, values

# A first run's requests record where the main table starts, commit to it, record where the errors table starts, commit
# to it; a later run's commit to one and to the other.
FIRST = [
    *((step, passed) for step in ("before-send", "after-send", "after-reply") for passed in (2, 3, 4)),
    ("after-data-put", 2), ("after-errors-table-create", 1), ("after-establish", 2),
]
LATER = [
    *((step, passed) for step in ("before-send", "after-send", "after-reply") for passed in (1, 2)),
    ("before-errors-commit", 1), ("after-errors-commit", 1), ("before-group-mirror", 1),
]


def mixed(count: int, first: int = 0) -> list[str]:
    """Every tenth is bad."""
    return [bad(i) if i % 10 == 5 else value for i, value in enumerate(values(count, first), first)]


def split(placed, records):
    """The positions of good and of bad records."""
    good = [at for at, value in zip(placed, records) if "not a number" not in value]
    return good, [at for at, value in zip(placed, records) if "not a number" in value]


def errors(p):
    return p.catalog().load_table("db.events__errors").scan().to_arrow()


def check(frazil, p, good, expected) -> None:
    """Rows and bad records are in their tables once, both tables are sound, and nothing waits any more."""
    p.check_exactly_once(good)
    rows = errors(p)
    found = Counter(zip(rows["partition"].to_pylist(), rows["offset"].to_pylist()))
    assert found == Counter(expected)
    for table in ("db.events", "db.events__errors"):
        frazil.run("verify", "-c", p.config_file, table)
    report = json.loads(frazil.run("verify", "-c", p.config_file, "--json").stdout)
    assert sum(account["counts"]["errors"] for account in report["accounts"]) == len(expected)


@pytest.fixture
def errors_pipeline(pipeline):
    def make(topic, **sink):
        return pipeline(topic, on_bad_record="errors_table", schema=[{"name": "id", "type": "long"}], **sink)

    return make


def test_a_row_says_all_that_is_known(frazil, kafka, errors_pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, values(3))
    before = time.time()
    kafka.produce(topic, [b"{\"id\": \xff}"], key="k", headers=[("h", b"v"), ("h", b"w"), ("empty", b"")])
    p = errors_pipeline(topic)
    done = p.run_once()
    assert "1 bad records went to db.events__errors; one of them: topic" in done.stderr
    assert "1 in the errors table" in done.stderr
    (row,) = errors(p).to_pylist()
    assert (row["topic"], row["partition"], row["offset"], row["key"]) == (topic, 0, 3, b"k")
    assert row["value"] == b"{\"id\": \xff}"
    assert row["headers"] == [{"key": "h", "value": b"v"}, {"key": "h", "value": b"w"}, {"key": "empty", "value": b""}]
    assert "UTF-8" in row["reason"] and row["schema_id"] is None
    assert before - 60 < row["timestamp"].timestamp() <= row["first_seen"].timestamp()
    assert "db.events__errors" in frazil.run("table", "describe", "-c", p.config_file, "db.events__errors").stdout
    check(frazil, p, [(0, 0), (0, 1), (0, 2)], [(0, 3)])


def test_without_bad_records_there_is_no_errors_table(kafka, errors_pipeline):
    topic = kafka.create_topic()
    kafka.produce(topic, values(3))
    p = errors_pipeline(topic)
    p.run_once()
    assert p.catalog().list_tables("db") == [("db", "events")]


def test_many_commits_and_partitions(frazil, kafka, errors_pipeline):
    topic = kafka.create_topic(partitions=3)
    p = errors_pipeline(topic)
    records = mixed(5000)
    placed = kafka.produce(topic, records)
    process = p.start()
    p.wait_for_rows(4500)
    for first in range(5000, 8000, 1000):
        more = mixed(1000, first)
        records, placed = records + more, placed + kafka.produce(topic, more)
        p.wait_for_rows(len(records) * 9 // 10)
    assert stop(process) == 0
    check(frazil, p, *split(placed, records))
    text = p.table().properties[f"frazil.offsets/{topic}/{topic}/main"]
    assert len(json.loads(text)["pending-errors"]) == 1, "what was applied before the last commit is gone"


@pytest.mark.parametrize(("runs", "step", "passed"), [*((0, *at) for at in FIRST), *((1, *at) for at in LATER)])
def test_killed_at_each_step(frazil, kafka, errors_pipeline, runs, step, passed):
    topic = kafka.create_topic(partitions=2)
    records = mixed(500)
    placed = kafka.produce(topic, records)
    p = errors_pipeline(topic)
    for _ in range(runs):
        p.run_once()
        more = mixed(500, 500)
        records, placed = records + more, placed + kafka.produce(topic, more)
    killed = p.run_once(failpoints=f"{step}=kill@{passed}", check=False)
    assert killed.returncode == -signal.SIGKILL, f"{step} was not passed so often\n{killed.stderr}"
    p.run_once()
    check(frazil, p, *split(placed, records))


def test_what_is_pending_is_applied_whatever_the_policy_is_by_then(frazil, kafka, errors_pipeline):
    topic = kafka.create_topic()
    records = mixed(100)
    placed = kafka.produce(topic, records)
    p = errors_pipeline(topic)
    assert p.run_once(failpoints="before-errors-commit=kill", check=False).returncode == -signal.SIGKILL
    assert errors(p).num_rows == 0
    p.sink["on_bad_record"] = "fail"
    p.write_config()
    p.run_once()
    check(frazil, p, *split(placed, records))


@pytest.mark.parametrize("failpoint", ["before-send", "after-send"])
@pytest.mark.parametrize("passes", [2, 3, 4])
def test_an_unknown_outcome_is_looked_up(frazil, kafka, errors_pipeline, failpoint, passes):
    topic = kafka.create_topic()
    records = mixed(1000)
    placed = kafka.produce(topic, records)
    p = errors_pipeline(topic)
    p.run_once(failpoints=f"{failpoint}=unknown@{passes}")
    check(frazil, p, *split(placed, records))


def test_a_pipeline_that_takes_over_applies_what_is_pending(frazil, kafka, errors_pipeline):
    topic = kafka.create_topic()
    records = mixed(200)
    placed = kafka.produce(topic, records[:100])
    p = errors_pipeline(topic)
    p.run_once()
    placed += kafka.produce(topic, records[100:])
    assert p.run_once(failpoints="before-errors-commit=kill", check=False).returncode == -signal.SIGKILL
    heir = {"heir": {"source": "in", "sink": "out", "take_over": topic}}
    # The heir alone, before it has committed anything; the pipeline itself again; the heir, now for good.
    for pipelines, more in [(heir, []), (p.config["pipelines"], mixed(100, 200)), (heir, mixed(100, 300)),
                            ({"heir": {"source": "in", "sink": "out"}}, mixed(100, 400))]:
        records, placed = records + more, placed + kafka.produce(topic, more)
        p.config["pipelines"] = pipelines
        p.write_config()
        p.run_once()
        check(frazil, p, *split(placed, records))


def test_processes_are_killed_in_turn(frazil, kafka, errors_pipeline):
    topic = kafka.create_topic(partitions=4)
    p = errors_pipeline(topic, batch_size=100)
    records = mixed(2000)
    placed = kafka.produce(topic, records)
    processes = [p.start(), p.start()]
    for first in range(2000, 12000, 2000):
        more = mixed(2000, first)
        records, placed = records + more, placed + kafka.produce(topic, more)
        time.sleep(1)
        p.replace_oldest(processes)
    for process in processes:
        process.kill()
        process.wait()
    p.run_once(timeout=180)
    check(frazil, p, *split(placed, records))


def roll_back(p, commits: int) -> None:
    table = p.table()
    snapshots = sorted(table.snapshots(), key=lambda snapshot: snapshot.sequence_number)
    table.manage_snapshots().rollback_to_snapshot(snapshots[-1 - commits].snapshot_id).commit()


@pytest.mark.parametrize("killed", [False, True])
def test_after_a_rollback_bad_records_do_not_come_twice(frazil, kafka, errors_pipeline, killed):
    topic = kafka.create_topic()
    records = mixed(300)
    placed = []
    p = errors_pipeline(topic)
    for part in range(3):
        placed += kafka.produce(topic, records[100 * part:100 * part + 100])
        failpoints = "before-errors-commit=kill" if killed and part == 2 else ""
        p.run_once(failpoints=failpoints, check=not failpoints)
    roll_back(p, 2)
    p.sink["on_rollback"] = "reingest"
    p.write_config()
    p.run_once()
    check(frazil, p, *split(placed, records))


@pytest.mark.parametrize("killed", [False, True])
def test_after_a_rewind_bad_records_do_not_come_twice(frazil, kafka, errors_pipeline, killed):
    topic = kafka.create_topic(partitions=2)
    records = mixed(200)
    placed = kafka.produce(topic, records)
    p = errors_pipeline(topic)
    p.run_once(failpoints="before-errors-commit=kill" if killed else "", check=not killed)
    good, expected = split(placed, records)
    frazil.run("rewind", "-c", p.config_file, "--to", "earliest")
    p.run_once()
    assert p.positions() == Counter(good + good), "as was asked for"
    rows = errors(p)
    assert Counter(zip(rows["partition"].to_pylist(), rows["offset"].to_pylist())) == Counter(expected)
    for table in ("db.events", "db.events__errors"):
        frazil.run("verify", "-c", p.config_file, table)


def test_a_record_that_is_bad_only_after_a_rollback_stops_the_pipeline(kafka, errors_pipeline):
    topic = kafka.create_topic()
    p = errors_pipeline(topic)
    kafka.produce(topic, [json.dumps({"id": i}) for i in range(10)])
    p.run_once()
    kafka.produce(topic, [json.dumps({"id": 10, "new": 1}), bad(11)])
    p.run_once()
    roll_back(p, 1)
    with p.table().update_schema(allow_incompatible_changes=True) as update:
        update.delete_column("new")
    p.sink.update(on_rollback="reingest", schema_evolution="strict")
    p.write_config()
    done = p.run_once(check=False)
    assert done.returncode == 1
    assert "offset 10" in done.stderr and "errors table db.events__errors has gone past it" in done.stderr


@pytest.mark.parametrize("policy", ["errors_table", "skip"])
def test_a_flood_of_bad_records_is_a_stop(kafka, errors_pipeline, policy):
    topic = kafka.create_topic()
    good = kafka.produce(topic, values(100))
    p = errors_pipeline(topic, max_errors=20, flush_interval_secs=3600)
    p.sink["on_bad_record"] = policy
    p.write_config()
    kafka.produce(topic, [bad(i) for i in range(20)])
    p.run_once()
    p.check_exactly_once(good)
    kafka.produce(topic, [*values(100), *(bad(i) for i in range(21))])
    done = p.run_once(check=False)
    assert done.returncode == 1
    assert "21 bad records came within 3600 s, more than 'max_errors: 20' allows" in done.stderr
    assert f"topic '{topic}', partition 0, offset 220" in done.stderr
    p.check_exactly_once(good)
    assert p.state() == {0: [0, 120]}


def test_a_table_of_that_name_that_is_something_else(kafka, errors_pipeline):
    from pyiceberg.schema import Schema
    from pyiceberg.types import LongType, NestedField

    topic = kafka.create_topic()
    kafka.produce(topic, [*values(3), bad(3)])
    p = errors_pipeline(topic)
    p.catalog().create_namespace_if_not_exists("db")
    p.catalog().create_table("db.events__errors", Schema(NestedField(1, "id", LongType())))
    done = p.run_once(check=False)
    assert done.returncode == 1
    assert "table db.events__errors cannot take the bad records of db.events: rename it" in done.stderr
