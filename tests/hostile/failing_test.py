"""A failure that lasts: it is tried again ever more seldom, told once, and leaves nothing behind."""

import re

import pytest
from pipelines import Pipeline, stop, values, wait_for_log


@pytest.mark.parametrize("point", ["after-dead-letters", "after-data-put", "after-manifest-put", "after-list-put"])
def test_what_fails_after_reading_leaves_no_files(frazil, kafka, tmp_path, point):
    topic = kafka.create_topic()
    kafka.produce(topic, values(100))
    p = Pipeline(frazil, kafka, tmp_path, topic, partitioning="identity", partition_fields=["name"], flush_interval_secs=1)
    p.run_once()  # what is there is sound, and stays
    before = sorted(path.name for path in p.warehouse.rglob("*") if path.is_file())
    kafka.produce(topic, values(100, 100))
    process = p.start(failpoints=f"{point}=fail")
    wait_for_log(p, "failed as before, 3 times now", timeout=120)
    assert stop(process) == 0
    after = sorted(path.name for path in p.warehouse.rglob("*") if path.is_file())
    assert after == before
    told = re.findall(r"failpoint \S+\. Nothing is lost; it starts again in ([\d.]+) s", p.logs())
    waits = [float(wait) for wait in re.findall(r"it starts again in ([\d.]+) s", p.logs())]
    assert len(told) == 1 and len(waits) >= 3, p.logs()
    assert waits[2] >= 2, "the waits grow although records are read each time"
    p.run_once()  # the trouble is over
    p.check_exactly_once((0, offset) for offset in range(200))
