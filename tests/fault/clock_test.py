"""Clocks that disagree."""

import os
from pathlib import Path

import pytest
from pipelines import stop, values

pytestmark = pytest.mark.fault

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


@pytest.mark.skipif(LIBRARY is None, reason="the package faketime is not installed")
@pytest.mark.skipif("FRAZIL_BUILD" in os.environ, reason="sanitizers want to be loaded first")
def test_a_process_whose_clock_is_five_minutes_slow(kafka, local_pipeline, settle, monkeypatch):
    """It goes on from a table whose last snapshot is of the future, and a process that is in time from its. A fast clock
    cannot be made so: libfaketime does not see librdkafka's waits, which would last as long as it is fast."""
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(500))
    p = local_pipeline(topic)
    p.run_once()
    placed += kafka.produce(topic, values(500, first=500))
    with monkeypatch.context() as patch:
        patch.setenv("LD_PRELOAD", str(LIBRARY))
        patch.setenv("FAKETIME", "-5m")
        patch.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")  # waiting times are not what is wrong
        process = p.start()
        p.wait_for_rows(1000)
        assert stop(process) == 0, p.logs()
    placed += kafka.produce(topic, values(500, first=1000))
    p.run_once()
    times = [snapshot.timestamp_ms for snapshot in p.table().snapshots()]
    assert times == sorted(times)
    settle(p, placed, note="the times of snapshots still rise")
