"""Faults of the object store, of the way to it, and of a disk."""

import os

import proxy
import pytest
from pipelines import stop, values, wait_for_log

pytestmark = pytest.mark.fault
slow = pytest.mark.slow

UPLOADS = {
    "torn": proxy.truncate_request,
    "refused": proxy.refuse,
    "503": proxy.answer(503),
    "500-but-stored": proxy.answer_after(500),
    "stored-but-reply-lost": proxy.lose_reply,
    "sent-twice": proxy.duplicate,
}
FILES = {"data": r"\.parquet", "metadata": r"\.avro"}


@pytest.mark.parametrize("files", FILES)
@pytest.mark.parametrize("effect", UPLOADS)
def test_an_upload_goes_wrong(kafka, pipeline, settle, effect, files):
    topic = kafka.create_topic(partitions=2)
    placed = kafka.produce(topic, values(1000))
    p = pipeline(topic)
    met = p.storage_proxy.rule(UPLOADS[effect], "PUT|POST", FILES[files], times=2).met
    p.run_once()
    assert met
    settle(p, placed)


def test_killed_in_the_middle_of_an_upload(kafka, pipeline, settle):
    """The file is complete in the store when its writer is dead already."""
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(500))
    p = pipeline(topic)
    upload = proxy.Hold()
    p.storage_proxy.rule(upload, "PUT|POST", FILES["data"])
    process = p.start()
    assert upload.arrived.wait(30), p.logs()
    process.kill()
    process.wait()
    assert upload.release() == 200
    p.run_once()
    settle(p, placed, note="the file that was left is in no snapshot")


@pytest.mark.parametrize("effect", [
    "torn", pytest.param("503", marks=slow), pytest.param("stored-but-reply-lost", marks=slow)])
def test_a_part_of_a_large_upload_goes_wrong(kafka, pipeline, settle, effect):
    topic = kafka.create_topic()
    filler = os.urandom(2000).hex()  # hardly compressed
    placed = kafka.produce(topic, (f'{{"id": {i}, "filler": "{i}{filler[i % 500:]}"}}' for i in range(12_000)))
    p = pipeline(topic, batch_size=100_000, compression="none")
    met = p.storage_proxy.rule(UPLOADS[effect], "PUT", r"\.parquet.*partNumber", times=2).met
    p.run_once()
    assert met
    settle(p, placed)


@pytest.mark.parametrize("effect", [
    pytest.param(proxy.truncate_reply, id="truncated"), pytest.param(proxy.lose_reply, marks=slow, id="lost"),
    pytest.param(proxy.answer(503), marks=slow, id="503")])
def test_a_download_goes_wrong(kafka, pipeline, settle, effect):
    """A second process reads what the first one wrote: the manifest list, and manifests."""
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(500))
    p = pipeline(topic)
    p.run_once()
    met = p.storage_proxy.rule(effect, "GET", r"\.avro", times=2).met
    placed += kafka.produce(topic, values(500, first=500))
    p.run_once()
    assert met
    settle(p, placed)


@slow
def test_storage_is_slow(kafka, pipeline, settle):
    topic = kafka.create_topic(partitions=2)
    placed = kafka.produce(topic, values(20_000))
    p = pipeline(topic, batch_size=5000)
    p.storage_proxy.rule(proxy.bandwidth(50_000), "PUT|POST|GET", times=None)
    p.run_once()
    settle(p, placed, note="50 kB/s")


@pytest.mark.parametrize("how", ["refused", pytest.param("503", marks=slow)])
def test_storage_is_away_for_a_while(kafka, pipeline, settle, how):
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(1000))
    p = pipeline(topic)
    process = p.start()
    p.wait_for_rows(1000)
    if how == "refused":
        p.storage_proxy.down()
    else:
        p.storage_proxy.rule(proxy.answer(503), "PUT|POST|GET|HEAD|DELETE", times=None)
    placed += kafka.produce(topic, values(1000, first=1000))
    wait_for_log(p, "it starts again in", timeout=120)
    if how == "refused":
        p.storage_proxy.up()
    else:
        p.storage_proxy.clear()
    p.wait_for_rows(2000, timeout=120)
    assert stop(process) == 0, p.logs()
    settle(p, placed, note="started again by itself")


def test_the_disk_is_full(kafka, local_pipeline, settle, small_disk):
    resize = small_disk("warehouse")
    topic = kafka.create_topic()
    placed = kafka.produce(topic, values(1000))
    p = local_pipeline(topic)
    process = p.start()
    p.wait_for_rows(1000)
    large = [f'{{"id": {i}, "name": "{os.urandom(500).hex()}"}}' for i in range(4000)]
    placed += kafka.produce(topic, large)
    wait_for_log(p, "No space left on device")
    wait_for_log(p, "it starts again in")
    assert resize("100m")
    p.wait_for_rows(5000, timeout=90)
    assert stop(process) == 0, p.logs()
    settle(p, placed, note="started again by itself once there was room")
