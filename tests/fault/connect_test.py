"""What becomes of Kafka Connect's sink under faults that its users report. Nothing is asserted of it: its outcomes
stand on the page of faults as they came."""

import contextlib
import signal
import subprocess
import time

import proxy
import pytest
from connect_sink import ConnectSink
from harness import append_beside, meanwhile
from paths import ROOT
from pipelines import values

pytestmark = [pytest.mark.slow, pytest.mark.connect]

COMMIT = "/tables/events$"


@pytest.fixture(scope="session")
def connect_jars():
    subprocess.run([ROOT / "dev/connect", "fetch"], check=True)


@pytest.fixture
def sink(kafka, rest_catalog, tmp_path, connect_jars):
    """make(broker): a sink over a topic of its own with two partitions."""
    with contextlib.ExitStack() as made:
        def make(broker=kafka):
            one = ConnectSink(broker, tmp_path, broker.create_topic(partitions=2), rest_catalog)
            made.callback(one.close)
            return one
        yield make


@pytest.fixture
def tell(record_property):
    def ask(sink, expected: int, note: str = "") -> None:
        record_property("happened", "; ".join(filter(None, [note, sink.outcome(expected)])))
    return ask


def fed(sink, first: int = 0) -> None:
    """Rows are in the table, and the workers wait for more."""
    sink.kafka.produce(sink.topic, values(1000, first))
    assert sink.wait_for(range(first + 1000), 90), "it does not even start"


def test_nothing_goes_wrong(sink):
    s = sink()
    s.start()
    fed(s)
    fed(s, 1000)
    assert s.outcome(2000) == "2000 records: lost 0, doubled 0"


@pytest.mark.parametrize("effect", ["500-after", "502-after", "reply-lost", "503-before"])
def test_an_outcome_that_is_not_known(sink, tell, effect):
    effects = {"500-after": proxy.answer_after(500), "502-after": proxy.answer_after(502),
               "reply-lost": proxy.lose_reply, "503-before": proxy.answer(503)}
    s = sink()
    s.start()
    fed(s)
    met = s.catalog_proxy.rule(effects[effect], "POST", COMMIT, times=2).met
    s.kafka.produce(s.topic, values(1000, 1000))
    tell(s, 2000, effect)
    assert met


def test_a_commit_is_posted_twice_by_a_layer_between(sink, tell):
    s = sink()
    s.start()
    fed(s)
    met = s.catalog_proxy.rule(proxy.duplicate, "POST", COMMIT, times=3).met
    for first in (1000, 2000):
        s.kafka.produce(s.topic, values(1000, first))
        time.sleep(10)
    tell(s, 3000, f"{len(met)} commits posted twice")


def test_another_writer_commits_all_the_time(sink, tell):
    s = sink()
    s.start()
    fed(s)
    appended = []

    def append() -> None:
        if append_beside(s.table()):
            appended.append(1)

    with meanwhile(append):
        for first in range(1000, 4000, 1000):
            s.kafka.produce(s.topic, values(1000, first))
            time.sleep(5)
    tell(s, 4000, f"{len(appended)} commits of another writer meanwhile")


def test_killed_at_any_moment(sink, tell):
    s = sink()
    total = 0
    for number in range(5):
        worker = s.start()
        s.kafka.produce(s.topic, values(1000, total))
        total += 1000
        if number == 0:
            assert s.wait_for(range(total), 60), "it does not even start"
        time.sleep(15)
        s.kafka.produce(s.topic, values(1000, total))
        total += 1000
        time.sleep(0.7 * number)
        worker.kill()
        worker.wait()
    s.start()
    tell(s, total, "killed five times")


def test_a_commit_arrives_after_its_sender_was_killed(sink, tell):
    s = sink()
    worker = s.start()
    fed(s)
    late = proxy.Hold()
    s.catalog_proxy.rule(late, "POST", COMMIT)
    s.kafka.produce(s.topic, values(1000, 1000))
    assert late.arrived.wait(60)
    worker.kill()
    worker.wait()
    s.start()
    time.sleep(40)
    tell(s, 2000, f"the late commit got {late.release()}")


def test_a_process_sleeps_through_its_session_and_wakes_up(sink, tell):
    s = sink()
    first = s.start()
    fed(s)
    second = s.start()
    time.sleep(15)
    s.kafka.produce(s.topic, values(1000, 1000))
    time.sleep(1)
    first.send_signal(signal.SIGSTOP)
    time.sleep(15)
    s.kafka.produce(s.topic, values(1000, 2000))
    time.sleep(10)
    first.send_signal(signal.SIGCONT)
    s.kafka.produce(s.topic, values(1000, 3000))
    assert second.poll() is None
    tell(s, 4000, "two workers; one stopped for 25 s, of a session of 6 s")
