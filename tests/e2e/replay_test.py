"""`frazil replay-errors`: bad records become rows once the schema takes them, each once, and are marked."""

import json
import signal
import time
from collections import Counter

import duckdb
import pyarrow as pa
import pytest
from pipelines import bad, stop, values
from pyiceberg.types import LongType, StringType
from verify_test import verify

# Points that a replay passes, and how often before it is killed there. Its requests: the columns of the marks, the
# commit of rows, the commit of marks.
STEPS = [
    *((step, passed) for step in ("before-send", "after-send") for passed in (1, 2)),
    ("after-reply", 1), ("after-reply", 2), ("before-replay-commit", 1), ("after-replay-list-put", 1),
    ("after-replay-commit", 1), ("before-marks-commit", 1), ("after-marks", 1), ("after-data-put", 1),
]


def growing(count: int, first: int) -> list[str]:
    """Of ten records one has a field that the table lacks at first, and one can never be a row."""
    def value(i: int) -> str:
        if i % 10 == 3:
            return json.dumps({"id": i, "extra": f"e{i}"})
        return bad(i) if i % 10 == 7 else values(1, i)[0]

    return [value(i) for i in range(first, first + count)]


def replay(p, *flags, failpoints: str = "", check: bool = True):
    return p.frazil.run("replay-errors", "db.events", "-c", p.config_file, *flags,
                        env={"FRAZIL_FAILPOINTS_SET": failpoints}, check=check)


def replay_json(p) -> dict:
    report = json.loads(replay(p, "--json").stdout)
    partitions = report["partitions"]
    return {"commits": report["commits"],
            **{key: sum(each[key] for each in partitions)
               for key in ("became_rows", "still_bad", "were_rows", "undecided", "not_counted")}}


def errors(p) -> list[dict]:
    return p.catalog().load_table("db.events__errors").scan().to_arrow().to_pylist()


def is_kind(record: str) -> str:
    return "bad" if "not a number" in record else "new" if "extra" in record else "good"


def add_column(p) -> None:
    """What a user does in any engine once the bad records have told what is missing."""
    with p.table().update_schema() as update:
        update.add_column("extra", StringType())
    p.mended = len(p.records)  # what comes from then on is a row at once


def check(p) -> None:
    """Everything but what can never be a row is one, once; the marks in the errors table say so."""
    placed, records = p.placed, p.records
    p.check_exactly_once([at for at, record in zip(placed, records) if is_kind(record) != "bad"])
    rows = errors(p)
    marked = Counter((row["partition"], row["offset"]) for row in rows if row.get("replayed_at"))
    unmarked = Counter((row["partition"], row["offset"]) for row in rows if not row.get("replayed_at"))
    assert marked == Counter(at for at, record in zip(placed[:p.mended], records) if is_kind(record) == "new")
    assert unmarked == Counter(at for at, record in zip(placed, records) if is_kind(record) == "bad")
    for table in ("db.events", "db.events__errors"):
        p.frazil.run("verify", "-c", p.config_file, table, "--exclusive")
    (account,) = json.loads(p.frazil.run("verify", "-c", p.config_file, "--json").stdout)["accounts"]
    assert account["counts"]["errors"] == sum(unmarked.values())


@pytest.fixture
def strict(kafka, pipeline):
    """Makes a pipeline whose table has three rows, and a column less than later records."""
    def make(partitions: int = 1, **sink):
        topic = kafka.create_topic(partitions=partitions)
        p = pipeline(topic, **{"on_bad_record": "errors_table", "schema": [{"name": "id", "type": "long"}],
                               "schema_evolution": "strict", **sink})
        p.records = values(3)
        p.placed = kafka.produce(topic, p.records)
        p.run_once()
        return p

    return make


def feed(kafka, p, count: int, **run) -> None:
    more = growing(count, len(p.records))
    p.records, p.placed = p.records + more, p.placed + kafka.produce(p.topic, more)
    p.run_once(**run)


