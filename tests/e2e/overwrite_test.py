"""commit_mode: overwrite: a load takes the place of what its partitions hold, together with its offsets or not at all."""

import json
import re
import signal
from collections import Counter

import pyarrow as pa
import pytest
from duck import lake
from pipelines import stop, wait_for_log
from verify_test import verify

CITIES = ["Bergen", "Oslo", "Tromsø"]
SCHEMA = [{"name": "city", "type": "string"}, {"name": "n", "type": "long"}]


def load(kafka, topic: str, cities: list[str], count: int, first: int) -> Counter:
    """Rows of these cities in turn; how many of each."""
    kafka.produce(topic, [json.dumps({"city": cities[n % len(cities)], "n": first + n}) for n in range(count)])
    return Counter(cities[n % len(cities)] for n in range(count))


def found(p) -> Counter:
    """As PyIceberg and DuckDB see it."""
    rows = Counter(p.rows()["city"].to_pylist())
    assert dict(lake(p).sql("SELECT city, count(*) FROM here GROUP BY 1").fetchall()) == rows
    return rows


def summary(p) -> dict:
    return p.table().current_snapshot().summary


def check_sound(p, *flags) -> None:
    report = verify(p, *flags)
    assert report["sound"], report["findings"]


@pytest.fixture
def overwrites(kafka, pipeline):
    """make(**sink): a pipeline of a topic of its own, by city."""
    def make(**sink):
        settings = {"schema": SCHEMA, "partition_by": ["city"], "commit_mode": "overwrite", "batch_size": 50}
        return pipeline(kafka.create_topic(), **settings | sink)
    return make


def test_a_load_replaces_the_partitions_that_it_touches(kafka, overwrites):
    p = overwrites()
    first = load(kafka, p.topic, CITIES, 300, first=0)
    p.run_once()
    assert found(p) == first
    snapshots = len(p.table().snapshots())
    second = load(kafka, p.topic, ["Oslo", "Lima"], 700, first=1000)
    ran = p.run_once()
    assert len(p.table().snapshots()) == snapshots + 1, "one commit, whatever batch_size says"
    assert found(p) == {**first, **second}
    assert min(n for city, n in zip(*p.rows().select(["city", "n"]).to_pydict().values()) if city == "Oslo") >= 1000
    assert summary(p)["frazil.replaced"] == summary(p)["deleted-records"] == "100"
    assert summary(p)["total-records"] == "900"
    assert "in the place of 100 rows" in ran.stderr
    # Nothing to read, nothing goes.
    p.run_once()
    assert found(p) == {**first, **second}
    check_sound(p)
    check_sound(p, "--deep", "--exclusive")


def test_without_partitions_the_table_is_replaced(kafka, overwrites):
    p = overwrites(partition_by=None)
    del p.sink["partition_by"]
    p.write_config()
    load(kafka, p.topic, CITIES, 90, first=0)
    p.run_once()
    second = load(kafka, p.topic, ["Lima"], 10, first=100)
    p.run_once()
    assert found(p) == second
    check_sound(p)


@pytest.mark.parametrize("failpoint", ["after-data-put", "after-manifest-put", "after-list-put", "before-send",
                                       "after-send", "after-reply"])
def test_killed_at_each_step(kafka, overwrites, failpoint):
    p = overwrites()
    first = load(kafka, p.topic, CITIES, 90, first=0)
    p.run_once()
    second = load(kafka, p.topic, ["Oslo"], 500, first=100)
    killed = p.run_once(failpoints=f"{failpoint}=kill", check=False)
    assert killed.returncode == -signal.SIGKILL
    assert found(p) in (first, {**first, **second}), "all or nothing"
    p.run_once()
    assert found(p) == {**first, **second}
    check_sound(p)


@pytest.mark.parametrize("failpoint", ["before-send", "after-send"])
def test_an_unknown_outcome_is_looked_up(kafka, overwrites, failpoint):
    p = overwrites()
    first = load(kafka, p.topic, CITIES, 90, first=0)
    p.run_once()
    second = load(kafka, p.topic, ["Oslo"], 50, first=100)
    p.run_once(failpoints=f"{failpoint}=unknown@1")
    assert found(p) == {**first, **second}
    assert summary(p)["frazil.replaced"] == "30"


def test_what_others_left_before_is_replaced(kafka, overwrites):
    """Rows and deletes of another engine."""
    p = overwrites()
    first = load(kafka, p.topic, CITIES, 90, first=0)
    p.run_once()
    table = p.table()
    rows = pa.Table.from_pylist([{"city": "Oslo", "n": -1}, {"city": "Lima", "n": -2}],
                                schema=pa.schema([("city", pa.string()), ("n", pa.int64())]))
    table.append(rows)
    table.delete("n < 10")
    second = load(kafka, p.topic, ["Oslo"], 50, first=100)
    p.run_once()
    after = found(p)
    assert after["Oslo"] == 50 and after["Bergen"] == first["Bergen"] - 4
    check_sound(p)


def test_a_stopped_load_leaves_the_table(kafka, overwrites):
    p = overwrites()
    first = load(kafka, p.topic, CITIES, 90, first=0)
    p.run_once()
    load(kafka, p.topic, ["Oslo"], 200_000, first=100)
    process = p.start("--once")
    wait_for_log(p, "reads 1 partitions")
    if stop(process) == 0 and found(p) == first:
        assert int(summary(p)["total-records"]) == 90
    p.run_once()
    assert found(p)["Oslo"] == 200_000


def test_a_load_without_an_end_is_refused(kafka, overwrites):
    p = overwrites()
    load(kafka, p.topic, CITIES, 9, first=0)
    done = p.frazil.run("run", "-c", p.config_file, check=False)
    assert done.returncode == 1
    assert "this load has no end: run it with --once" in done.stderr


def test_per_batch(kafka, overwrites):
    p = overwrites(overwrite_confirm="per_batch", batch_size=100_000)
    load(kafka, p.topic, CITIES, 90, first=0)
    process = p.start()
    p.wait_for_rows(90)
    load(kafka, p.topic, ["Oslo"], 10, first=100)
    wait_for_log(p, "in the place of 30 rows")
    assert stop(process) == 0
    assert found(p) == {"Bergen": 30, "Oslo": 10, "Tromsø": 30}
    assert re.search(r"in the place of \d+ rows", p.logs())
    check_sound(p)


def test_files_of_another_spec_are_named(kafka, overwrites):
    p = overwrites()
    load(kafka, p.topic, CITIES, 9, first=0)
    p.run_once()
    p.sink["partition_by"] = ["bucket(4, city)"]
    p.write_config()
    load(kafka, p.topic, CITIES, 9, first=10)
    done = p.run_once(check=False)
    assert done.returncode == 1 and "was written under partition spec" in done.stderr


def test_sync(frazil, kafka, tmp_path):
    topic = kafka.create_topic()
    sync = ["sync", "--topic", topic, "--table", "db.events", "--brokers", kafka.address, "--catalog",
            f"sqlite:///{tmp_path}/c.db", "--warehouse", f"file://{tmp_path}/w", "--once", "--overwrite"]
    load(kafka, topic, CITIES, 30, first=0)
    frazil.run(*sync)
    load(kafka, topic, ["Lima"], 5, first=0)
    assert "in the place of 30 rows" in frazil.run(*sync).stderr
