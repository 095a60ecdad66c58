"""Clocks that disagree."""

import os

import pytest
from paths import BUILD
from pipelines import stop, values

pytestmark = pytest.mark.fault

SKEW = 300  # seconds


@pytest.mark.skipif("FRAZIL_BUILD" in os.environ, reason="sanitizers want to be loaded first")
@pytest.mark.parametrize("shift", [-SKEW, SKEW], ids=["slow", "fast"])
def test_a_process_whose_clock_is_five_minutes_off(kafka, local_pipeline, settle, monkeypatch, shift):
    """It goes on from a table of one that is in time, and one that is in time from its: for one of them the last snapshot
    is of the future."""
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(500))
    p = local_pipeline(topic)
    p.run_once()
    right = p.table().current_snapshot().timestamp_ms
    placed += kafka.produce(topic, values(500, first=500))
    with monkeypatch.context() as patch:
        patch.setenv("LD_PRELOAD", str(BUILD / "shifted_clock.so"))
        patch.setenv("CLOCK_SHIFT", str(shift))
        process = p.start()
        p.wait_for_rows(1000)
        assert stop(process) == 0, p.logs()
    wrong = p.table().current_snapshot().timestamp_ms
    assert (wrong - right > SKEW * 1000 // 2) == (shift > 0), "the clock was not off"
    placed += kafka.produce(topic, values(500, first=1000))
    p.run_once()
    times = [snapshot.timestamp_ms for snapshot in p.table().snapshots()]
    assert times == sorted(times)
    settle(p, placed, note="the times of snapshots still rise")