def test_what_can_be_a_row_becomes_one(kafka, strict):
    p = strict(partitions=2)
    feed(kafka, p, 500)
    said = replay(p).stdout
    assert "BECAME ROWS" in said and "still bad: topic" in said and "extra" in said, "nothing was mended yet"
    assert replay_json(p) == {"commits": 0, "became_rows": 0, "still_bad": 100, "were_rows": 0, "undecided": 0,
                              "not_counted": 0}
    add_column(p)
    assert replay_json(p) == {"commits": 1, "became_rows": 50, "still_bad": 50, "were_rows": 0, "undecided": 0,
                              "not_counted": 0}
    check(p)
    assert replay_json(p)["became_rows"] == 0, "it was done"
    expected = sorted(record["extra"] for record in map(json.loads, p.records) if "extra" in record)
    assert sorted(text for text in p.rows()["extra"].to_pylist() if text) == expected
    (replayed,) = [s.snapshot_id for s in p.table().snapshots() if "frazil.replayed" in s.summary.additional_properties]
    assert {row["replayed_snapshot"] for row in errors(p) if row["replayed_at"]} == {replayed}
    assert "unmarked-replay" not in p.table().properties[f"frazil.offsets/{p.topic}/{p.topic}/main"]
    feed(kafka, p, 100)  # what comes later is another matter
    check(p)


def test_another_reader_sees_the_errors_table_as_it_was_but_for_the_marks(kafka, strict):
    p = strict()
    feed(kafka, p, 200)
    before = {row["offset"]: row for row in errors(p)}
    add_column(p)
    replay(p)
    table = p.catalog().load_table("db.events__errors")
    assert table.current_snapshot().summary.operation.value == "overwrite"
    after = {row["offset"]: row for row in errors(p)}
    assert {offset: {**row, "replayed_at": None, "replayed_snapshot": None} for offset, row in after.items()} == {
        offset: {**row, "replayed_at": None, "replayed_snapshot": None} for offset, row in before.items()}
    paths = [task.file.file_path.removeprefix("file://") for task in table.scan().plan_files()]
    counted = duckdb.execute("SELECT count(*), count(replayed_at) FROM read_parquet(?)", [paths]).fetchone()
    assert counted == (40, 20)
    deleted = table.current_snapshot().summary
    assert deleted["total-records"] == "40" and deleted["deleted-records"] == deleted["added-records"]


def test_without_an_errors_table_or_bad_records(kafka, strict):
    p = strict()
    assert "db.events has no bad records that were not replayed" in replay(p).stdout
    feed(kafka, p, 10)
    table = p.catalog().load_table("db.events__errors")
    table.delete()  # the user has dealt with all of them
    assert "db.events has no bad records that were not replayed" in replay(p).stdout


@pytest.mark.parametrize(("step", "passed"), STEPS)
def test_killed_at_each_step(kafka, strict, step, passed):
    p = strict(partitions=2)
    feed(kafka, p, 200)
    add_column(p)
    killed = replay(p, failpoints=f"{step}=kill@{passed}", check=False)
    assert killed.returncode == -signal.SIGKILL, f"{step} was not passed so often\n{killed.stderr}"
    feed(kafka, p, 50)  # the pipeline goes on in between
    replay(p)
    check(p)


@pytest.mark.parametrize("failpoint", ["before-send", "after-send"])
@pytest.mark.parametrize("passes", [1, 2])
def test_an_unknown_outcome_is_looked_up(kafka, strict, failpoint, passes):
    p = strict()
    feed(kafka, p, 200)
    add_column(p)
    replay(p, failpoints=f"{failpoint}=unknown@{passes}")
    check(p)


def test_two_at_once_while_the_pipeline_runs(kafka, strict):
    p = strict(partitions=2, batch_size=100)
    feed(kafka, p, 1000)
    add_column(p)
    process = p.start()
    both = [p.frazil.start("replay-errors", "-c", p.config_file, "--json") for _ in range(2)]
    for first in range(3):
        more = growing(500, len(p.records))
        p.records, p.placed = p.records + more, p.placed + kafka.produce(p.topic, more)
        time.sleep(0.5)
    reports = []
    for one in both:
        said, told = one.communicate(timeout=60)
        assert one.returncode == 0, told
        reports.append(json.loads(said))
    assert sum(part["became_rows"] for report in reports for part in report["partitions"]) == 100
    p.wait_for_rows(sum(is_kind(record) != "bad" for record in p.records))
    assert stop(process) == 0
    check(p)


