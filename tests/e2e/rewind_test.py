"""`frazil rewind`: the one way to read again, or to leave out what is gone."""

import json
import time
from collections import Counter

import pytest
from confluent_kafka import TopicPartition
from pipelines import stop, values
from verify_test import verify


def rewind(p, *flags, check=True):
    return p.frazil.run("rewind", "-c", p.config_file, *flags, check=check)


@pytest.fixture
def fed(kafka, pipeline):
    """A table of 1,000 rows of one partition, in two commits."""
    p = pipeline(kafka.create_topic())
    for run in range(2):
        kafka.produce(p.topic, values(500, first=run * 500))
        p.run_once()
    return p


def test_what_lies_behind_is_read_again(fed):
    plan = json.loads(rewind(fed, "--to-offsets", "0=900", "--dry-run", "--json").stdout)
    assert plan == [{"topic": fed.topic, "partition": 0, "stands_at": 1000, "goes_to": 900, "read_again": 100,
                     "left_out": 0}]
    assert fed.state()[0][1] == 1000
    assert "STANDS AT" in rewind(fed, "--to-offsets", f"{fed.topic}:0=900").stdout
    assert fed.state()[0][1] == 900
    fed.run_once()
    assert fed.positions() == Counter({(0, offset): 2 if offset >= 900 else 1 for offset in range(1000)})
    report = verify(fed)
    assert report["findings"] == []
    assert f"topic {fed.topic}, partition 0: a rewind had offsets 900 to 999 read again" in report["unproved"][0]
    assert report["unproved"][1] == f"topic {fed.topic}: 100 rows are there again"
    # Whoever removes them is left with a table that is whole.
    fed.table().delete("_kafka_offset >= 900")
    rewind(fed, "--to-offsets", "0=900")
    fed.run_once()
    assert fed.positions() == Counter({(0, offset): 1 for offset in range(1000)})
    assert verify(fed)["findings"] == []


def test_to_a_snapshot_and_to_a_time(kafka, fed):
    first = next(s for s in fed.table().snapshots() if s.summary.get("added-records"))
    assert json.loads(rewind(fed, "--to-snapshot", first.snapshot_id, "--json").stdout)[0]["goes_to"] == 500
    between = int(time.time() * 1000)
    time.sleep(0.01)
    kafka.produce(fed.topic, values(10, first=1000))
    assert json.loads(rewind(fed, "--to", between, "--json").stdout)[0]["goes_to"] == 1000
    assert json.loads(rewind(fed, "--to", "earliest", "--json").stdout)[0]["read_again"] == 1000
    assert json.loads(rewind(fed, "--to", "latest", "--json").stdout)[0]["left_out"] == 1010
    fed.run_once()
    assert fed.rows().num_rows == 1000
    assert verify(fed)["findings"] == []


def test_a_running_process_goes_back_with_its_next_commit(kafka, fed):
    process = fed.start()
    kafka.produce(fed.topic, values(10, first=1000))
    fed.wait_for_rows(1010)
    rewind(fed, "--to-offsets", "0=1000")
    kafka.produce(fed.topic, values(10, first=1010))
    fed.wait_for_rows(1030)
    assert stop(process) == 0
    assert fed.positions() == Counter({(0, offset): 2 if 1000 <= offset < 1010 else 1 for offset in range(1020)})
    assert verify(fed)["findings"] == []


def test_going_on_without_what_retention_took(kafka, fed):
    kafka.produce(fed.topic, values(100, first=1000))
    admin = kafka.admin()  # its futures end only while it is there
    for future in admin.delete_records([TopicPartition(fed.topic, 0, 1050)]).values():
        future.result(30)
    done = fed.run_once(check=False)
    assert done.returncode == 1
    assert f"'frazil rewind --to-offsets {fed.topic}:0=1050'" in done.stderr
    rewind(fed, "--to-offsets", f"{fed.topic}:0=1050")
    fed.run_once()
    assert fed.rows().num_rows == 1050
    report = verify(fed)
    assert report["findings"] == [] and report["accounts"][0]["counts"]["skipped"] == 50


@pytest.mark.parametrize("flags, text", [
    (["--to-offsets", "7=1"], "the pipeline has not read that partition"),
    (["--to-offsets", "0"], 'there is no "="'),
    (["--to-offsets", "0=1001"], "is not in the log, which goes from 0 to 1000"),
    (["--to", "yesterday"], "neither earliest nor latest nor an ISO 8601"),
    (["--to-snapshot", "17"], "is not in the history of 'main'"),
    ([], "Exactly 1 option"),
])
def test_what_cannot_be_is_refused(fed, flags, text):
    done = rewind(fed, *flags, check=False)
    assert done.returncode == 2 and text in done.stderr
    assert fed.state()[0][1] == 1000
