"""Faults of the catalog and of the way to it."""

import signal
import time
from collections import Counter

import proxy
import pytest
from harness import append_beside, feed_while
from pipelines import stop, values, wait_for_log
from pyiceberg.exceptions import CommitFailedException, ValidationException
from pyiceberg.types import StringType

pytestmark = pytest.mark.fault

COMMIT = "/tables/events$"

UNKNOWN = {
    "500-after": proxy.answer_after(500),
    "502-after": proxy.answer_after(502),
    "504-after": proxy.answer_after(504),
    "reply-lost": proxy.lose_reply,
    "reply-truncated": proxy.truncate_reply,
    "half-closed": proxy.half_close,
    "500-before": proxy.answer(500),
    "503-before": proxy.answer(503),
    "refused": proxy.refuse,
    "request-truncated": proxy.truncate_request,
}


@pytest.mark.parametrize("which", [pytest.param(0, marks=pytest.mark.slow, id="start"), pytest.param(1, id="rows")])
@pytest.mark.parametrize("effect", UNKNOWN)
def test_an_outcome_that_is_not_known(kafka, pipeline, settle, effect, which):
    """The first commit records where reading starts, the second brings rows."""
    topic = kafka.create_topic(partitions=2)
    placed = kafka.produce(topic, values(1000))
    p = pipeline(topic)
    met = p.catalog_proxy.rule(UNKNOWN[effect], "POST", COMMIT, skip=which, times=2).met
    p.run_once()
    assert met
    settle(p, placed)


def test_a_commit_is_posted_twice_by_a_layer_between(kafka, pipeline, settle):
    topic = kafka.create_topic()
    p = pipeline(topic)
    met = p.catalog_proxy.rule(proxy.duplicate, "POST", COMMIT, times=None).met
    placed = []
    for first in (0, 500):
        placed += kafka.produce(topic, values(500, first))
        p.run_once()
    assert len(met) >= 3
    settle(p, placed, note=f"{len(met)} commits posted twice")


def test_another_writer_commits_all_the_time(kafka, pipeline, settle):
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(500))
    p = pipeline(topic)
    p.run_once()
    appended = []

    def append() -> None:
        if append_beside(p.table()):
            appended.append(1)

    feed_while(append, p, placed)
    p.run_once()
    assert appended
    settle(p, placed, foreign=len(appended), note=f"{len(appended)} commits of another writer meanwhile")


def test_a_commit_arrives_after_its_sender_was_killed_and_followed(kafka, pipeline, settle):
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(1000))
    p = pipeline(topic)
    late = proxy.Hold()
    p.catalog_proxy.rule(late, "POST", COMMIT, skip=1)
    process = p.start()
    assert late.arrived.wait(30), p.logs()
    process.send_signal(signal.SIGKILL)
    process.wait()
    p.run_once()
    assert late.release() == 409
    settle(p, placed, note="the late commit got 409")


def test_a_commit_arrives_before_the_one_that_follows(kafka, pipeline, settle):
    """The successor has read where the table stands, and has its own commit under way, when the old one arrives."""
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(1000))
    p = pipeline(topic)
    old, new = proxy.Hold(), proxy.Hold()
    p.catalog_proxy.rule(old, "POST", COMMIT, skip=1)
    first = p.start()
    assert old.arrived.wait(30), p.logs()
    first.send_signal(signal.SIGKILL)
    first.wait()
    p.catalog_proxy.rule(new, "POST", COMMIT)
    second = p.start()
    assert new.arrived.wait(60), p.logs()
    assert old.release() == 200
    assert new.release() == 409
    placed += kafka.produce(topic, values(10, first=1000))
    p.wait_for_rows(1010)
    assert stop(second) == 0, p.logs()
    settle(p, placed, note="the late commit went in, its successor's got 409 and was dropped")


