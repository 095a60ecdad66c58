"""Exactly once, whatever happens: the real process is killed, crowded and misled; another reader counts the rows."""

import random
import re
import signal
import time
import urllib.request
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from pipelines import stop, values, wait_for_log
from seed import SEED

FAILPOINTS = [
    "after-data-put", "after-manifest-put", "after-list-put", "before-send", "after-send", "after-reply",
    "before-group-mirror", "after-establish", "after-table-create", "after-schema-commit",
]


@pytest.mark.parametrize("passes", [1, 2])
@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_killed_at_each_step(kafka, pipeline, failpoint, passes):
    topic = kafka.create_topic(partitions=2)
    # A column beyond the sample (1,000 records of each partition), so that there is a schema commit.
    placed = [at for partition in (0, 1) for at in kafka.produce(topic, values(1100), partition=partition)]
    placed += kafka.produce(topic, ['{"id": -1, "late": true}'], partition=1)
    placed += kafka.produce(topic, values(500, first=2000))
    p = pipeline(topic, batch_size=500)
    killed = p.run_once(failpoints=f"{failpoint}=kill@{passes}", check=False)
    once_only = {"after-establish", "after-table-create", "after-schema-commit"}
    if passes == 1 or failpoint not in once_only:
        assert killed.returncode in (-signal.SIGKILL, 0), killed.stderr
    if passes == 1:
        assert killed.returncode == -signal.SIGKILL, f"{failpoint} was not passed\n{killed.stderr}"
    p.run_once()
    p.check_exactly_once(placed)


@pytest.mark.parametrize("failpoint", ["before-send", "after-send"])
def test_an_unknown_outcome_is_looked_up(kafka, pipeline, failpoint):
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(1000))
    p = pipeline(topic)
    p.run_once(failpoints=f"{failpoint}=unknown@2")
    p.check_exactly_once(placed)


def test_the_start_is_recorded_before_anything_is_read(kafka, latest_pipeline):
    """A process that dies before its first commit of rows has fixed where reading begins."""
    p = latest_pipeline
    process = p.start(failpoints="after-data-put=kill")
    wait_for_log(p, "reads 1 partitions")
    placed = kafka.produce(p.topic, values(50, first=100))
    assert process.wait(30) == -signal.SIGKILL
    p.run_once()
    p.check_exactly_once(placed)


def test_memory_stays_within_its_limit_while_commits_are_slow(kafka, pipeline):
    topic = kafka.create_topic(partitions=2)
    filler = "x" * 2000
    records = 150_000
    placed = kafka.produce(topic, (f'{{"id": {i}, "part": {i % 20}, "filler": "{filler}"}}' for i in range(records)))
    # No partition alone is worth a row group: all of it would be held.
    limit = 128
    p = pipeline(topic, flush_interval_secs=60, batch_size=2000, partitioning="identity", partition_fields=["part"])
    p.config["pipelines"][topic]["memory_limit_mb"] = limit
    p.write_config()
    process = p.start("--metrics-port", 0, failpoints="before-send=sleep:60000@2")
    used = grew = 0
    deadline = time.monotonic() + 60
    while used < 20 or time.monotonic() < grew + 2:  # until no more is held than two seconds before
        assert time.monotonic() < deadline, p.logs()
        time.sleep(0.25)
        if (now := memory_used(p.logs())) > used:
            used, grew = now, time.monotonic()
    status = Path(f"/proc/{process.pid}/status").read_text()
    peak = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) // 1024
    process.kill()
    process.wait()
    assert 20 < used < limit, f"{used} MB held"
    assert peak < limit * 1.1, f"{peak} MB at most; the topic holds 300 MB"
    p.run_once()
    p.check_exactly_once(placed)


def memory_used(log: str) -> int:
    """MB of the pipeline's buffers, as its metrics tell."""
    address = re.search(r"metrics at (http://\S+)", log)
    if not address:
        return 0
    text = urllib.request.urlopen(address[1], timeout=5).read().decode()
    used = re.search(r"^frazil_memory_used_bytes\S* (\S+)", text, re.M)  # not there before the pipeline is
    return int(float(used[1])) >> 20 if used else 0


def produce_transactions(kafka, topic, rounds, abort_share, generator):
    """Transactions of random size, some aborted; the positions of the committed ones."""
    transactional_id = f"{topic}-transactions"
    producer = kafka.producer(transactional_id=transactional_id)
    producer.init_transactions(60)
    committed, number = [], 0
    for _ in range(rounds):
        placed = []
        producer.begin_transaction()
        for value in values(generator.randint(1, 200), number):
            producer.produce(topic, value, on_delivery=lambda e, m: placed.append((m.partition(), m.offset())))
            producer.poll(0)
            number += 1
        producer.flush(60)
        if generator.random() < abort_share:
            producer.abort_transaction(60)
        else:
            producer.commit_transaction(60)
            committed += placed
    kafka.wait_for_markers(transactional_id)
    return committed


def test_aborted_records_never_arrive(kafka, pipeline):
    topic = kafka.create_topic(partitions=3)
    committed = produce_transactions(kafka, topic, 40, 0.3, random.Random(7))
    p = pipeline(topic)
    p.run_once()
    p.check_exactly_once(committed)


