"""The benchmark's own arithmetic, and its measuring of a process tree."""

import sys

import pytest

from bench import measure
from bench.age import Age
from bench.ceilings import Ceilings
from bench.compare import Run
from bench.goals import Goal, of_age, of_loads, paired
from bench.loads import LOADS
from bench.measure import Look
from bench.peers import flink, spark
from bench.report import runs_section


def run(contestant: str, number: int, seconds: float = 1, cpu: float = 1, peak: int = 100, error=None) -> Run:
    numbers = {} if error else dict(seconds=seconds, cpu=cpu, peak=peak, rows=1000, files=1, bytes=5000, commits=1)
    return Run("sensor", contestant, number, 1000, error, **numbers)


def test_a_scaled_load_stays_even():
    for load in LOADS.values():
        for scale in (0.0001, 0.013, 0.25, 1):
            assert load.scaled(scale).records % load.partitions == 0
        assert load.scaled(1) == load


def test_nested_columns_in_the_words_of_the_engines():
    columns = flink.DIALECT.columns(LOADS["wide"].schema)
    assert "`system` ROW<`name` STRING, `version` STRING>" in columns
    assert "`timings` ARRAY<DOUBLE>" in columns
    assert "`system`: STRUCT<`name`: STRING, `version`: STRING>" in spark.DIALECT.columns(LOADS["wide"].schema)


def test_steady_rate_is_that_of_the_middle():
    # A second of start, then a tenth of the bytes each second at half a CPU, then a commit.
    looks = [Look(0, 0, 0, 0)] + [Look(second, 1 + second / 2, 0, 100 * second - 100) for second in range(1, 12)]
    looks.append(Look(20, 20, 0, 1000))
    assert measure.steady(looks) == (pytest.approx(5), pytest.approx(2.5))


def test_no_steady_rate_of_what_came_at_once():
    for received in (1000, 500):  # all of it; then half of it, and long afterwards the rest
        looks = [Look(0, 0, 0, 0), *(Look(second, second, 0, received) for second in range(1, 9)), Look(9, 9, 0, 1000)]
        assert measure.steady(looks) == (None, None)


def test_the_whole_tree_is_measured(tmp_path):
    burn = "import time; x = bytearray({mib} << 20)\nwhile time.process_time() < {cpu}: pass\n"
    script = (f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {burn.format(mib=64, cpu=0.4)!r}]);"
              + burn.format(mib=1, cpu=0.2))
    measured = measure.run([sys.executable, "-c", script], tmp_path, 1, lambda: False, leaves=True, time_limit=300)
    assert measured.cpu >= 0.6
    assert measured.peak >= 64 << 20


def test_a_command_that_fails_is_told_with_its_words(tmp_path):
    with pytest.raises(measure.Failed, match="ended with 3 (.|\n)*no such topic"):
        measure.run(["sh", "-c", "echo no such topic; exit 3"], tmp_path, 1, lambda: False, leaves=True, time_limit=300)


def test_what_runs_for_ever_is_ended_once_all_is_visible(tmp_path):
    def up():
        return (tmp_path / "log").read_text() == "up\n"

    measured = measure.run(["sh", "-c", "echo up; exec sleep 600"], tmp_path, 1, up, leaves=False, time_limit=300)
    assert measured.seconds < 600


def test_what_does_not_end_is_ended(tmp_path):
    with pytest.raises(measure.Failed, match="was not done after 1 s"):
        measure.run(["sleep", "600"], tmp_path, 1, lambda: False, leaves=True, time_limit=1)


def test_ratios_are_of_the_same_round():
    runs = [run("Frazil", 1, cpu=1), run("Spark", 1, cpu=30), run("Frazil", 2, cpu=10), run("Spark", 2, cpu=200),
            run("Frazil", 3, cpu=1), run("Spark", 3, error="out of memory")]
    assert paired(runs, "Frazil", "Spark", lambda its: its.per_cpu) == 25
    assert paired(runs, "Frazil", "Flink SQL", lambda its: its.per_cpu) is None


def test_goals_are_held_against_the_best_peer():
    runs = [run("Frazil", 1, seconds=2, peak=100), run("Kafka Connect", 1, seconds=30, peak=500),
            run("Flink SQL", 1, seconds=11, peak=800), run("PyIceberg loop", 1, seconds=20, peak=150)]
    goals = {goal.what: goal for goal in of_loads({"sensor": runs})}
    wall = goals["sensor: wall time against the best peer"]
    memory = goals["sensor: peak memory against the leanest JVM peer"]
    assert (wall.reached, wall.met) == (pytest.approx(2 / 11), False)
    assert (memory.reached, memory.met) == (pytest.approx(0.2), True)
    assert not goals["sensor: records per CPU-second against Spark"].met  # it was not there


def test_ceilings_that_are_none_are_told():
    rates = {"fetch": 7e6, "parse": 4e6, "encode": 5e6, "librdkafka": 1e6}
    ceilings = Ceilings("sensor", {name: [{"records_per_cpu_second": rate}] * 3 for name, rate in rates.items()})
    assert ceilings.complaints() == ["on sensor the fetch ceiling is 7.0 × librdkafka, not ≥ 8 ×"]
    assert ceilings.limits()[0] == pytest.approx(1e6 / (1 / 7 + 1 / 4 + 1 / 5))


def test_a_failed_contestant_is_in_the_report():
    text = "\n".join(runs_section("Load", "", [run("Frazil", 1), run("Spark", 1, error="out of memory")],
                                  lambda its: its.contestant))
    assert "| Spark (**failed**) | 0 | – |" in text
    assert "Spark failed:\n\n```\nout of memory\n```" in text


def test_a_goal_that_was_not_measured_is_not_met():
    from operator import ge
    assert not Goal("nothing", ge, 1, None).met


def test_age_is_a_ratio_of_old_to_young():
    after, kept = of_age(Age(after={10: [4.0], 10_000: [5.0]}, kept={10: [2.0, 3.0, 9.0], 10_000: [6.0, 6.0, 1.0]}))
    assert (after.reached, after.met) == (1.25, True)
    assert (kept.reached, kept.met) == (2, False)