def test_after_a_rollback_they_are_replayed_again(kafka, strict):
    p = strict()
    feed(kafka, p, 200)
    add_column(p)
    before = p.table().current_snapshot().snapshot_id
    replay(p)
    p.table().manage_snapshots().rollback_to_snapshot(before).commit()
    p.sink["on_rollback"] = "reingest"
    p.write_config()
    assert replay_json(p)["became_rows"] == 20
    check(p)
    feed(kafka, p, 100)
    check(p)


def test_after_a_rollback_of_the_errors_table_nothing_comes_twice(kafka, strict):
    p = strict()
    feed(kafka, p, 200)
    table = p.catalog().load_table("db.events__errors")
    before = table.current_snapshot().snapshot_id
    add_column(p)
    replay(p)
    p.catalog().load_table("db.events__errors").manage_snapshots().rollback_to_snapshot(before).commit()
    assert not any(row["replayed_at"] for row in errors(p)), "the marks are gone"
    report = replay_json(p)
    assert (report["became_rows"], report["were_rows"], report["still_bad"]) == (0, 20, 20)
    p.check_exactly_once([at for at, record in zip(p.placed, p.records) if is_kind(record) != "bad"])


def test_what_a_rewind_made_rows_of_is_left_alone(kafka, strict):
    p = strict()
    feed(kafka, p, 200)
    add_column(p)
    p.table().delete("_kafka_offset >= 100")
    p.frazil.run("rewind", "-c", p.config_file, "--to-offsets", "0=100")
    p.run_once()
    new = [at for at, record in zip(p.placed, p.records) if is_kind(record) == "new"]
    late = sum(at[1] >= 100 for at in new)
    report = replay_json(p)
    assert (report["became_rows"], report["were_rows"], report["undecided"]) == (len(new) - late, late, 0)
    p.check_exactly_once([at for at, record in zip(p.placed, p.records) if is_kind(record) != "bad"])
    assert verify(p)["findings"] == []


def test_where_nothing_tells_what_a_rewind_made_rows_of(kafka, strict):
    p = strict(metadata=[])
    feed(kafka, p, 200)
    add_column(p)
    p.frazil.run("rewind", "-c", p.config_file, "--to-offsets", "0=100")
    p.run_once()
    assert "undecided: a rewind or a rollback had them read again" in replay(p).stdout
    report = replay_json(p)
    assert (report["became_rows"], report["undecided"]) == (0, 40)


def test_what_users_do_to_the_errors_table_stays(kafka, strict):
    p = strict()
    feed(kafka, p, 200)
    table = p.catalog().load_table("db.events__errors")
    with table.update_schema() as update:
        update.add_column("ticket", LongType())
        update.add_column("note", StringType())  # which PyIceberg keeps as a large string
    table = p.catalog().load_table("db.events__errors")
    table.delete("offset < 50")
    row = errors(p)[0]
    noted = pa.Table.from_pylist([{**row, "ticket": 4711, "note": "seen", "topic": "elsewhere"}], schema=table.scan().to_arrow().schema)
    table.append(noted)
    add_column(p)
    report = replay_json(p)
    assert report["became_rows"] == sum(is_kind(r) == "new" and at[1] >= 50 for at, r in zip(p.placed, p.records))
    rows = errors(p)
    assert [(one["ticket"], one["note"]) for one in rows if one["ticket"]] == [(4711, "seen")]
    assert all(one["offset"] >= 50 or one["topic"] == "elsewhere" for one in rows)
    assert verify(p)["findings"] == []


def test_a_column_of_that_name_that_is_something_else(kafka, strict):
    p = strict()
    feed(kafka, p, 20)
    with p.catalog().load_table("db.events__errors").update_schema() as update:
        update.add_column("replayed_at", StringType())
    done = replay(p, check=False)
    assert done.returncode == 1
    assert "errors table db.events__errors" in done.stderr and "replayed_at" in done.stderr


def test_usage(kafka, strict):
    p = strict()
    done = p.frazil.run("replay-errors", "db.nothing", "-c", p.config_file, check=False)
    assert done.returncode == 2 and "no pipeline of" in done.stderr