def test_a_topic_of_only_aborted_records(kafka, pipeline):
    topic = kafka.create_topic()
    kafka.produce_transaction(topic, values(50), commit=False)
    p = pipeline(topic, schema=[{"name": "id", "type": "long"}])
    p.run_once()
    assert p.rows().num_rows == 0
    assert p.state() == {0: [0, 51]}, "the offsets are accounted for as gaps"


def test_an_open_transaction_holds_back_and_then_arrives(kafka, pipeline):
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(10))
    open_id = kafka.new_transactional_id()
    producer = kafka.open_transaction(topic, values(5, first=10), partition=0, transactional_id=open_id)
    p = pipeline(topic)
    p.run_once()
    p.check_exactly_once(placed)
    assert p.state() == {0: [0, 10]}
    producer.commit_transaction(60)
    kafka.wait_for_markers(open_id)
    p.run_once()
    p.check_exactly_once(placed + [(0, offset) for offset in range(10, 15)])


def test_once_beside_a_running_process_waits_for_it(kafka, pipeline):
    topic = kafka.create_topic(partitions=2)
    placed = kafka.produce(topic, values(1000))
    p = pipeline(topic)
    process = p.start()
    p.wait_for_rows(1000)
    placed += kafka.produce(topic, values(500, first=1000))
    done = p.run_once()
    assert "another process of the group is live" in done.stderr
    p.check_exactly_once(placed)
    assert process.poll() is None
    assert stop(process) == 0


def kill_rounds(kafka, pipeline, rounds, seed):
    """kill -9 at random moments under load, a tenth of the producer's transactions aborted."""
    generator = random.Random(seed)
    topic = kafka.create_topic(partitions=4)
    committed = produce_transactions(kafka, topic, 5, 0, generator)
    p = pipeline(topic, batch_size=200, partitioning="identity", partition_fields=["name"])
    producer_rounds = max(3, 60 // rounds)
    for _ in range(rounds):
        process = p.start()
        committed += produce_transactions(kafka, topic, producer_rounds, 0.1, generator)
        time.sleep(generator.uniform(0, 1.5))
        assert process.poll() is None, p.logs()
        process.send_signal(signal.SIGKILL)
        process.wait()
    p.run_once(timeout=180)
    p.check_exactly_once(committed)


def test_killed_at_random_moments(kafka, pipeline):
    kill_rounds(kafka, pipeline, rounds=5, seed=SEED)


@pytest.mark.slow
def test_killed_at_two_hundred_random_moments(kafka, pipeline):
    kill_rounds(kafka, pipeline, rounds=200, seed=SEED + 1)


def crowd(kafka, pipeline, seconds, seed):
    """Two processes of one pipeline, one killed or stopped, one added, every few seconds."""
    generator = random.Random(seed)
    topic = kafka.create_topic(partitions=6)
    committed = produce_transactions(kafka, topic, 5, 0, generator)
    p = pipeline(topic, batch_size=200)
    processes = [p.start(), p.start()]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        committed += produce_transactions(kafka, topic, 5, 0.1, generator)
        time.sleep(generator.uniform(1, 3))
        gone = processes.pop(0)
        assert gone.poll() is None, p.logs()
        if generator.random() < 0.7:
            gone.kill()
            gone.wait()
        else:
            assert stop(gone, 30) == 0
        processes.append(p.start())
    for process in processes:
        # The last one may be too young to have a handler.
        assert stop(process, 30) in (0, -signal.SIGTERM), p.logs()
    p.run_once(timeout=180)
    p.check_exactly_once(committed)


def test_processes_come_and_go(kafka, pipeline):
    crowd(kafka, pipeline, seconds=6, seed=SEED + 2)


@pytest.mark.slow
def test_processes_come_and_go_for_five_minutes(kafka, pipeline):
    crowd(kafka, pipeline, seconds=300, seed=SEED + 3)


def test_a_zombie_is_fenced(kafka, pipeline):
    """A process that slept through its session commits nothing when it wakes up."""
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(1000))
    p = pipeline(topic)
    zombie = p.start()
    p.wait_for_rows(1000)
    zombie.send_signal(signal.SIGSTOP)
    placed += kafka.produce(topic, values(1000, first=1000))
    other = p.start()
    p.wait_for_rows(2000, timeout=40)
    zombie.send_signal(signal.SIGCONT)
    placed += kafka.produce(topic, values(1000, first=2000))
    p.wait_for_rows(3000, timeout=40)
    assert stop(zombie, 30) == 0
    assert stop(other, 30) == 0
    p.run_once()
    p.check_exactly_once(placed)


def test_offsets_that_are_removed_under_a_running_pipeline_stop_it(kafka, pipeline):
    """To begin anew would write everything twice."""
    topic = kafka.create_topic()
    p = pipeline(topic)
    placed = kafka.produce(topic, values(100))
    process = p.start()
    p.wait_for_rows(100)
    with p.table().transaction() as change:
        change.remove_properties(f"frazil.offsets/{topic}/{topic}/main")
    p.table().append(pa.Table.from_pylist([{"id": -1}], schema=pa.schema([("id", pa.int64())])))  # has it look again
    kafka.produce(topic, values(100, first=100))
    assert process.wait(30) == 1
    assert f"no longer tells where partition 0 of topic '{topic}' stands" in p.logs()
    assert p.positions() == Counter([*placed, (None, None)])
