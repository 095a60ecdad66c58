"""Another engine changes columns and partitioning at any moment: no value of a record is lost, none called bad wrongly."""

import json
import random
import signal
import time

import pytest
from ddl import change_somehow, check, record
from pipelines import stop, wait_for_log
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.types import LongType, StringType
from seed import SEED

# Between decoding and the commit, and between the load of a commit's base and its request, there is time for others.
SLOWLY = "after-data-put=sleep:80;after-list-put=sleep:80"
WHOLE_LOG = {"write.metadata.previous-versions-max": "100000", "write.metadata.delete-after-commit.enabled": "false"}


def begin(kafka, pipeline, first: dict, **sink):
    """A table with the columns of `first`, its record, whose metadata keeps its whole log."""
    topic = kafka.create_topic(partitions=2)
    placed = kafka.produce(topic, [json.dumps(first)])
    p = pipeline(topic, on_bad_record="errors_table", **sink)
    p.run_once()
    with p.table().transaction() as transaction:
        transaction.set_properties(WHOLE_LOG)
    return p, dict(zip(placed, [first]))


def send(kafka, p, records: dict, values: list[dict]) -> None:
    records |= zip(kafka.produce(p.topic, [json.dumps(value) for value in values]), values)


def settled(p, records: dict) -> str:
    """Everything is taken in; what is there is what the records say."""
    p.run_once()
    try:
        errors = p.catalog().load_table("db.events__errors")
    except NoSuchTableError:
        errors = None
    said = check(p.table(), errors, p.topic, records)
    found = json.loads(p.frazil.run("verify", "-c", p.config_file, "--json", check=False).stdout)["findings"]
    # Who makes a column required that has rows without it is told so.
    wrong = [finding for finding in found if "is required, and" not in finding["what"]]
    assert not wrong, wrong
    return said


def drop(table, name="k"):
    with table.update_schema() as update:
        update.delete_column(name)


def as_long(table):
    drop(table)
    table.refresh()
    with table.update_schema() as update:
        update.add_column("k", LongType())


def renamed(table):
    with table.update_schema() as update:
        update.rename_column("k", "other")


def required(table):
    with table.update_schema(allow_incompatible_changes=True) as update:
        update.update_column("k", required=True)


def exchanged(table):
    with table.update_schema() as update:
        update.rename_column("k", "n2").rename_column("n", "k")


def inside(table):
    with table.update_schema() as update:
        update.delete_column(("s", "x"))


def partitioned(table):
    with table.update_spec() as update:
        update.add_identity("k")


def tagged(table):
    table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, "kept").commit()


def branched(table):
    table.manage_snapshots().create_branch(table.current_snapshot().snapshot_id, "audit").commit()


CHANGES = [drop, as_long, renamed, required, exchanged, inside, partitioned, tagged, branched]
FIRST = {"n": 1, "k": "a", "s": {"x": 1, "y": 2}}
LATER = [{"n": 2, "k": "b", "s": {"x": 3, "y": 4}}, {"n": 3, "k": 5}, {"n": "no number", "k": "c"}, {"n": 4}]


@pytest.mark.parametrize("change", CHANGES)
def test_while_a_pipeline_rests(kafka, pipeline, change):
    p, records = begin(kafka, pipeline, FIRST)
    process = p.start()
    wait_for_log(p, "assigned, reading")
    change(p.table())
    send(kafka, p, records, LATER)
    p.wait_for_rows(2)
    assert stop(process) == 0, p.logs()
    settled(p, records)


@pytest.mark.parametrize("failpoint", ["after-data-put", "after-list-put"])
@pytest.mark.parametrize("change", CHANGES)
def test_between_decoding_and_the_commit(kafka, pipeline, change, failpoint):
    p, records = begin(kafka, pipeline, FIRST)
    send(kafka, p, records, LATER)
    process = p.start(failpoints=f"{failpoint}=sleep:1500@1")
    wait_for_log(p, "assigned, reading")
    time.sleep(0.7)  # wherever it is by now, the table it comes to is another
    change(p.table())
    p.wait_for_rows(2)
    assert stop(process) == 0, p.logs()
    settled(p, records)


def test_a_record_that_fits_the_table_now_does_not_end_the_pipeline(kafka, pipeline):
    """With on_bad_record: fail nothing but the table as it is decides."""
    p, records = begin(kafka, pipeline, {"n": 1, "k": "a"})
    p.sink["on_bad_record"] = "fail"
    p.write_config()
    process = p.start()
    wait_for_log(p, "assigned, reading")
    as_long(p.table())
    send(kafka, p, records, [{"n": 2, "k": 5}])
    p.wait_for_rows(2)
    assert stop(process) == 0, p.logs()
    settled(p, records)


def test_strict_a_field_has_a_column_now(kafka, pipeline):
    p, records = begin(kafka, pipeline, {"n": 1})
    p.sink["schema_evolution"] = "strict"
    p.write_config()
    process = p.start()
    wait_for_log(p, "assigned, reading")
    with p.table().update_schema() as update:
        update.add_column("late", StringType())
    send(kafka, p, records, [{"n": 2, "late": "x"}])
    p.wait_for_rows(2)
    assert stop(process) == 0, p.logs()
    settled(p, records)


def storm(kafka, p, records: dict, dice: random.Random, rounds: int, killed: bool) -> list[str]:
    """Records and changes at random; what was changed."""
    changed = []
    process = p.start(failpoints=SLOWLY)
    for _ in range(rounds):
        fields = p.table().schema().model_dump(by_alias=True)["fields"]
        send(kafka, p, records, [record(dice, fields) for _ in range(dice.randrange(1, 60))])
        if dice.random() < 0.8:
            changed.append(change_somehow(p.table, dice))
        time.sleep(dice.random() / 2)
        if killed and dice.random() < 0.1:
            process.send_signal(signal.SIGKILL)
            process.wait()
            process = p.start(failpoints=SLOWLY)
        assert process.poll() is None, p.logs()
    assert stop(process, 30) == 0, p.logs()
    return [what for what in changed if what]


@pytest.mark.parametrize("rounds, killed, seed, evolution", [
    (12, False, SEED, "add_columns"),
    (12, False, SEED, "full"),  # where we change types, and make columns optional that others make required
    *(pytest.param(150, True, SEED + more, evolution, marks=pytest.mark.slow)
      for more in range(1, 4) for evolution in ("add_columns", "full"))])
def test_at_random_moments(kafka, pipeline, rounds, killed, seed, evolution):
    dice = random.Random(seed)
    first = {"a": 1, "b": "x", "c": 0.5, "d": True, "s": {"x": 1, "y": "in"}}
    p, records = begin(kafka, pipeline, first, batch_size=100, schema_evolution=evolution)
    changed = storm(kafka, p, records, dice, rounds, killed)
    assert len(changed) > rounds / 4, "the dice made too few changes"
    print(f"seed {seed}: {settled(p, records)}; {len(changed)} changes by others, fenced "
          f"{p.logs().count('by another writer')} times")