@pytest.mark.parametrize("failpoint", ["before-send", "after-send"])
def test_killed_at_a_commit_and_then_buried_and_expired(kafka, pipeline, settle, failpoint):
    """Whether the commit went in can only be told from the offsets: nothing is left of the history."""
    topic = kafka.create_topic(partitions=2)
    placed = kafka.produce(topic, values(500))
    p = pipeline(topic)
    p.run_once()
    placed += kafka.produce(topic, values(500, first=500))
    assert p.run_once(failpoints=f"{failpoint}=kill", check=False).returncode == -signal.SIGKILL
    for _ in range(3):
        assert append_beside(p.table())
    table = p.table()
    old = [snapshot.snapshot_id for snapshot in table.snapshots() if snapshot != table.current_snapshot()]
    table.maintenance.expire_snapshots().by_ids(old).commit()
    assert len(p.table().snapshots()) == 1
    p.run_once()
    settle(p, placed, foreign=3)


def test_rows_are_rewritten_and_columns_added_under_a_running_pipeline(kafka, pipeline, settle):
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(500))
    p = pipeline(topic)
    p.run_once()
    done = Counter()

    def rewrite_or_alter() -> None:
        try:
            table = p.table()
            if done["rewritten"] > done["altered"]:
                with table.update_schema() as update:
                    update.add_column(f"theirs_{done['altered']}", StringType())
                done["altered"] += 1
            else:
                table.overwrite(table.scan().to_arrow())
                done["rewritten"] += 1
        except (CommitFailedException, ValidationException):  # the other one's turn
            pass
        time.sleep(0.3)

    feed_while(rewrite_or_alter, p, placed)
    assert done["rewritten"] and done["altered"]
    settle(p, placed, note=f"rewritten {done['rewritten']} times, {done['altered']} columns added meanwhile")


def test_another_name_is_refused_until_it_takes_over(kafka, pipeline, settle):
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(500))
    p = pipeline(topic)
    p.run_once()
    placed += kafka.produce(topic, values(500, first=500))
    p.config["pipelines"] = {"renamed": {"source": "in", "sink": "out"}}
    p.write_config()
    refused = p.run_once(check=False)
    assert refused.returncode == 1 and f"'{topic}'" in refused.stderr and "take_over" in refused.stderr
    p.config["pipelines"]["renamed"]["take_over"] = topic
    p.write_config()
    p.run_once()
    settle(p, placed)


def test_the_catalog_is_down_for_a_while(kafka, pipeline, settle):
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(1000))
    p = pipeline(topic)
    process = p.start()
    p.wait_for_rows(1000)
    p.catalog_proxy.down()
    placed += kafka.produce(topic, values(1000, first=1000))
    wait_for_log(p, f"cannot commit to {p.name} for")
    p.catalog_proxy.up()
    p.wait_for_rows(2000, timeout=90)
    assert stop(process) == 0, p.logs()
    settle(p, placed, note="went on by itself")


def test_the_table_is_dropped(kafka, pipeline, stopped):
    topic = kafka.create_topic()
    kafka.produce(topic, values(1000))
    p = pipeline(topic)
    process = p.start()
    p.wait_for_rows(1000)
    p.catalog().drop_table(p.name)
    kafka.produce(topic, values(1000, first=1000))
    assert process.wait(60) == 1, p.logs()
    assert not p.catalog().table_exists(p.name), "it was made again, as if nothing had been in it"
    stopped(p.logs())


def test_the_table_is_dropped_and_made_anew(kafka, pipeline, stopped):
    topic = kafka.create_topic()
    kafka.produce(topic, values(1000))
    p = pipeline(topic)
    process = p.start()
    p.wait_for_rows(1000)
    schema = p.table().schema()
    p.catalog().drop_table(p.name)
    p.catalog().create_table(p.name, schema)
    kafka.produce(topic, values(1000, first=1000))
    assert process.wait(60) == 1, p.logs()
    assert p.table().current_snapshot() is None
    stopped(p.logs())
